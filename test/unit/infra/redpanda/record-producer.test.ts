/** What a caller of produce learns, with scripted outcomes of sends. */
import { expect, test } from "vitest";
import { OperationalError } from "../../../../src/actors/errors.ts";
import type { NewRecord } from "../../../../src/actors/ports.ts";
import { shardOf } from "../../../../src/actors/sharding.ts";
import { createRecordProducer } from "../../../../src/infra/redpanda/record-producer.ts";
import type { RecordOutcome } from "../../../../src/infra/redpanda/send-lanes.ts";
import { createTopicNames } from "../../../../src/infra/redpanda/topics.ts";
import { createManualClock, settled } from "../../../support/memory/manual-clock.ts";

const SHARDS = 4;
const CAUSE = new Error("a test lets it fail");
const MEBIBYTE = 1_024 * 1_024;
/** More bytes than may wait. */
const TOO_MUCH = Array.from({ length: 70 }, () => order("a", "x".repeat(1_000_000)));

test("resolves once every record is stored, each in the partition of its key", async () => {
  const world = start();
  await world.produce([order(keyIn(1), "1"), order(keyIn(3), "2"), { ...order(keyIn(1), "3"), topic: "payments" }]);
  expect(world.sends.toSorted()).toEqual(["x-orders: 1/1 3/2", "x-payments: 1/3"]);
});

test.each<[string, RecordOutcome[], string, boolean]>([
  ["nothing was sent", [notSent()], "log_unavailable", true],
  ["a send has no known outcome", [{ type: "unknown", cause: CAUSE }], "outcome_unknown", true],
  ["some were stored and some not sent", [{ type: "stored" }, notSent()], "outcome_unknown", true],
  ["one is too large for the brokers", [{ type: "stored" }, { type: "tooLarge" }], "record_too_large", false],
])("when %s, says so by its code", async (_, outcomes, code, retryable) => {
  const world = start({ outcomes, lanes: SHARDS });
  const records = outcomes.map((__, shard) => order(keyIn(shard), "v"));
  await expect(world.produce(records)).rejects.toMatchObject({ code, retryable });
});

test("a record that is too large is refused before anything of its call is sent, and alone", async () => {
  const world = start();
  const large = world.produce([order("a", "before"), order("a", "x".repeat(MEBIBYTE))]);
  const small = world.produce([order("a", "small")]);
  await expect(large).rejects.toMatchObject({ code: "record_too_large", retryable: false });
  await small;
  expect(world.sends).toEqual([`x-orders: ${shardOf("a", SHARDS)}/small`]);
});

test("a record that just fits into an inbox topic fits into the dead letters with what is added to it", async () => {
  const world = start();
  const largest = order("a", "x".repeat(MEBIBYTE - 300));
  await world.produce([largest]);
  await world.produce([{ ...largest, topic: "dead-letters", headers: { detail: "x".repeat(2_000) } }]);
  expect(world.sends).toHaveLength(2);
});

test("while too much waits for the brokers, a call is refused at once", async () => {
  const world = start({ outcomes: "none" });
  const waiting = Promise.allSettled([world.produce(TOO_MUCH)]);
  await settled();
  await expect(world.produce([order("a", "v")])).rejects.toMatchObject({ code: "log_unavailable", retryable: true });
  await world.clock.advance(13_000);
  expect(await waiting).toMatchObject([{ status: "rejected" }]);
});

test("a call that is too large for the queue is taken when nothing else waits", async () => {
  const world = start();
  await world.produce(TOO_MUCH);
  await world.produce([order("a", "v")]);
});

test("stopping waits for what is under way, refuses what comes, and ends after 5 s at the latest", async () => {
  const world = start({ outcomes: "none" });
  const waiting = Promise.allSettled([world.produce([order("a", "v")])]);
  await settled();
  let stopped = false;
  const stopping = world.stop().then(() => {
    stopped = true;
  });
  await expect(world.produce([order("a", "v")])).rejects.toMatchObject({ code: "log_unavailable" });
  await world.clock.advance(4_900);
  expect(stopped).toBe(false);
  await world.clock.advance(200);
  await stopping;
  expect(stopped).toBe(true);
  await world.clock.advance(10_000);
  await waiting;
});

test("an error says what happened and what to do", async () => {
  const world = start({ outcomes: [{ type: "unknown", cause: CAUSE }] });
  const error: unknown = await world.produce([order("a", "v")]).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OperationalError);
  expect((error as OperationalError).message).toContain("Repeat it with the same id or key");
  expect((error as OperationalError).cause).toBe(CAUSE);
});

function notSent(): RecordOutcome {
  return { type: "notSent", cause: CAUSE };
}

function order(key: string, value: string): NewRecord {
  return { topic: "orders", key, value, headers: {} };
}

function keyIn(shard: number): string {
  for (let i = 0; ; i++) if (shardOf(`key-${i}`, SHARDS) === shard) return `key-${i}`;
}

/**
 * @param outcomes of the sends, by their first partition; stored where there is none, and no answer at all with "none".
 * @param lanes as many as partitions, for an outcome of its own for each.
 */
function start({ outcomes = [], lanes = 1 }: { outcomes?: readonly RecordOutcome[] | "none"; lanes?: number } = {}) {
  const clock = createManualClock();
  const sends: string[] = [];
  const producer = createRecordProducer({
    brokers: [],
    clientId: "test",
    clock,
    random: { fraction: () => 0 },
    onComplaint() {},
    shards: SHARDS,
    names: createTopicNames("x-"),
    metrics: { sent() {}, fetched() {}, inserted() {}, extraPartitions() {}, roundTrip() {} },
    lanes,
    createProducers: ({ name }) => ({
      async send(messages, deadlineMs) {
        const [first = 0] = messages.map(({ partition }) => partition);
        sends.push(`${name}: ${messages.map(({ partition, value }) => `${partition}/${value.toString()}`).join(" ")}`);
        if (outcomes !== "none") return outcomes[first] ?? { type: "stored" };
        await new Promise<void>((resolve) => void clock.schedule(deadlineMs, resolve));
        return { type: "unknown", cause: CAUSE };
      },
      async stop() {},
    }),
  });
  return { ...producer, clock, sends };
}
