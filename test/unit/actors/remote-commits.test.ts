import { expect, test } from "vitest";
import { createCommitTail } from "../../../src/actors/commit-tail.ts";
import { createOwnedShards } from "../../../src/actors/owned-shards.ts";
import { createRemoteCommits } from "../../../src/actors/remote-commits.ts";
import type { Message } from "../../../src/domain/messages.ts";
import { createShardHistory } from "../../support/commits.ts";
import { withFaults } from "../../support/memory/faults.ts";
import { createManualClock, settled } from "../../support/memory/manual-clock.ts";
import { createMemoryEventStore } from "../../support/memory/memory-event-store.ts";
import { createRecordedMetrics } from "../../support/memory/recorded-metrics.ts";
import { receivePayment, submitOrder } from "../../support/order-messages.ts";

const SHARD = 1;

function createRemoteWorld() {
  const clock = createManualClock();
  const metrics = createRecordedMetrics();
  const owned = createOwnedShards();
  const store = withFaults(createMemoryEventStore());
  const tail = createCommitTail({ eventStore: store.port, shards: 2 });
  const history = createShardHistory(SHARD);
  const remote = createRemoteCommits({ eventStore: store.port, tail, owned, clock, metrics });
  const seen: string[] = [];
  return {
    clock,
    metrics,
    owned,
    store,
    remote,
    seen,
    /** Follows an order as somebody does who waits for it. */
    follow(orderId: string) {
      const unwatch = tail.watchOrder(orderId, () => seen.push(orderId));
      const release = remote.watch(SHARD, () => seen.push("ready"));
      return () => {
        unwatch();
        release();
      };
    },
    /** Another process appends; nothing is published here. */
    async appendElsewhere(...messages: readonly Message[]): Promise<void> {
      await store.port.append(history.add(...messages));
    },
  };
}

test("who watches an order hears of commits that another process appends", async () => {
  const world = createRemoteWorld();
  await world.appendElsewhere(submitOrder({ orderId: "a" }));
  const release = world.follow("a");
  await world.clock.advance(100);
  expect(world.seen).toEqual(["ready"]);
  await world.appendElsewhere(receivePayment({ orderId: "a" }), submitOrder({ orderId: "b" }));
  await world.clock.advance(100);
  expect(world.seen).toEqual(["ready", "a"]);
  release();
  await world.appendElsewhere(receivePayment({ orderId: "b" }));
  await world.clock.advance(1_000);
  expect(world.seen).toEqual(["ready", "a"]);
});

test("a shard that this process owns, or that nobody watches, is not asked for", async () => {
  const world = createRemoteWorld();
  world.owned.take(SHARD);
  const release = world.follow("a");
  await world.appendElsewhere(submitOrder({ orderId: "a" }));
  await world.clock.advance(1_000);
  expect(world.seen).toEqual([]);
  world.owned.release(SHARD);
  await world.clock.advance(100);
  expect(world.seen).toEqual(["ready"]);
  release();
});

test("a store that fails for a moment keeps nobody from hearing of what came meanwhile", async () => {
  const world = createRemoteWorld();
  const release = world.follow("a");
  await world.clock.advance(100);
  world.store.fail("changedShards", "before");
  await world.appendElsewhere(submitOrder({ orderId: "a" }));
  await world.clock.advance(60);
  expect(world.metrics.count("error", "store_unavailable", "remote-commits")).toBe(1);
  await world.clock.advance(1_100);
  expect(world.seen).toEqual(["ready", "a"]);
  release();
});

test("nothing is asked after the stop", async () => {
  const world = createRemoteWorld();
  world.follow("a");
  await settled();
  world.remote.stop();
  await world.appendElsewhere(submitOrder({ orderId: "a" }));
  await world.clock.advance(1_000);
  expect(world.seen).not.toContain("a");
});
