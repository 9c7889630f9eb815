import { describe, expect, test } from "vitest";
import { createCommitTail } from "../../../src/actors/commit-tail.ts";
import { OperationalError } from "../../../src/actors/errors.ts";
import { createOwnedShards } from "../../../src/actors/owned-shards.ts";
import type { Checkpoint, Commit } from "../../../src/actors/ports.ts";
import { createReactor, type HandleCommits, type ReactorDeps } from "../../../src/actors/reactor.ts";
import { createShardHistory } from "../../support/commits.ts";
import { withFaults } from "../../support/memory/faults.ts";
import { createManualClock, settled } from "../../support/memory/manual-clock.ts";
import { createMemoryEventStore } from "../../support/memory/memory-event-store.ts";
import { createMemoryMailLedger } from "../../support/memory/memory-mail-ledger.ts";
import { createMemoryViewStore } from "../../support/memory/memory-view-store.ts";
import { createRecordedMetrics } from "../../support/memory/recorded-metrics.ts";
import { createSeededRandom } from "../../support/memory/seeded-random.ts";
import { submitOrder } from "../../support/order-messages.ts";

const NAME = "test-reactor";

function createReactorWorld() {
  const clock = createManualClock();
  const { port: eventStore, calls } = withFaults(createMemoryEventStore());
  const viewStore = createMemoryViewStore({ ledger: createMemoryMailLedger() });
  const tail = createCommitTail({ eventStore, shards: 2 });
  const metrics = createRecordedMetrics();
  const histories = [createShardHistory(0), createShardHistory(1)];
  const owned = createOwnedShards([0, 1]);
  const handled: string[] = [];
  const checkpoints: Checkpoint[] = [];
  let before: (commits: readonly Commit[]) => Promise<void> = async () => {};
  let beforeStoring: (checkpoint: Checkpoint) => Promise<void> = async () => {};

  const handle: HandleCommits = async (commits, checkpoint) => {
    await before(commits);
    if (checkpoint !== undefined) await beforeStoring(checkpoint);
    handled.push(...commits.map(({ shard, position }) => `${shard}:${position}`));
    if (checkpoint !== undefined) checkpoints.push(checkpoint);
    return (await viewStore.apply([], checkpoint)).type;
  };
  return {
    clock,
    metrics,
    viewStore,
    owned,
    handled,
    checkpoints,
    /** How often the store was asked for news. */
    looks: () => calls("changedShards"),
    /** Lets something happen, or fail, before each batch is handled. */
    onHandle: (hook: typeof before) => {
      before = hook;
    },
    onCheckpoint: (hook: typeof beforeStoring) => {
      beforeStoring = hook;
    },
    /** Appends commits to a shard, and publishes them unless another process has written them. */
    async append(shard: number, count: number, { publish = true } = {}) {
      const history = histories[shard] as (typeof histories)[number];
      const added = Array.from({ length: count }, () =>
        history.add(submitOrder({ orderId: `order-${history.commits.length + 1}` })),
      ).flat();
      await eventStore.append(added);
      if (publish) tail.publish(shard, added);
      await settled();
    },
    create: (pace: Pick<ReactorDeps, "storeEveryMs" | "gatherMs"> = {}) =>
      createReactor({
        ...pace,
        name: NAME,
        shards: owned,
        tail,
        eventStore,
        loadCheckpoint: (name) => viewStore.checkpoint(name),
        handle,
        clock,
        random: createSeededRandom(),
        metrics,
      }),
  };
}

const unavailable = () => new OperationalError("store_unavailable", "a test says no", { retryable: true });

const contended = () => new OperationalError("store_contended", "a test holds it", { retryable: true });

describe("a reactor", () => {
  test("handles what is stored before it starts, and then what comes", async () => {
    const world = createReactorWorld();
    await world.append(0, 2);
    const reactor = world.create();
    reactor.start();
    await settled();
    await world.append(1, 1);
    await world.append(0, 1);
    expect(world.handled).toEqual(["0:1", "0:2", "1:1", "0:3"]);
    expect(reactor.positions()).toEqual(
      new Map([
        [0, 3],
        [1, 1],
      ]),
    );
    await reactor.stop();
  });

  test("goes on from its checkpoint after a restart", async () => {
    const world = createReactorWorld();
    await world.append(0, 2);
    const first = world.create();
    first.start();
    await settled();
    await first.stop();
    await world.append(0, 1);
    const second = world.create();
    second.start();
    await settled();
    expect(world.handled).toEqual(["0:1", "0:2", "0:3"]);
    await second.stop();
  });

  test("handles everything again once its checkpoint is reset", async () => {
    const world = createReactorWorld();
    await world.append(0, 2);
    const first = world.create();
    first.start();
    await settled();
    await first.stop();
    await world.viewStore.resetCheckpoint(NAME);
    const second = world.create();
    second.start();
    await settled();
    expect(world.handled).toEqual(["0:1", "0:2", "0:1", "0:2"]);
    await second.stop();
  });

  test("hands the positions that it reaches to its work, and only of shards that moved", async () => {
    const world = createReactorWorld();
    const reactor = world.create();
    reactor.start();
    await settled();
    await world.append(1, 2);
    expect(world.checkpoints).toEqual([{ reactor: NAME, positions: new Map([[1, 2]]) }]);
    await reactor.stop();
  });

  test("moves on only after its work is done", async () => {
    const world = createReactorWorld();
    const durable = Promise.withResolvers<void>();
    world.onHandle(() => durable.promise);
    const reactor = world.create();
    reactor.start();
    await world.append(0, 1);
    expect(reactor.positions().get(0)).toBe(0);
    durable.resolve();
    await settled();
    expect(reactor.positions().get(0)).toBe(1);
    await reactor.stop();
  });

  test("tries work that failed again, whole, after a pause", async () => {
    const world = createReactorWorld();
    let failures = 2;
    world.onHandle(async () => {
      if (failures-- > 0) throw unavailable();
    });
    const reactor = world.create();
    reactor.start();
    await world.append(0, 2);
    expect(world.handled).toEqual([]);
    expect(await world.viewStore.checkpoint(NAME)).toEqual(new Map());
    await world.clock.advance(100);
    expect(failures).toBe(0);
    await world.clock.advance(200);
    expect(world.handled).toEqual(["0:1", "0:2"]);
    expect(world.metrics.count("error", "store_unavailable", NAME)).toBe(2);
    await reactor.stop();
  });

  test("lets only those shards wait whose documents another transaction holds", async () => {
    const world = createReactorWorld();
    let isHeld = true;
    world.onHandle(async (commits) => {
      if (isHeld && commits.some(({ shard }) => shard === 0)) throw contended();
    });
    const reactor = world.create();
    await world.append(0, 1);
    await world.append(1, 1);
    reactor.start();
    await settled();
    expect(world.handled).toEqual(["1:1"]);
    await world.append(1, 1);
    await world.append(0, 1);
    expect(world.handled).toEqual(["1:1", "1:2"]);
    isHeld = false;
    await world.clock.advance(5_000);
    expect(world.handled).toEqual(["1:1", "1:2", "0:1", "0:2"]);
    await world.append(0, 1);
    await world.append(1, 1);
    expect(await world.viewStore.checkpoint(NAME)).toEqual(
      new Map([
        [0, 3],
        [1, 3],
      ]),
    );
    await reactor.stop();
  });

  test("lets no other shard wait either where it stores its checkpoint later", async () => {
    const world = createReactorWorld();
    const reactor = world.create({ storeEveryMs: 1_000 });
    reactor.start();
    await world.append(0, 1);
    await world.append(0, 1);
    await world.append(1, 1);
    world.onCheckpoint(async ({ positions }) => {
      if (positions.has(0)) throw contended();
    });
    await world.clock.advance(3_000);
    expect(await world.viewStore.checkpoint(NAME)).toEqual(
      new Map([
        [0, 1],
        [1, 1],
      ]),
    );
    await world.append(1, 1);
    expect(world.handled).toEqual(["0:1", "0:2", "1:1", "1:2"]);
    world.onCheckpoint(async () => {});
    await world.clock.advance(6_000);
    expect(await world.viewStore.checkpoint(NAME)).toEqual(
      new Map([
        [0, 2],
        [1, 2],
      ]),
    );
    await reactor.stop();
  });

  test("stops while shards wait for somebody else's transaction, and takes no step after that", async () => {
    const world = createReactorWorld();
    world.onHandle(async () => {
      throw contended();
    });
    const reactor = world.create();
    await world.append(0, 1);
    reactor.start();
    await settled();
    await reactor.stop();
    world.onHandle(async () => {});
    await world.clock.advance(10_000);
    expect(world.handled).toEqual([]);
  });

  test("crashes on a bug, rather than try for ever", async () => {
    const world = createReactorWorld();
    await world.append(0, 1);
    world.onHandle(async () => {
      throw new TypeError("a bug");
    });
    const reactor = world.create();
    reactor.start();
    await expect(reactor.stop()).rejects.toThrow("a bug");
  });

  test("finds what other processes have written by looking now and then", async () => {
    const world = createReactorWorld();
    const reactor = world.create();
    reactor.start();
    await settled();
    await world.append(0, 1, { publish: false });
    expect(world.handled).toEqual([]);
    await world.clock.advance(1_000);
    expect(world.handled).toEqual(["0:1"]);
    await reactor.stop();
  });

  test("waits for company only when something came, and looks once a second while nothing does", async () => {
    const world = createReactorWorld();
    const reactor = world.create({ gatherMs: 100 });
    reactor.start();
    await world.clock.advance(5_000);
    const before = world.looks();
    await world.clock.advance(60_000);
    expect(world.looks() - before).toBe(60);
    await world.append(0, 1);
    await world.clock.advance(99);
    expect(world.handled).toEqual([]);
    await world.clock.advance(1);
    expect(world.handled).toEqual(["0:1"]);
    await reactor.stop();
  });

  test("works off a backlog without waiting for company in between", async () => {
    const world = createReactorWorld();
    await world.append(0, 500);
    const reactor = world.create({ gatherMs: 100 });
    reactor.start();
    await world.clock.advance(100);
    expect(world.handled).toHaveLength(500);
    await reactor.stop();
  });

  test("finds what a former owner of the shard appended behind commits that are known here", async () => {
    const world = createReactorWorld();
    const reactor = world.create();
    reactor.start();
    await world.append(0, 1);
    expect(world.handled).toEqual(["0:1"]);
    await world.append(0, 1, { publish: false });
    await world.clock.advance(1_000);
    expect(world.handled).toEqual(["0:1", "0:2"]);
    await reactor.stop();
  });

  test("leaves shards to their owner, and goes on from the stored checkpoint with one that it takes", async () => {
    const world = createReactorWorld();
    world.owned.release(1);
    const reactor = world.create();
    reactor.start();
    await world.append(0, 1);
    await world.append(1, 3);
    await world.clock.advance(1_000);
    expect(world.handled).toEqual(["0:1"]);
    await world.viewStore.apply([], { reactor: NAME, positions: new Map([[1, 2]]) });
    world.owned.take(1);
    await settled();
    expect(world.handled).toEqual(["0:1", "1:3"]);
    world.owned.release(0);
    await world.append(0, 1);
    await world.append(1, 1);
    expect(world.handled).toEqual(["0:1", "1:3", "1:4"]);
    await reactor.stop();
  });

  test("forgets where it was in a shard that was away, for its owner has gone on", async () => {
    const world = createReactorWorld();
    const reactor = world.create();
    reactor.start();
    await world.append(0, 1);
    world.owned.release(0);
    await world.append(0, 1);
    await world.viewStore.apply([], { reactor: NAME, positions: new Map([[0, 2]]) });
    world.owned.take(0);
    await world.append(0, 1);
    expect(world.handled).toEqual(["0:1", "0:3"]);
    await reactor.stop();
  });

  test("goes on from where another process is, when that is further", async () => {
    const world = createReactorWorld();
    const reactor = world.create();
    reactor.start();
    await world.append(0, 1);
    await world.viewStore.apply([], { reactor: NAME, positions: new Map([[0, 4]]) });
    await world.append(0, 2);
    expect(await world.viewStore.checkpoint(NAME)).toEqual(new Map([[0, 4]]));
    expect(reactor.positions()).toEqual(
      new Map([
        [0, 4],
        [1, 0],
      ]),
    );
    await world.append(0, 2);
    expect(world.handled.at(-1)).toBe("0:5");
    await reactor.stop();
  });

  test("stores its checkpoint no more often than it is told to, then whole, and once nothing comes any more", async () => {
    const world = createReactorWorld();
    const reactor = world.create({ storeEveryMs: 1_000 });
    reactor.start();
    await world.append(0, 1);
    await world.append(0, 1);
    await world.append(1, 3);
    expect(world.handled).toHaveLength(5);
    expect(await world.viewStore.checkpoint(NAME)).toEqual(new Map([[0, 1]]));
    await world.clock.advance(2_000);
    const all = new Map([
      [0, 2],
      [1, 3],
    ]);
    expect(await world.viewStore.checkpoint(NAME)).toEqual(all);
    const stores = world.checkpoints.length;
    await world.clock.advance(10_000);
    expect(world.checkpoints).toHaveLength(stores);
    await reactor.stop();
  });

  test("stores what it put off when it stops, and a crash before that repeats it", async () => {
    const world = createReactorWorld();
    const first = world.create({ storeEveryMs: 60_000 });
    first.start();
    await world.append(0, 1);
    await world.append(0, 1);
    const second = world.create({ storeEveryMs: 60_000 });
    second.start();
    await settled();
    expect(world.handled).toEqual(["0:1", "0:2", "0:2"]);
    await first.stop();
    expect(await world.viewStore.checkpoint(NAME)).toEqual(new Map([[0, 2]]));
    await second.stop();
  });

  test("stores its checkpoint with every batch when it is told no pace, even after the clock was set back", async () => {
    const world = createReactorWorld();
    const reactor = world.create();
    reactor.start();
    await world.append(0, 1);
    world.clock.step(-3_600_000);
    await world.append(0, 1);
    expect(await world.viewStore.checkpoint(NAME)).toEqual(new Map([[0, 2]]));
    await reactor.stop();
  });

  test("never stores what it did not handle", async () => {
    const world = createReactorWorld();
    const reactor = world.create({ storeEveryMs: 1_000 });
    reactor.start();
    await world.append(0, 1);
    world.onHandle(async (commits) => {
      if (commits.length > 0) throw unavailable();
    });
    await world.append(0, 1);
    await world.clock.advance(5_000);
    await reactor.stop();
    expect(await world.viewStore.checkpoint(NAME)).toEqual(new Map([[0, 1]]));
  });

  test("handles a long backlog in batches, with nothing left over", async () => {
    const world = createReactorWorld();
    await world.append(0, 450);
    const progress: number[] = [];
    await world.create().runToEnd((commits) => progress.push(commits));
    expect(progress).toEqual([200, 400, 450]);
    expect(world.handled).toHaveLength(450);
    expect(world.metrics.count("reactor", NAME)).toBe(450);
  });

  test("lets its work finish when it stops, and does none after that", async () => {
    const world = createReactorWorld();
    const durable = Promise.withResolvers<void>();
    world.onHandle(() => durable.promise);
    const reactor = world.create();
    reactor.start();
    await world.append(0, 1);
    let isStopped = false;
    const stopped = Promise.all([reactor.stop(), reactor.stop()]).then(() => {
      isStopped = true;
    });
    await settled();
    expect(isStopped).toBe(false);
    durable.resolve();
    await stopped;
    await world.append(0, 1);
    await world.clock.advance(10_000);
    expect(world.handled).toEqual(["0:1"]);
  });
});
