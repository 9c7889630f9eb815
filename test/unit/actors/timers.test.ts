import { describe, expect, test } from "vitest";
import { createOwnedShards } from "../../../src/actors/owned-shards.ts";
import type { InboxHandlers, LogRecord } from "../../../src/actors/ports.ts";
import { createSteadyClock } from "../../../src/actors/steady-clock.ts";
import { createTimerReactor } from "../../../src/actors/timers.ts";
import { TIMERS, TIMERS_VIEW } from "../../../src/actors/views.ts";
import { createWatermarks, WATERMARK } from "../../../src/actors/watermarks.ts";
import type { ReachDeadline } from "../../../src/domain/messages.ts";
import { withFaults } from "../../support/memory/faults.ts";
import { createManualClock, settled } from "../../support/memory/manual-clock.ts";
import { createMemoryMailLedger } from "../../support/memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "../../support/memory/memory-message-log.ts";
import { createMemoryViewStore } from "../../support/memory/memory-view-store.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { createRecordedMetrics } from "../../support/memory/recorded-metrics.ts";
import { cancelOrder, receivePayment, submitOrder } from "../../support/order-messages.ts";
import { orderIdOn } from "../../support/worker-world.ts";

const SHARDS = 2;
const WINDOW_MS = 600_000;
const WATERMARK_MS = 60_000;
const HERE = orderIdOn(0, SHARDS);
const THERE = orderIdOn(1, SHARDS);

/** A timer reactor with a timer for `HERE` that is due after the payment window. */
async function createTimerWorld() {
  const clock = createManualClock();
  const metrics = createRecordedMetrics();
  const log = withFaults(createMemoryMessageLog({ clock, shards: SHARDS }));
  const viewStore = createMemoryViewStore({ ledger: createMemoryMailLedger() });
  await viewStore.define(TIMERS_VIEW, TIMERS.version);
  const owned = createOwnedShards([0, 1]);
  const startMs = clock.nowMs();
  const setTimers = async (timers: readonly (readonly [orderId: string, shard: number, dueAtMs: number])[]) => {
    await viewStore.apply(
      timers.map(([orderId, shard, dueAtMs]) => {
        const document = { orderId, shard, dueAtMs, deadline: new Date(dueAtMs).toISOString() };
        return { type: "put", target: TIMERS, id: orderId, document };
      }),
    );
  };
  const setTimer = (orderId: string, shard: number, dueAtMs = startMs + WINDOW_MS) =>
    setTimers([[orderId, shard, dueAtMs]]);
  await setTimer(HERE, 0);
  const steadyClock = createSteadyClock({ clock, holdMs: WATERMARK_MS });
  const watermarks = createWatermarks({
    log: log.port,
    viewStore,
    shards: owned,
    steadyClock,
    watermarkMs: WATERMARK_MS,
  });
  const timers = createTimerReactor({
    viewStore,
    log: log.port,
    codec: plainCodec,
    clock,
    steadyClock,
    watermarks,
    metrics,
    shards: owned,
    watermarkMs: WATERMARK_MS,
    capacity: 100,
  });
  timers.start();
  await settled();

  return {
    clock,
    metrics,
    log,
    owned,
    timers,
    watermarks,
    setTimer,
    setTimers,
    startMs,
    storedWatermarkMs: async (shard: number) => (await viewStore.checkpoint(WATERMARK)).get(shard) ?? 0,
    removeTimer: (orderId: string) => viewStore.apply([{ type: "delete", target: TIMERS, id: orderId }]),
    /** @returns the records that payments have become. */
    async produce(...messages: Parameters<typeof plainCodec.encode>[0][]): Promise<readonly LogRecord[]> {
      await log.port.produce(messages.map(plainCodec.encode));
      return log.port.read("payments", 0, 0, 100);
    },
    /** Lets a worker read everything that waits in the inbox. */
    async readInbox() {
      const handlers: InboxHandlers = { onBatch: async () => {}, onAssigned: () => {}, onRevoked: () => {} };
      const consumer = await log.port.consumeInbox(handlers);
      await settled();
      await consumer.stop();
    },
    async fired(): Promise<readonly ReachDeadline[]> {
      const records = await Promise.all([0, 1].map((shard) => log.port.read("order-commands", shard, 0, 50_000)));
      const messages = records.flat().map(({ value }) => JSON.parse(value as string) as ReachDeadline);
      return messages.filter(({ type }) => type === "ReachDeadline");
    },
  };
}

describe("a deadline", () => {
  test("fires once the watermark has passed it, and not before", async () => {
    const world = await createTimerWorld();
    await world.clock.advance(WINDOW_MS + WATERMARK_MS);
    expect(await world.fired()).toEqual([]);
    await world.clock.advance(1_000);
    const deadline = new Date(world.startMs + WINDOW_MS).toISOString();
    expect(await world.fired()).toEqual([{ type: "ReachDeadline", orderId: HERE, name: "payment", deadline }]);
  });

  test("fires only once the watermark that it goes by is stored, so that a restart knows it", async () => {
    const world = await createTimerWorld();
    await world.clock.advance(WINDOW_MS + WATERMARK_MS + 1_000);
    expect(await world.fired()).toHaveLength(1);
    expect(await world.storedWatermarkMs(0)).toBeGreaterThan(world.startMs + WINDOW_MS);
  });

  test("that its order no longer waits for never fires", async () => {
    const world = await createTimerWorld();
    await world.removeTimer(HERE);
    await world.clock.advance(WINDOW_MS * 2);
    expect(await world.fired()).toEqual([]);
  });

  test("fires at most once a minute until its order has taken it", async () => {
    const world = await createTimerWorld();
    await world.clock.advance(WINDOW_MS + WATERMARK_MS + 1_000);
    expect(await world.fired()).toHaveLength(1);
    await world.clock.advance(60_000);
    expect(await world.fired()).toHaveLength(1);
    await world.clock.advance(1_000);
    expect(await world.fired()).toHaveLength(2);
  });

  test("fires though the log failed at first", async () => {
    const world = await createTimerWorld();
    world.log.fail("produce", "before", 2);
    await world.clock.advance(WINDOW_MS + WATERMARK_MS + 3_000);
    expect(await world.fired()).toHaveLength(1);
    expect(world.metrics.count("error", "store_unavailable", "timers")).toBe(2);
  });

  test("is fired by the owner of its shard, and by no other process", async () => {
    const world = await createTimerWorld();
    await world.setTimer(THERE, 1);
    world.owned.release(0);
    await world.clock.advance(WINDOW_MS + WATERMARK_MS + 1_000);
    expect((await world.fired()).map(({ orderId }) => orderId)).toEqual([THERE]);
    world.owned.take(0);
    await world.clock.advance(1_000);
    expect((await world.fired()).map(({ orderId }) => orderId).toSorted()).toEqual([HERE, THERE].toSorted());
  });

  test("does not fire after a stop", async () => {
    const world = await createTimerWorld();
    await Promise.all([world.timers.stop(), world.timers.stop()]);
    await world.clock.advance(WINDOW_MS * 2);
    expect(await world.fired()).toEqual([]);
  });
});

describe("a payment that waits unread", () => {
  test("holds the deadlines of its shard back, until it is read", async () => {
    const world = await createTimerWorld();
    await world.produce(receivePayment({ orderId: HERE }));
    await world.clock.advance(WINDOW_MS * 3);
    expect(await world.fired()).toEqual([]);
    await world.readInbox();
    await world.clock.advance(1_000);
    expect(await world.fired()).toHaveLength(1);
  });

  test("holds nothing back when it was stored after the watermark: it cannot have been in time", async () => {
    const world = await createTimerWorld();
    // The log cannot tell its lag when the deadline has passed, and then the payment comes.
    await world.clock.advance(WINDOW_MS + WATERMARK_MS);
    world.log.fail("inboxLag", "before", 1);
    await world.clock.advance(1_500);
    expect(await world.fired()).toEqual([]);
    const paidAt = world.clock.nowIso();
    const [record] = await world.produce(receivePayment({ orderId: HERE, paidAt }));
    world.watermarks.observe(0, [{ record: record as LogRecord, message: receivePayment({ paidAt }) }]);
    await world.clock.advance(500);
    expect(await world.fired()).toHaveLength(1);
  });

  test("holds nothing back on another shard", async () => {
    const world = await createTimerWorld();
    await world.produce(receivePayment({ orderId: THERE }));
    await world.clock.advance(WINDOW_MS + WATERMARK_MS + 1_000);
    expect(await world.fired()).toMatchObject([{ orderId: HERE }]);
  });

  test("is no other than a submission that waits unread", async () => {
    const world = await createTimerWorld();
    await world.produce(submitOrder({ orderId: HERE }));
    await world.clock.advance(WINDOW_MS * 3);
    expect(await world.fired()).toEqual([]);
  });

  test("is not what a command is", async () => {
    const world = await createTimerWorld();
    await world.produce(cancelOrder({ orderId: HERE }));
    await world.clock.advance(WINDOW_MS + WATERMARK_MS + 1_000);
    expect(await world.fired()).toHaveLength(1);
  });
});

describe("a lagging shard holds up no other, however many deadlines of it are due:", () => {
  /** More than a round looks at, all of the shard of `HERE`, which has a payment that waits unread. */
  const LAGGING = 10_500;
  const PER_MS = 50;
  /** From the first of them to after the last one. */
  const SPAN_MS = LAGGING / PER_MS;

  async function createLaggingWorld() {
    const world = await createTimerWorld();
    await world.produce(receivePayment({ orderId: HERE }));
    const dueMs = (i: number): number => world.startMs + WINDOW_MS + Math.floor(i / PER_MS);
    await world.setTimers(Array.from({ length: LAGGING }, (_, i) => [`lagging-${i}`, 0, dueMs(i)]));
    return world;
  }

  test("one that has just become due fires within a second", async () => {
    const world = await createLaggingWorld();
    await world.setTimer(THERE, 1, world.startMs + WINDOW_MS + SPAN_MS);
    await world.clock.advance(WINDOW_MS + WATERMARK_MS + 1_000);
    expect(await world.fired()).toMatchObject([{ orderId: THERE }]);
  });

  test("one that was due before all of them fires within some rounds", async () => {
    const world = await createLaggingWorld();
    await world.clock.advance(WINDOW_MS + WATERMARK_MS + 1_000);
    await world.setTimer(THERE, 1, world.startMs + WINDOW_MS - 1);
    await world.clock.advance(3_000);
    expect(await world.fired()).toMatchObject([{ orderId: THERE }]);
  });

  test("and once it has caught up, all of its own fire", async () => {
    const world = await createLaggingWorld();
    await world.clock.advance(WINDOW_MS + WATERMARK_MS + 1_000);
    await world.readInbox();
    await world.clock.advance(4_000);
    expect(new Set((await world.fired()).map(({ orderId }) => orderId)).size).toBe(LAGGING + 1);
  });
});
