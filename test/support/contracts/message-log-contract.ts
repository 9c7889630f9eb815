/** What every `MessageLog` keeps to, run on each adapter. It uses nothing but the port. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  INBOX_TOPICS,
  type InboxHandlers,
  type InboxLag,
  type InboxTopic,
  type LogRecord,
  type MessageLog,
  type NewRecord,
  type ShardBatch,
} from "../../../src/actors/ports.ts";
import { shardOf } from "../../../src/actors/sharding.ts";

export interface MessageLogFixture {
  /** An empty log. */
  readonly log: MessageLog;
  /** At least 4. */
  readonly shards: number;
  /** Closes the log as a stopped process would, and opens it again with what it has stored. */
  reopen(): Promise<MessageLog>;
  cleanup(): Promise<void>;
}

const WAIT = { timeout: 15_000, interval: 5 };

export function messageLogContract(name: string, createFixture: () => Promise<MessageLogFixture>): void {
  const setUp = async () => {
    const fixture = await createFixture();
    onTestFinished(() => fixture.cleanup());
    return fixture;
  };

  describe(`${name} as a message log`, () => {
    test("stores a record as it came, in the shard that its key decides", async () => {
      const { log, shards } = await setUp();
      const beforeMs = Date.now();
      const awkward = {
        topic: "orders",
        key: "k-1",
        value: 'not JSON \u0000 "ü" 🚚',
        headers: { "content-type": "ü", empty: "" },
      } as const;
      const empty = { topic: "dead-letters", key: "k-1", value: "", headers: {} } as const;
      const large = { topic: "payments", key: "k-1", value: "x".repeat(200_000), headers: {} } as const;
      await log.produce([awkward, empty, large]);
      const shard = shardOf("k-1", shards);
      for (const record of [awkward, empty, large]) {
        const [stored, ...others] = await log.read(record.topic, shard, 0, 10);
        expect(others).toEqual([]);
        expect(stored).toEqual({ ...record, shard, offset: 0, timestampMs: expect.any(Number) });
        expect(stored?.timestampMs).toBeGreaterThanOrEqual(beforeMs - 1_000);
        expect(stored?.timestampMs).toBeLessThanOrEqual(Date.now() + 1_000);
      }
    });

    test("keeps bytes that are not text as they are", async () => {
      const { log, shards } = await setUp();
      const values = [Uint8Array.of(0, 0, 0, 0, 7, 255), Uint8Array.of(0xff, 0xfe), Uint8Array.of(0)];
      await log.produce(values.map((value) => ({ topic: "orders" as const, key: "k-1", value, headers: {} })));
      const stored = await log.read("orders", shardOf("k-1", shards), 0, 10);
      expect(stored.map(({ value }) => [...(value as Uint8Array)])).toEqual(values.map((value) => [...value]));
    });

    test("takes nothing and stores nothing", async () => {
      const { log } = await setUp();
      await log.produce([]);
      expect((await log.inboxLag()).every(({ endOffset }) => endOffset === 0)).toBe(true);
    });

    test("counts offsets from 0 without gaps in each topic and shard, and reads from any of them", async () => {
      const { log, shards } = await setUp();
      const records = numbered("orders", keyIn(2, shards), 10);
      await log.produce([...records, ...numbered("payments", keyIn(2, shards), 3)]);
      expect((await log.read("orders", 2, 0, 100)).map(({ offset }) => offset)).toEqual(records.map((_, i) => i));
      expect(valuesOf(await log.read("orders", 2, 4, 3))).toEqual(["4", "5", "6"]);
      expect(await log.read("orders", 2, 10, 3)).toEqual([]);
      expect(await log.read("orders", 1, 0, 3)).toEqual([]);
    });

    test("tells the end of each shard of a topic, those without records included", async () => {
      const { log, shards } = await setUp();
      await log.produce([...numbered("dead-letters", keyIn(2, shards), 3), ...numbered("orders", keyIn(1, shards), 5)]);
      const ends = Array.from({ length: shards }, (_, shard) => [shard, shard === 2 ? 3 : 0]);
      expect([...(await log.endOffsets("dead-letters"))]).toEqual(ends);
    });

    test("keeps the order of each producer's records when many produce at once", async () => {
      const { log, shards } = await setUp();
      const key = keyIn(0, shards);
      const producers = Array.from({ length: 10 }, async (_, producer) => {
        for (let i = 0; i < 20; i++) {
          await log.produce([{ topic: "orders", key, value: JSON.stringify({ producer, i }), headers: {} }]);
        }
      });
      await Promise.all(producers);
      const stored = (await log.read("orders", 0, 0, 1_000)).map(({ value }) => JSON.parse(value as string));
      expect(stored).toHaveLength(200);
      for (let producer = 0; producer < 10; producer++) {
        const own = stored.filter((record) => record.producer === producer).map(({ i }) => i);
        expect(own).toEqual(Array.from({ length: 20 }, (_, i) => i));
      }
    });

    test("has what it stored after it was closed and opened again, and counts on from there", async () => {
      const fixture = await setUp();
      const key = keyIn(1, fixture.shards);
      await fixture.log.produce(numbered("orders", key, 3));
      const reopened = await fixture.reopen();
      await reopened.produce(numbered("orders", key, 1));
      const stored = await reopened.read("orders", 1, 0, 10);
      expect(stored.map(({ offset, value }) => [offset, value])).toEqual([
        [0, "0"],
        [1, "1"],
        [2, "2"],
        [3, "0"],
      ]);
    });

    test("hands out every inbox record once and in order, those from before and those that come", async () => {
      const { log, shards } = await setUp();
      const keys = Array.from({ length: shards }, (_, shard) => keyIn(shard, shards));
      const records = INBOX_TOPICS.flatMap((topic) => keys.flatMap((key) => numbered(topic, key, 20)));
      const half = records.length / 2;
      await log.produce(records.slice(0, half));
      const inbox = await consume(log);
      for (const record of records.slice(half)) await log.produce([record]);
      await inbox.received(records.length);
      for (const topic of INBOX_TOPICS) {
        for (let shard = 0; shard < shards; shard++) {
          const own = inbox.records.filter((record) => record.topic === topic && record.shard === shard);
          expect(own.map(({ offset }) => offset)).toEqual(Array.from({ length: 20 }, (_, i) => i));
          expect(valuesOf(own)).toEqual(valuesOf(numbered(topic, "any", 20)));
        }
      }
    });

    test("works off a backlog that is larger than a batch, in order and without gaps", async () => {
      const { log, shards } = await setUp();
      const key = keyIn(0, shards);
      const gate = Promise.withResolvers<void>();
      const inbox = await consume(log, { onBatch: () => gate.promise });
      for (let i = 0; i < 5; i++) await log.produce(numbered("orders", key, 1_000, i * 1_000));
      await log.produce(numbered("payments", key, 100));
      gate.resolve();
      await inbox.received(5_100);
      expect(valuesOf(inbox.of("orders"))).toEqual(valuesOf(numbered("orders", key, 5_000)));
      expect(valuesOf(inbox.of("payments"))).toEqual(valuesOf(numbered("payments", key, 100)));
      expect(Math.max(...inbox.batches.map(({ records }) => records.length))).toBeLessThanOrEqual(500);
    });

    test("leaves nothing out when records come while an older backlog is worked off", async () => {
      const { log, shards } = await setUp();
      const key = keyIn(0, shards);
      await log.produce(numbered("orders", key, 3_000));
      const gate = Promise.withResolvers<void>();
      const inbox = await consume(log, { onBatch: () => gate.promise });
      await vi.waitFor(() => expect(inbox.started).toBeGreaterThan(0), WAIT);
      await log.produce(numbered("orders", key, 10, 3_000));
      gate.resolve();
      for (let i = 3_010; i < 3_100; i++) await log.produce(numbered("orders", key, 1, i));
      await inbox.received(3_100);
      expect(valuesOf(inbox.records)).toEqual(valuesOf(numbered("orders", key, 3_100)));
    });

    test("does not hand out what is published", async () => {
      const { log, shards } = await setUp();
      const key = keyIn(0, shards);
      const inbox = await consume(log);
      await log.produce([
        ...numbered("order-events", key, 1),
        ...numbered("dead-letters", key, 1),
        ...numbered("orders", key, 1),
      ]);
      await inbox.received(1);
      expect(inbox.records.map(({ topic }) => topic)).toEqual(["orders"]);
    });

    test("assigns every shard before its first batch", async () => {
      const { log, shards } = await setUp();
      await log.produce(numbered("orders", keyIn(3, shards), 1));
      const assigned = new Set<number>();
      const early: number[] = [];
      const inbox = await consume(log, {
        onAssigned: (shard) => void assigned.add(shard),
        onBatch: async ({ shard }) => {
          if (!assigned.has(shard)) early.push(shard);
        },
      });
      await inbox.received(1);
      await vi.waitFor(() => expect(assigned.size).toBe(shards), WAIT);
      expect(early).toEqual([]);
    });

    test("hands out a batch again when it throws, before anything that came later", async () => {
      const { log, shards } = await setUp();
      const key = keyIn(0, shards);
      await log.produce(numbered("orders", key, 3));
      let failures = 2;
      const attempts: string[][] = [];
      const inbox = await consume(log, {
        async onBatch({ records }) {
          attempts.push(valuesOf(records));
          if (failures-- > 0) {
            await log.produce(numbered("orders", key, 1, 90 + failures));
            throw new Error("a test lets the batch fail");
          }
        },
      });
      await inbox.received(5);
      expect(attempts[1]?.slice(0, 3)).toEqual(["0", "1", "2"]);
      expect(attempts[2]?.slice(0, 3)).toEqual(["0", "1", "2"]);
      expect(valuesOf(inbox.records)).toEqual(["0", "1", "2", "91", "90"]);
    });

    test("never runs two batches of a shard at once, and lets no shard wait for another", async () => {
      const { log, shards } = await setUp();
      const gate = Promise.withResolvers<void>();
      const running = new Map<number, number>();
      const overlaps: number[] = [];
      const inbox = await consume(log, {
        async onBatch({ shard }) {
          running.set(shard, (running.get(shard) ?? 0) + 1);
          if ((running.get(shard) ?? 0) > 1) overlaps.push(shard);
          if (shard === 0) await gate.promise;
          await new Promise((resolve) => setImmediate(resolve));
          running.set(shard, (running.get(shard) ?? 0) - 1);
        },
      });
      for (let i = 0; i < 30; i++) {
        await log.produce([
          ...numbered(INBOX_TOPICS[i % 3] as InboxTopic, keyIn(0, shards), 1, i),
          ...numbered(INBOX_TOPICS[i % 3] as InboxTopic, keyIn(1, shards), 1, i),
        ]);
      }
      await inbox.received(30);
      expect(inbox.records.every(({ shard }) => shard === 1)).toBe(true);
      gate.resolve();
      await inbox.received(60);
      expect(overlaps).toEqual([]);
    });

    test("commits offsets only after the batch, and begins there after a restart", async () => {
      const fixture = await setUp();
      const { log, shards } = fixture;
      const key = keyIn(0, shards);
      const gate = Promise.withResolvers<void>();
      const first = await consume(log, {
        onBatch: ({ records }) => (records[0]?.offset === 0 ? undefined : gate.promise),
      });
      await log.produce(numbered("orders", key, 2));
      await first.received(2);
      await vi.waitFor(async () => expect(await lagOf(log, "orders", 0)).toMatchObject({ committedOffset: 2 }), WAIT);
      await log.produce(numbered("orders", key, 1, 2));
      await vi.waitFor(() => expect(first.started).toBe(3), WAIT);
      expect(await lagOf(log, "orders", 0)).toMatchObject({ endOffset: 3, committedOffset: 2 });
      gate.reject(new Error("a test lets the batch fail"));
      await first.stop();
      const second = await consume(await fixture.reopen());
      await second.received(1);
      expect(valuesOf(second.records)).toEqual(["2"]);
    });

    test("waits for the batch in progress when it stops, commits its offsets and hands out no more", async () => {
      const fixture = await setUp();
      const { log, shards } = fixture;
      const key = keyIn(0, shards);
      const gate = Promise.withResolvers<void>();
      const inbox = await consume(log, { onBatch: () => gate.promise });
      await log.produce(numbered("orders", key, 1));
      await vi.waitFor(() => expect(inbox.started).toBe(1), WAIT);
      let stopped = false;
      const stopping = Promise.all([inbox.stop(), inbox.stop()]).then(() => {
        stopped = true;
      });
      await log.produce(numbered("orders", key, 1, 1));
      expect(await lagOf(log, "orders", 0)).toMatchObject({ endOffset: 2, committedOffset: 0 });
      expect(stopped).toBe(false);
      gate.resolve();
      await stopping;
      expect(valuesOf(inbox.records)).toEqual(["0"]);
      const reopened = await fixture.reopen();
      expect(await lagOf(reopened, "orders", 0)).toMatchObject({ endOffset: 2, committedOffset: 1 });
    });

    test("can be consumed again by the process that stopped, from what is not processed", async () => {
      const { log, shards } = await setUp();
      const key = keyIn(0, shards);
      const first = await consume(log, {
        onBatch: async ({ records }) => {
          if (records.some(({ value }) => value !== "0")) throw new Error("a test lets the batch fail");
        },
      });
      await log.produce(numbered("orders", key, 1));
      await first.received(1);
      await log.produce(numbered("orders", key, 2, 1));
      await vi.waitFor(() => expect(first.started).toBeGreaterThan(1), WAIT);
      await log.produce(numbered("orders", key, 1, 3));
      await first.stop();
      await log.produce(numbered("orders", key, 1, 4));
      const second = await consume(log);
      await vi.waitFor(() => expect(second.records.length).toBeGreaterThanOrEqual(4), WAIT);
      expect(valuesOf(second.records)).toEqual(["1", "2", "3", "4"]);
    });

    test("tells how far each inbox was written and read, and since when the oldest record waits", async () => {
      const { log, shards } = await setUp();
      await log.produce(numbered("payments", keyIn(1, shards), 4));
      const lag = await log.inboxLag();
      expect(lag.map(({ topic, shard }) => `${topic}/${shard}`).toSorted()).toEqual(
        INBOX_TOPICS.flatMap((topic) => Array.from({ length: shards }, (_, shard) => `${topic}/${shard}`)).toSorted(),
      );
      const [oldest] = await log.read("payments", 1, 0, 1);
      const waiting = { endOffset: 4, committedOffset: 0, oldestUnreadMs: oldest?.timestampMs };
      expect(await lagOf(log, "payments", 1)).toMatchObject(waiting);
      expect(await lagOf(log, "orders", 1)).toMatchObject({ endOffset: 0, committedOffset: 0, oldestUnreadMs: null });
      await consume(log);
      const read = { endOffset: 4, committedOffset: 4, oldestUnreadMs: null };
      await vi.waitFor(async () => expect(await lagOf(log, "payments", 1)).toMatchObject(read), WAIT);
    });
  });
}

interface TestInbox {
  /** What `onBatch` has resolved for, in that order. */
  readonly records: readonly LogRecord[];
  readonly batches: readonly ShardBatch[];
  /** How many records have been handed out, those of failed batches included. */
  readonly started: number;
  of(topic: InboxTopic): readonly LogRecord[];
  /** Resolves once so many records are processed. */
  received(records: number): Promise<void>;
  stop(): Promise<void>;
}

async function consume(
  log: MessageLog,
  handlers: {
    onBatch?: (batch: ShardBatch) => Promise<void> | undefined;
    onAssigned?: InboxHandlers["onAssigned"];
  } = {},
): Promise<TestInbox> {
  const records: LogRecord[] = [];
  const batches: ShardBatch[] = [];
  let started = 0;
  const consumer = await log.consumeInbox({
    async onBatch(batch) {
      started += batch.records.length;
      await handlers.onBatch?.(batch);
      records.push(...batch.records);
      batches.push(batch);
    },
    onAssigned: (shard) => handlers.onAssigned?.(shard),
    onRevoked() {},
  });
  onTestFinished(() => consumer.stop());
  return {
    records,
    batches,
    get started() {
      return started;
    },
    of: (topic) => records.filter((record) => record.topic === topic),
    received: (count) => vi.waitFor(() => expect(records.length).toBe(count), WAIT),
    stop: () => consumer.stop(),
  };
}

function numbered(topic: NewRecord["topic"], key: string, count: number, from = 0): NewRecord[] {
  return Array.from({ length: count }, (_, i) => ({ topic, key, value: String(from + i), headers: {} }));
}

function keyIn(shard: number, shards: number): string {
  for (let i = 0; ; i++) if (shardOf(`key-${i}`, shards) === shard) return `key-${i}`;
}

function valuesOf(records: readonly Pick<NewRecord, "value">[]): string[] {
  return records.map(({ value }) => value as string);
}

async function lagOf(log: MessageLog, topic: InboxTopic, shard: number): Promise<InboxLag | undefined> {
  return (await log.inboxLag()).find((lag) => lag.topic === topic && lag.shard === shard);
}
