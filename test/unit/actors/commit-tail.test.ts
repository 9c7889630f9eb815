import { describe, expect, test } from "vitest";
import { createCommitTail } from "../../../src/actors/commit-tail.ts";
import { createShardHistory } from "../../support/commits.ts";
import { withFaults } from "../../support/memory/faults.ts";
import { createMemoryEventStore } from "../../support/memory/memory-event-store.ts";
import { submitOrder } from "../../support/order-messages.ts";

/** A shard with as many stored commits, each of an order of its own: `order-1` at position 1. */
async function createTailedShard(stored: number, capacity?: number) {
  const store = withFaults(createMemoryEventStore());
  const history = createShardHistory();
  for (let i = 1; i <= stored; i++) history.add(submitOrder({ orderId: `order-${i}` }));
  await store.port.append(history.commits);
  const tail = createCommitTail({ eventStore: store.port, shards: 2, ...(capacity === undefined ? {} : { capacity }) });
  const positionsAfter = async (position: number, limit = 100) =>
    (await tail.read(0, position, limit)).map((commit) => commit.position);
  return { store, tail, commits: history.commits, positionsAfter };
}

describe("the tail of a shard", () => {
  test("hands over what was published without asking the store", async () => {
    const { store, tail, commits, positionsAfter } = await createTailedShard(3);
    tail.publish(0, commits);
    expect(await positionsAfter(0)).toEqual([1, 2, 3]);
    expect(await positionsAfter(2)).toEqual([3]);
    expect(await positionsAfter(3)).toEqual([]);
    expect(store.calls("readShard")).toBe(0);
  });

  test("asks the store for what lies before", async () => {
    const { tail, commits, positionsAfter } = await createTailedShard(4);
    tail.publish(0, commits.slice(2));
    expect(await positionsAfter(0)).toEqual([1, 2, 3, 4]);
    expect(await positionsAfter(1, 2)).toEqual([2, 3]);
  });

  test("asks the store for a shard of which nothing was published here", async () => {
    const { positionsAfter } = await createTailedShard(2);
    expect(await positionsAfter(0)).toEqual([1, 2]);
  });

  test("skips nothing when a commit in between was never published", async () => {
    const { tail, commits, positionsAfter } = await createTailedShard(4);
    tail.publish(0, commits.slice(0, 1));
    tail.publish(0, commits.slice(3));
    expect(await positionsAfter(1)).toEqual([2, 3, 4]);
  });

  test("repeats nothing when a commit is published twice", async () => {
    const { tail, commits, positionsAfter } = await createTailedShard(3);
    tail.publish(0, commits);
    tail.publish(0, commits.slice(0, 2));
    expect(await positionsAfter(0)).toEqual([1, 2, 3]);
  });

  test("is asked of the store again once it is forgotten, and listeners look again", async () => {
    const { tail, commits, positionsAfter } = await createTailedShard(2);
    tail.publish(0, commits.slice(0, 1));
    expect(await positionsAfter(1)).toEqual([]);
    const woken: number[] = [];
    tail.onPublish((shard) => woken.push(shard));
    tail.forget(0);
    expect(woken).toEqual([0]);
    expect(await positionsAfter(1)).toEqual([2]);
  });

  test("keeps at least its capacity, at most twice of it, and the store has the rest", async () => {
    const { store, tail, commits, positionsAfter } = await createTailedShard(25, 5);
    for (const commit of commits) tail.publish(0, [commit]);
    expect(await positionsAfter(20)).toEqual([21, 22, 23, 24, 25]);
    expect(store.calls("readShard")).toBe(0);
    expect(await positionsAfter(14)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
    expect(store.calls("readShard")).toBe(1);
    expect(await positionsAfter(0)).toHaveLength(25);
  });

  test("hands out no more than it is asked for", async () => {
    const { tail, commits, positionsAfter } = await createTailedShard(3);
    tail.publish(0, commits);
    expect(await positionsAfter(0, 2)).toEqual([1, 2]);
  });

  test("of a shard that does not exist is a bug and throws", async () => {
    const { tail, commits } = await createTailedShard(1);
    expect(() => tail.publish(7, commits)).toThrow("there is no shard 7");
  });
});

describe("those who listen to the tail", () => {
  test("are called with the shard until they unsubscribe", async () => {
    const { tail, commits } = await createTailedShard(2);
    const woken: number[] = [];
    const unsubscribe = tail.onPublish((shard) => woken.push(shard));
    tail.publish(0, commits.slice(0, 1));
    tail.publish(0, []);
    unsubscribe();
    tail.publish(0, commits.slice(1));
    expect(woken).toEqual([0]);
  });

  test("may watch one order, and hear only of it", async () => {
    const { tail, commits } = await createTailedShard(2);
    const seen: string[] = [];
    const unwatch = tail.watchOrder("order-2", () => seen.push("first watcher"));
    tail.watchOrder("order-2", () => seen.push("second watcher"));
    tail.publish(0, commits.slice(0, 1));
    expect(seen).toEqual([]);
    tail.publish(0, commits.slice(1));
    expect(seen).toEqual(["first watcher", "second watcher"]);
    unwatch();
    unwatch();
    tail.publish(0, commits.slice(1));
    expect(seen).toEqual(["first watcher", "second watcher", "second watcher"]);
  });
});
