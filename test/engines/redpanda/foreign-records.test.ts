/** Records that other programs put into the inbox topics: compressed, too large, unreadable, or in transactions. */
import kafkajs, { CompressionTypes, type Kafka, type Message } from "kafkajs";
import { expect, onTestFinished, test, vi } from "vitest";
import { deadLetterOf } from "../../../src/actors/dead-letter.ts";
import type { LogRecord } from "../../../src/actors/ports.ts";
import { MAX_DECOMPRESSED_BYTES } from "../../../src/infra/redpanda/codecs.ts";
import type { RedpandaLog } from "../../../src/infra/redpanda/redpanda-log.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { sendLargeBatch } from "../../support/engines/send-large-batch.ts";
import { probeInbox, WAIT } from "./inbox-probe.ts";
import { foreignClient, openLog, SHARDS } from "./redpanda-fixture.ts";

/** More than kafkajs can take from one batch, and more bytes than are decompressed. */
const TRAP_RECORDS = 200_001;

describeWithEngines(
  "records of other programs",
  ({ brokers }) => {
    const send = async (topic: string, messages: Message[], compression = CompressionTypes.None): Promise<void> => {
      await withProducer(foreignClient(brokers), {}, (producer) =>
        producer.send({ topic, compression, messages: messages.map((message) => ({ partition: 1, ...message })) }),
      );
    };

    test.each([
      ["gzip", CompressionTypes.GZIP],
      ["Snappy", CompressionTypes.Snappy],
      ["LZ4", CompressionTypes.LZ4],
      ["Zstandard", CompressionTypes.ZSTD],
    ])("are read when they are compressed with %s", async (_, compression) => {
      const { log, prefix } = await openLog(brokers);
      const inbox = await probeInbox(log);
      const values = Array.from({ length: 200 }, (__, i) => `${i} ${"compressible ".repeat(20)}`);
      await send(
        `${prefix}orders`,
        values.map((value) => ({ key: "k", value, headers: { a: "b" } })),
        compression,
      );
      await inbox.received(200);
      expect(inbox.records.map(({ value }) => value)).toEqual(values);
      expect(inbox.records[0]).toMatchObject({ key: "k", headers: { a: "b" }, shard: 1, offset: 0 });
    });

    test("are handed out whatever their key, value and headers are", async () => {
      const { log, prefix } = await openLog(brokers);
      const inbox = await probeInbox(log);
      const avro = Buffer.from([0, 0, 0, 0, 1, 2]);
      await send(`${prefix}payments`, [
        { key: null, value: null },
        { key: Buffer.from([0xff]), value: Buffer.from([0xc3, 0x28]), headers: { bytes: Buffer.from([0xff]) } },
        { key: "k", value: avro, headers: { twice: ["1", "2"] } },
      ]);
      await inbox.received(3);
      expect(inbox.records.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual([
        { key: "", value: "", headers: {} },
        { key: "\ufffd", value: new Uint8Array([0xc3, 0x28]), headers: { bytes: "\ufffd" } },
        { key: "k", value: new Uint8Array(avro), headers: { twice: "2" } },
      ]);
    });

    test("that cannot be decompressed become one dead letter a batch, and what comes after them is read", async () => {
      const { log, prefix, errors } = await openLog(brokers);
      const inbox = await probeInbox(log);
      await send(`${prefix}orders`, [{ key: "k", value: "before" }]);
      const bomb = Buffer.alloc(MAX_DECOMPRESSED_BYTES / 2);
      await send(
        `${prefix}orders`,
        [
          { key: "a", value: bomb },
          { key: "b", value: bomb },
        ],
        CompressionTypes.ZSTD,
      );
      await send(`${prefix}orders`, [{ key: "k", value: "after" }]);
      await inbox.received(2);
      expect(inbox.records.map(({ value }) => value)).toEqual(["before", "after"]);
      const letters = await deadLetters(log);
      expect(letters).toMatchObject([
        {
          headers: {
            "dead-letter-code": "unreadable_message",
            "dead-letter-topic": "orders",
            "dead-letter-shard": "1",
            "dead-letter-offset": "1",
            "dead-letter-detail": expect.stringContaining("a batch of 2 records (zstd) cannot be read"),
          },
        },
      ]);
      expect(letters[0]?.value).toBeInstanceOf(Uint8Array);
      expect(errors).toMatchObject([{ code: "unreadable_message" }]);
      await vi.waitFor(async () => expect(await behind(log)).toEqual([]), WAIT);
    });

    test("that grow too large become dead letters one by one, and their neighbours are read", async () => {
      const { log, prefix, errors } = await openLog(brokers);
      const inbox = await probeInbox(log);
      const messages = [
        { key: "k", value: "before" },
        { key: "k", value: "x".repeat(2_000_000) },
        { key: "k", value: "after" },
      ];
      await send(`${prefix}orders`, messages, CompressionTypes.ZSTD);
      await inbox.received(2);
      expect(inbox.records.map(({ value }) => value)).toEqual(["before", "after"]);
      expect(await deadLetters(log)).toMatchObject([
        { value: "x".repeat(65_536), headers: { "dead-letter-code": "record_too_large", "dead-letter-offset": "1" } },
      ]);
      expect(errors).toMatchObject([{ code: "record_too_large" }]);
    });

    test("are handed out or kept when they are made to do harm, and what comes after them is read", async () => {
      const { log, prefix, crashes } = await openLog(brokers);
      // As the worker does with records that it cannot read.
      const inbox = await probeInbox(log, async ({ records }) => {
        const poison = records.filter(({ value }) => value === "poison");
        await log.produce(poison.map((record) => deadLetterOf(record, "unreadable_message", "a test")));
      });
      const names = ["toString", "constructor", "__proto__", "valueOf"];
      const noUtf8 = Buffer.alloc(500_000, 0xff);
      for (const message of [
        { key: "k", value: "poison", headers: Object.fromEntries(names.map((name) => [name, "x"])) },
        { key: noUtf8, value: "poison" },
        { key: "k", value: "poison", headers: { long: noUtf8 } },
        { key: "k", value: "?", headers: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`h${i}`, ""])) },
      ]) {
        await send(`${prefix}orders`, [message]);
      }
      const trap = { topic: `${prefix}orders`, partition: 1, records: TRAP_RECORDS, value: "x".repeat(160) };
      await sendLargeBatch(foreignClient(brokers), trap);
      const waiting = await log.inboxLag();
      expect(waiting.find(({ topic, shard }) => topic === "orders" && shard === 1)?.endOffset).toBe(TRAP_RECORDS + 4);
      await send(`${prefix}orders`, [{ key: "k", value: "after" }]);
      await inbox.received(4);
      await vi.waitFor(async () => expect(await behind(log)).toEqual([]), WAIT);
      const read = new Map(inbox.records.map(({ value, offset }) => [offset, value]));
      expect([...read]).toEqual([
        [0, "poison"],
        [1, "poison"],
        [2, "poison"],
        [TRAP_RECORDS + 4, "after"],
      ]);
      expect(inbox.records[0]?.headers).toEqual(Object.fromEntries(names.map((name) => [name, "x"])));
      // A batch may come again on a machine that is so busy that the group gives out the shards anew.
      const kept = new Map(
        (await deadLetters(log)).map(({ headers }) => [headers["dead-letter-id"], headers["dead-letter-detail"]]),
      );
      expect([...kept.values()].map(String).toSorted((a, b) => a.localeCompare(b))).toEqual([
        expect.stringContaining(
          "a batch of 1 records (no compression) cannot be read: record 1 of 1 has too many headers",
        ),
        expect.stringContaining(`a batch of ${TRAP_RECORDS} records cannot be read`),
        "a test",
        "a test; 1 headers are left out",
        "a test; the key is cut",
      ]);
      expect(crashes).toEqual([]);
    });

    test("are read from a partition that somebody adds meanwhile, which is told", async () => {
      const { log, prefix, errors, open } = await openLog(brokers);
      const inbox = await probeInbox(log);
      await inbox.received(0);
      const admin = foreignClient(brokers).admin();
      await admin.connect();
      onTestFinished(() => admin.disconnect());
      const topic = `${prefix}payments`;
      await admin.createPartitions({ topicPartitions: [{ topic, count: SHARDS + 2 }] });
      const values = Array.from({ length: 20 }, (_, i) => `value ${i}`);
      const messages = values.map((value, i) => ({ key: "k", value, partition: i % (SHARDS + 2) }));
      // A partition that was just created is not known to every broker at once.
      await vi.waitFor(() => send(topic, messages), WAIT);
      await vi.waitFor(() => expect(new Set(inbox.records.map(({ value }) => value))).toEqual(new Set(values)), WAIT);
      const found = inbox.records.find(({ value }) => value === `value ${SHARDS + 1}`);
      expect(found).toMatchObject({ topic: "payments", shard: SHARDS + 1, offset: 0 });
      expect(inbox.strays).toEqual([]);
      await vi.waitFor(() => expect(errors).toContainEqual(expect.objectContaining({ code: "topics_differ" })), WAIT);
      await vi.waitFor(async () => expect(await behind(log)).toEqual([]), WAIT);
      // Another process sees it, too, and goes on where this one stopped.
      await inbox.stop();
      await send(topic, [{ key: "k", value: "left", partition: SHARDS }]);
      const other = open();
      const unread = (await other.inboxLag()).filter(({ committedOffset, endOffset }) => committedOffset < endOffset);
      expect(unread).toMatchObject([{ topic: "payments", shard: 0, oldestUnreadMs: expect.any(Number) }]);
      const next = await probeInbox(other);
      await next.received(1);
      expect(next.records.map(({ value }) => value)).toEqual(["left"]);
    });

    test("are read when their transaction is committed; its marks count neither as records nor as lag", async () => {
      const { log, prefix, groupId, crashes } = await openLog(brokers, { stalledAfterMs: 2_000 });
      const inbox = await probeInbox(log);
      const config = { transactionalId: `${prefix}t`, idempotent: true, maxInFlightRequests: 1 };
      await withProducer(foreignClient(brokers), config, async (producer) => {
        for (const [value, isKept] of [
          ["kept 1", true],
          ["dropped", false],
          ["kept 2", true],
        ] as const) {
          const transaction = await producer.transaction();
          await transaction.send({ topic: `${prefix}orders`, messages: [{ key: "k", value, partition: 1 }] });
          await (isKept ? transaction.commit() : transaction.abort());
        }
      });
      await inbox.received(2);
      expect(inbox.records.map(({ value, offset }) => [value, offset])).toEqual([
        ["kept 1", 0],
        ["kept 2", 4],
      ]);
      await vi.waitFor(async () => expect(await behind(log)).toEqual([]), WAIT);
      await inbox.stop();
      // A consumer that finds nothing but a mark commits it, too.
      const admin = foreignClient(brokers).admin();
      await admin.connect();
      onTestFinished(() => admin.disconnect());
      await admin.setOffsets({ groupId, topic: `${prefix}orders`, partitions: [{ partition: 1, offset: "5" }] });
      await probeInbox(log);
      await vi.waitFor(async () => expect(await behind(log)).toEqual([]), WAIT);
      expect(crashes).toEqual([]);
    });
  },
  { engines: ["brokers"] },
);

type Producer = ReturnType<Kafka["producer"]>;

async function withProducer(
  client: Kafka,
  config: Parameters<Kafka["producer"]>[0],
  use: (producer: Producer) => Promise<unknown>,
): Promise<void> {
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, ...config });
  await producer.connect();
  try {
    await use(producer);
  } finally {
    await producer.disconnect();
  }
}

async function deadLetters(log: RedpandaLog): Promise<LogRecord[]> {
  const letters: LogRecord[] = [];
  for (let shard = 0; shard < SHARDS; shard++) letters.push(...(await log.read("dead-letters", shard, 0, 100)));
  return letters;
}

async function behind(log: RedpandaLog): Promise<unknown[]> {
  return (await log.inboxLag()).filter(({ committedOffset, endOffset }) => committedOffset !== endOffset);
}
