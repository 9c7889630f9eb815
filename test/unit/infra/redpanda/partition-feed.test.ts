/** Which fetches are believed, and what happens to the others, with scripted brokers. */
import { expect, onTestFinished, test, vi } from "vitest";
import { OperationalError } from "../../../../src/actors/errors.ts";
import { createAssignment } from "../../../../src/infra/redpanda/assignment.ts";
import { createPartitionFeed } from "../../../../src/infra/redpanda/partition-feed.ts";
import { createManualClock, settled } from "../../../support/memory/manual-clock.ts";
import { buffer, fetched, partitionIn, scriptedQueries } from "./inbox-world.ts";

test("a partition begins at the committed offset, or at its oldest record where nothing was committed", async () => {
  const world = start();
  world.queries.offsetsOf.committed.set("orders/0", 40);
  world.queries.offsetsOf.start.set("payments/0", 7);
  await world.feed.begin(world.assignment);
  expect(world.assignment.shards.get(0)?.partitions).toMatchObject([
    { topic: "orders", nextOffset: 40, processedOffset: 40, committedOffset: 40 },
    { topic: "payments", nextOffset: 7, processedOffset: 7, committedOffset: 7 },
    { topic: "order-commands", nextOffset: 0, processedOffset: 0, committedOffset: 0 },
  ]);
});

test("takes batches that go on where the last one ended, and accepts each", async () => {
  const world = start();
  await world.feed.begin(world.assignment);
  const [first, second] = [fetched(world.orders, 0, 3), fetched(world.orders, 3, 5)];
  world.take(first);
  world.take(second);
  expect(world.orders.buffer.map(({ record }) => record.offset)).toEqual([0, 1, 2, 3, 4]);
  expect([first.accepted(), second.accepted(), world.orders.nextOffset]).toEqual([true, true, 5]);
});

test("takes a batch that comes before the committed offset is known, if it turns out to begin there", async () => {
  const world = start();
  world.queries.offsetsOf.committed.set("orders/0", 40);
  const beginning = world.feed.begin(world.assignment);
  world.take(fetched(world.orders, 40, 42));
  await beginning;
  expect(world.orders.buffer).toHaveLength(2);
  expect(world.orders).toMatchObject({ processedOffset: 40, nextOffset: 42 });
  expect(world.calls).not.toContain("seek orders/0 to 40");
});

test("drops a first batch that begins elsewhere, and fetches again from the committed offset", async () => {
  const world = start();
  world.queries.offsetsOf.committed.set("orders/0", 40);
  world.queries.offsetsOf.end.set("orders/0", 60);
  const beginning = world.feed.begin(world.assignment);
  world.take(fetched(world.orders, 50, 52));
  await beginning;
  await settled();
  await settled();
  expect(world.orders).toMatchObject({ buffer: [], bufferedBytes: 0, nextOffset: 40, paused: false });
  expect(world.calls.slice(-3)).toEqual(["pause orders/0", "seek orders/0 to 40", "resume orders/0"]);
  expect(world.errors).toEqual([]);
});

test("does not accept a batch that leaves a gap, and goes back to what comes next", async () => {
  const world = start();
  world.queries.offsetsOf.end.set("orders/0", 60);
  await world.feed.begin(world.assignment);
  world.take(fetched(world.orders, 0, 3));
  const gap = fetched(world.orders, 10, 12);
  world.take(gap);
  await settled();
  await settled();
  expect(gap.accepted()).toBe(false);
  expect(world.orders.buffer).toHaveLength(3);
  expect(world.calls.slice(-3)).toEqual(["pause orders/0", "seek orders/0 to 3", "resume orders/0"]);
});

test("goes on with the oldest record when the next ones were deleted unread, and says so", async () => {
  const world = start();
  world.queries.offsetsOf.committed.set("orders/0", 40);
  world.queries.offsetsOf.start.set("orders/0", 100);
  world.queries.offsetsOf.end.set("orders/0", 120);
  await world.feed.begin(world.assignment);
  world.take(fetched(world.orders, 100, 101));
  await settled();
  await settled();
  expect(world.calls).toContain("seek orders/0 to 100");
  expect(world.errors).toMatchObject([
    { message: expect.stringContaining("no longer has offset 40 of orders, shard 0") },
  ]);
  world.take(fetched(world.orders, 100, 101));
  expect(world.orders.buffer.map(({ record }) => record.offset)).toEqual([100]);
});

test("begins anew in a topic that was deleted and created again", async () => {
  const world = start();
  world.queries.offsetsOf.committed.set("orders/0", 40);
  world.queries.offsetsOf.end.set("orders/0", 2);
  await world.feed.begin(world.assignment);
  world.take(fetched(world.orders, 0, 2));
  await settled();
  await settled();
  expect(world.calls).toContain("seek orders/0 to 0");
  expect(world.errors).toHaveLength(1);
});

test("asks again, with growing pauses, while the brokers do not answer", async () => {
  const world = start();
  const failure = new OperationalError("log_unavailable", "a test", { retryable: true });
  world.queries.failures.push(failure, failure);
  void world.feed.begin(world.assignment);
  await world.clock.advance(99);
  expect(world.queries.asked).toHaveLength(1);
  for (let i = 0; i < 3; i++) await world.clock.advance(1_000);
  await vi.waitFor(() => expect(world.orders.processedOffset).toBe(0));
  expect(world.errors).toEqual([failure, failure]);
});

test("notes offsets that belong to no record, before and after the committed offset is known", async () => {
  const world = start();
  world.queries.offsetsOf.committed.set("orders/0", 5);
  const beginning = world.feed.begin(world.assignment);
  world.skip(5, 6);
  await beginning;
  world.skip(6, 8);
  expect(world.orders).toMatchObject({ processedOffset: 5, nextOffset: 8 });
  world.take(fetched(world.orders, 8, 9));
  expect(world.orders.buffer.map(({ record }) => record.offset)).toEqual([8]);
});

test("does not believe that offsets belong to no record when records before them were not fetched", async () => {
  const world = start();
  world.queries.offsetsOf.end.set("orders/0", 60);
  await world.feed.begin(world.assignment);
  world.skip(10, 12);
  await vi.waitFor(() => expect(world.calls).toContain("seek orders/0 to 0"));
  expect(world.orders.nextOffset).toBe(0);
});

test("an assignment that has ended is not begun", async () => {
  const world = start();
  const beginning = world.feed.begin(world.assignment);
  world.assignment.end();
  await beginning;
  expect(world.orders.processedOffset).toBe(null);
});

test("a full buffer pauses its partition alone until it is half empty; what comes meanwhile is dropped", async () => {
  const world = start();
  await world.feed.begin(world.assignment);
  world.take(fetched(world.orders, 0, 1_000));
  expect(world.calls.at(-1)).toBe("pause orders/0");
  const dropped = fetched(world.orders, 1_000, 1_001);
  world.take(dropped);
  expect(dropped.accepted()).toBe(false);
  world.orders.buffer.splice(0, 499);
  world.feed.refill([world.orders]);
  expect(world.calls.at(-1)).toBe("pause orders/0");
  world.orders.buffer.splice(0, 1);
  world.feed.refill([world.orders]);
  expect(world.calls.at(-1)).toBe("resume orders/0");
  world.take(fetched(world.orders, 1_000, 1_001));
  expect(world.orders.buffer).toHaveLength(501);
});

test("a buffer of few but large records is full, too", async () => {
  const world = start();
  await world.feed.begin(world.assignment);
  buffer(world.orders, 1, { bytes: 600_000 });
  world.take(fetched(world.orders, 1, 2));
  expect(world.calls.at(-1)).toBe("pause orders/0");
});

function start() {
  const clock = createManualClock();
  const queries = scriptedQueries(1);
  const calls: string[] = [];
  const errors: unknown[] = [];
  const assignment = createAssignment([0], async () => {});
  const orders = partitionIn(assignment, "orders", 0);
  const feed = createPartitionFeed({
    clock,
    queries,
    random: { fraction: () => 1 },
    onError: (error) => errors.push(error),
    group: () => ({
      pause: (topic, shard) => calls.push(`pause ${topic}/${shard}`),
      resume: (topic, shard) => calls.push(`resume ${topic}/${shard}`),
      seek: (topic, shard, offset) => calls.push(`seek ${topic}/${shard} to ${offset}`),
    }),
  });
  onTestFinished(() => assignment.end());
  const take = (batch: ReturnType<typeof fetched>): void => feed.take(assignment, orders, batch);
  const skip = (fromOffset: number, nextOffset: number): void =>
    feed.skip(assignment, orders, { topic: "orders", shard: 0, fromOffset, nextOffset });
  return { clock, queries, calls, errors, assignment, orders, feed, take, skip };
}
