/** What the consumer of the embedded log does when its handler or the database fails, on a clock that stands still. */
import { expect, onTestFinished, test } from "vitest";
import type { LogRecord, ShardBatch } from "../../../src/actors/ports.ts";
import { type InboxSource, startInboxConsumer } from "../../../src/infra/sqlite/inbox-consumer.ts";
import { type InboxPartition, offer } from "../../../src/infra/sqlite/inbox-partition.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";

const FAILURE = new Error("a test lets this fail");
/** With this fraction the jitter takes nothing off the pause. */
const NO_JITTER = { fraction: () => 1 };

test("a batch that throws comes again after 100 ms, 200 ms and so on, up to 5 s", async () => {
  const clock = createManualClock();
  const handedOutMs: number[] = [];
  const { errors } = start({
    clock,
    onBatch: async () => {
      handedOutMs.push(clock.nowMs());
      throw FAILURE;
    },
  });
  await clock.advance(30_000);
  const pauses = handedOutMs.slice(1).map((atMs, i) => atMs - (handedOutMs[i] as number));
  expect(pauses.slice(0, 8)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  expect(errors).toHaveLength(handedOutMs.length);
  expect(errors[0]).toBe(FAILURE);
});

test("jitter shortens a pause by half at most", async () => {
  const clock = createManualClock();
  let handedOut = 0;
  start({
    clock,
    random: { fraction: () => 0 },
    onBatch: async () => {
      handedOut += 1;
      throw FAILURE;
    },
  });
  await clock.advance(49);
  expect(handedOut).toBe(1);
  await clock.advance(1);
  expect(handedOut).toBe(2);
});

test("stopping does not wait for the pause after a failure, and commits nothing of that batch", async () => {
  const clock = createManualClock();
  const { consumer, committed } = start({ clock, onBatch: async () => Promise.reject(FAILURE) });
  await clock.advance(0);
  await consumer.stop();
  expect(committed).toEqual([]);
});

test("a fetch that fails is repeated", async () => {
  const clock = createManualClock();
  const { errors, batches } = start({ clock, failures: { fetch: 2 } });
  await clock.advance(1_000);
  expect(errors).toEqual([FAILURE, FAILURE]);
  expect(batches.flatMap(({ records }) => records).map(({ offset }) => offset)).toEqual([0, 1, 2]);
});

test("an offset commit that fails is repeated while batches go on", async () => {
  const clock = createManualClock();
  const { errors, batches, committed } = start({ clock, failures: { commit: 2 } });
  await clock.advance(60_000);
  expect(batches).toHaveLength(1);
  expect(errors).toEqual([FAILURE, FAILURE]);
  expect(committed).toEqual([{ topic: "orders", shard: 0, nextOffset: 3 }]);
});

test("an offset commit that fails at the end is reported, and stopping ends all the same", async () => {
  const clock = createManualClock();
  const { consumer, errors, committed } = start({ clock, failures: { commit: 1 } });
  await clock.advance(0);
  await consumer.stop();
  expect(errors).toEqual([FAILURE]);
  expect(committed).toEqual([]);
});

test("a record that comes in the very moment in which its shard falls idle is handed out", async () => {
  const clock = createManualClock();
  const missed: number[] = [];
  for (let turns = 0; turns < 15; turns++) {
    const gate = Promise.withResolvers<void>();
    const { consumer, partition, batches } = start({ clock, onBatch: () => gate.promise });
    await clock.advance(0);
    // So many promise turns later another shard wakes the consumer, this shard's batch ends, and its next record comes.
    const woken = afterTurns(turns, () => consumer.wake());
    gate.resolve();
    const offered = afterTurns(turns, () => {
      partition.endOffset += 1;
      offer(partition, recordAt(3));
      consumer.wake();
    });
    await Promise.all([woken, offered]);
    await clock.advance(0);
    if (batches.flatMap(({ records }) => records).length !== 4) missed.push(turns);
  }
  expect(missed).toEqual([]);
});

async function afterTurns(turns: number, action: () => void): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve();
  action();
}

function recordAt(offset: number): LogRecord {
  return { topic: "orders", shard: 0, offset, key: "a", value: String(offset), headers: {}, timestampMs: offset };
}

interface Setting {
  readonly clock: ReturnType<typeof createManualClock>;
  readonly random?: { fraction(): number };
  readonly onBatch?: (batch: ShardBatch) => Promise<void>;
  readonly failures?: { fetch?: number; commit?: number };
}

/** A consumer of one shard whose log holds three orders. */
function start({ clock, random = NO_JITTER, onBatch, failures = {} }: Setting) {
  const { fetch: failedFetches = 0, commit: failedCommits = 0 } = failures;
  const left = { fetch: failedFetches, commit: failedCommits };
  const partition: InboxPartition = {
    topic: "orders",
    shard: 0,
    endOffset: 3,
    committedOffset: 0,
    processedOffset: 0,
    nextOffset: 0,
    buffer: [],
  };
  const stored = [0, 1, 2].map(recordAt);
  const errors: unknown[] = [];
  const batches: ShardBatch[] = [];
  const committed: { topic: string; shard: number; nextOffset: number }[] = [];
  const source: InboxSource = {
    shards: [[partition]],
    async fetch() {
      if (left.fetch-- > 0) throw FAILURE;
      return stored;
    },
    async commit(offsets) {
      if (left.commit-- > 0) throw FAILURE;
      committed.push(...offsets);
    },
  };
  const handlers = {
    async onBatch(batch: ShardBatch) {
      await onBatch?.(batch);
      batches.push(batch);
    },
    onAssigned() {},
    onRevoked() {},
  };
  const consumer = startInboxConsumer({ source, handlers, clock, random, onError: (error) => void errors.push(error) });
  onTestFinished(() => consumer.stop());
  return { consumer, partition, errors, batches, committed };
}
