/** When records are handed out, again or not at all, on a clock that stands still. */
import { expect, onTestFinished, test } from "vitest";
import { OperationalError } from "../../../../src/actors/errors.ts";
import type { NewRecord, ShardBatch } from "../../../../src/actors/ports.ts";
import { createHandOut } from "../../../../src/infra/redpanda/hand-out.ts";
import { skipMarks } from "../../../../src/infra/redpanda/inbox-partition.ts";
import { createManualClock, settled } from "../../../support/memory/manual-clock.ts";
import { assigned, buffer, ownedIn, partitionIn } from "./inbox-world.ts";

const FAILURE = new Error("a test lets this fail");

test("a batch that throws comes again after 100 ms, 200 ms and so on, up to 5 s", async () => {
  const handedOutMs: number[] = [];
  const world = start({
    onBatch: async () => {
      handedOutMs.push(world.clock.nowMs());
      throw FAILURE;
    },
  });
  world.give("orders", 3);
  await world.clock.advance(20_000);
  const pauses = handedOutMs.slice(1).map((atMs, i) => atMs - (handedOutMs[i] as number));
  expect(pauses.slice(0, 8)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  expect(world.errors).toHaveLength(handedOutMs.length);
  expect(partitionIn(world.assignment, "orders", 0).processedOffset).toBe(0);
});

test("a batch that fails for good ends everything at once instead of coming again for ever", async () => {
  const forGood = new OperationalError("record_too_large", "a test", { retryable: false });
  const world = start({ onBatch: () => Promise.reject(forGood) });
  world.give("orders", 600);
  await world.clock.advance(60_000);
  expect(world.dead).toEqual([forGood]);
  expect(world.batches).toHaveLength(1);
  expect(world.processed).toBe(0);
  expect(partitionIn(world.assignment, "orders", 0).processedOffset).toBe(0);
});

test("a batch is processed once its handler resolves, and the three topics of a shard come together, oldest first", async () => {
  const world = start();
  for (const topic of ["orders", "payments", "order-commands"] as const) {
    buffer(partitionIn(world.assignment, topic, 0), 2);
  }
  world.wake();
  await settled();
  expect(world.batches.map(({ records }) => records.map(({ topic, value }) => `${topic} ${String(value)}`))).toEqual([
    ["orders 0", "payments 0", "order-commands 0", "orders 1", "payments 1", "order-commands 1"],
  ]);
  expect(world.assignment.shards.get(0)?.partitions.map(({ processedOffset }) => processedOffset)).toEqual([2, 2, 2]);
});

test("a batch has 500 records at most", async () => {
  const world = start();
  world.give("orders", 1_200);
  await settled();
  expect(world.batches.map(({ records }) => records.length)).toEqual([500, 500, 200]);
});

test("a batch is the last one when its handler ends and it is no longer certain that the shards are ours", async () => {
  let held = true;
  const world = start({
    isHeld: () => held,
    onBatch: async () => {
      held = false;
    },
  });
  world.give("orders", 600);
  await settled();
  expect(world.batches.map(({ records }) => records.length)).toEqual([500]);
});

test("an assignment that ends stops its retries, and the batch in progress does not count", async () => {
  const gate = Promise.withResolvers<void>();
  const world = start({ onBatch: () => gate.promise });
  world.give("orders", 3);
  await settled();
  world.assignment.end();
  gate.reject(FAILURE);
  await world.clock.advance(60_000);
  expect(world.batches).toHaveLength(1);
  expect(world.processed).toBe(0);
});

test("a shard that comes back waits for the batch that its last assignment left behind", async () => {
  const gate = Promise.withResolvers<void>();
  const world = start({ onBatch: ({ records }) => (records[0]?.value === "0" ? gate.promise : Promise.resolve()) });
  world.give("orders", 1);
  await settled();
  world.assignment.end();
  const next = assigned([0]);
  const partition = partitionIn(next, "orders", 0);
  partition.nextOffset = 1;
  buffer(partition, 1);
  world.handOut.wake(next, ownedIn(next, 0));
  await settled();
  expect(world.batches).toHaveLength(1);
  gate.resolve();
  await settled();
  expect(world.batches.map(({ records }) => records[0]?.value)).toEqual(["0", "1"]);
});

test("nothing is handed out, nor again, while it is not certain that the shards are still ours", async () => {
  let held = false;
  let failing = true;
  const world = start({
    isHeld: () => held,
    onBatch: async () => {
      if (failing) throw FAILURE;
    },
  });
  world.give("orders", 1);
  await settled();
  expect(world.batches).toHaveLength(0);
  held = true;
  world.wake();
  await settled();
  expect(world.batches).toHaveLength(1);
  held = false;
  failing = false;
  await world.clock.advance(60_000);
  expect(world.batches).toHaveLength(1);
  held = true;
  await world.clock.advance(100);
  expect(world.batches).toHaveLength(2);
  expect(world.processed).toBe(1);
});

test("what cannot be processed is parked before its batch counts as processed, and parked again when that fails", async () => {
  const reason = new OperationalError("unreadable_message", "a test", { retryable: false });
  const letter: NewRecord = { topic: "dead-letters", key: "k", value: "raw", headers: {} };
  let parkings = 0;
  const world = start({
    park: async () => {
      parkings += 1;
      if (parkings === 1) throw FAILURE;
    },
  });
  const partition = partitionIn(world.assignment, "orders", 0);
  buffer(partition, 1, { parked: { letter, reason } });
  buffer(partition, 2, { parked: { letter: null, reason } });
  buffer(partition, 1);
  world.wake();
  await world.clock.advance(100);
  expect(parkings).toBe(2);
  expect(world.batches.map(({ records }) => records.map(({ value }) => value))).toEqual([["3"]]);
  expect(partition.processedOffset).toBe(4);
});

test("offsets behind the last record, which belong to no record, are processed with it", async () => {
  const world = start();
  const partition = partitionIn(world.assignment, "orders", 0);
  buffer(partition, 2);
  partition.nextOffset = 3;
  world.wake();
  await settled();
  expect(partition.processedOffset).toBe(3);
});

test("offsets behind a record that was given up are not processed", async () => {
  const world = start({ onBatch: () => Promise.reject(FAILURE) });
  const partition = partitionIn(world.assignment, "orders", 0);
  buffer(partition, 2);
  partition.nextOffset = 3;
  world.wake();
  await settled();
  await world.handOut.stop();
  expect(partition.buffer).toEqual([]);
  skipMarks(partition);
  expect(partition.processedOffset).toBe(0);
});

test("stopping lets the batch in progress end, hands out no more and waits for no pause", async () => {
  const gate = Promise.withResolvers<void>();
  const world = start({ onBatch: ({ shard }) => (shard === 0 ? gate.promise : Promise.reject(FAILURE)) });
  world.give("orders", 600);
  buffer(partitionIn(world.assignment, "orders", 1), 1);
  world.wake(1);
  await settled();
  let stopped = false;
  const stopping = world.handOut.stop().then(() => {
    stopped = true;
  });
  await settled();
  expect(stopped).toBe(false);
  gate.resolve();
  await stopping;
  expect(world.batches).toHaveLength(2);
  expect(partitionIn(world.assignment, "orders", 0).processedOffset).toBe(500);
  expect(partitionIn(world.assignment, "orders", 1).processedOffset).toBe(0);
});

interface Setting {
  readonly onBatch?: (batch: ShardBatch) => Promise<void>;
  readonly park?: () => Promise<void>;
  readonly isHeld?: () => boolean;
}

function start({ onBatch = async () => {}, park = async () => {}, isHeld = () => true }: Setting = {}) {
  const clock = createManualClock();
  const errors: unknown[] = [];
  const dead: unknown[] = [];
  const batches: ShardBatch[] = [];
  const assignment = assigned([0, 1]);
  let processed = 0;
  const handOut = createHandOut({
    clock,
    park,
    isHeld,
    // With this fraction the jitter takes nothing off a pause.
    random: { fraction: () => 1 },
    onError: (error) => errors.push(error),
    onDead: (error) => dead.push(error),
    onDrained() {},
    onProcessed() {
      processed += 1;
    },
    onBatch(batch) {
      batches.push(batch);
      return onBatch(batch);
    },
  });
  onTestFinished(() => assignment.end());
  const wake = (shard = 0): void => handOut.wake(assignment, ownedIn(assignment, shard));
  return {
    clock,
    errors,
    dead,
    batches,
    assignment,
    handOut,
    wake,
    get processed() {
      return processed;
    },
    give(topic: "orders", count: number): void {
      buffer(partitionIn(assignment, topic, 0), count);
      wake();
    },
  };
}
