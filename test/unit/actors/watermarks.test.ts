import { array, assert, asyncProperty, constant, constantFrom, integer, oneof, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { createOwnedShards } from "../../../src/actors/owned-shards.ts";
import type { InboxLag, InboxTopic, LogRecord } from "../../../src/actors/ports.ts";
import { createSteadyClock } from "../../../src/actors/steady-clock.ts";
import { createWatermarks, WATERMARK, type Watermarks } from "../../../src/actors/watermarks.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";
import { createMemoryMailLedger } from "../../support/memory/memory-mail-ledger.ts";
import { createMemoryViewStore } from "../../support/memory/memory-view-store.ts";
import { cancelOrder, receivePayment, submitOrder } from "../../support/order-messages.ts";

const WATERMARK_MS = 600_000;
const HOUR_MS = 3_600_000;

/** Watermarks of shard 0 over a log whose lag a test sets; a restart keeps the store alone. */
function createWatermarkWorld() {
  const clock = createManualClock();
  const viewStore = createMemoryViewStore({ ledger: createMemoryMailLedger() });
  const oldestUnreadMs: Record<InboxTopic, number | null> = { orders: null, payments: null, "order-commands": null };
  const lagOf = (topic: InboxTopic): InboxLag => {
    const unread = oldestUnreadMs[topic];
    const offsets = { endOffset: unread === null ? 5 : 6, committedOffset: 5 };
    return { shard: 0, topic, ...offsets, oldestUnreadMs: unread, owner: null };
  };
  const log = { inboxLag: async () => (["orders", "payments", "order-commands"] as const).map(lagOf) };
  const owned = createOwnedShards([0]);
  const newWatermarks = (shards = owned): Watermarks => {
    const steadyClock = createSteadyClock({ clock, holdMs: WATERMARK_MS });
    return createWatermarks({ log, viewStore, shards, steadyClock, watermarkMs: WATERMARK_MS });
  };
  let watermarks = newWatermarks();
  const startMs = clock.nowMs();

  return {
    clock,
    viewStore,
    owned,
    oldestUnreadMs,
    newWatermarks,
    watermarks: () => watermarks,
    restart: () => {
      watermarks = newWatermarks();
    },
    /** Lets a worker have processed an order or a payment. */
    observe(topic: "orders" | "payments", timeMs: number): void {
      const time = new Date(timeMs).toISOString();
      const message = topic === "orders" ? submitOrder({ submittedAt: time }) : receivePayment({ paidAt: time });
      watermarks.observe(0, [{ record: { topic } as LogRecord, message }]);
    },
    /** The shard's watermark now. */
    async reachedMs(): Promise<number> {
      return (await watermarks.advance()).get(0)?.watermarkMs ?? Number.NaN;
    },
    /** How far it is, from the start of the world. */
    async reached(): Promise<number> {
      return ((await watermarks.advance()).get(0)?.watermarkMs ?? Number.NaN) - startMs;
    },
    startMs,
  };
}

describe("the watermark of a shard", () => {
  test("goes with the clock while both streams are read to their ends", async () => {
    const world = createWatermarkWorld();
    expect(await world.reached()).toBe(-WATERMARK_MS);
    await world.clock.advance(10_000);
    expect(await world.reached()).toBe(10_000 - WATERMARK_MS);
  });

  test.each(["orders", "payments"] as const)("goes with the newest event of a lagging stream of %s", async (topic) => {
    const world = createWatermarkWorld();
    await world.clock.advance(60_000);
    world.observe(topic, world.startMs + 20_000);
    world.observe(topic, world.startMs + 5_000);
    world.oldestUnreadMs[topic] = world.startMs + 30_000;
    expect(await world.reached()).toBe(20_000 - WATERMARK_MS);
  });

  test("never passes the time at which the first unread record was stored", async () => {
    const world = createWatermarkWorld();
    await world.clock.advance(60_000);
    world.observe("payments", world.startMs + 50_000);
    world.oldestUnreadMs.payments = world.startMs + 30_000;
    expect(await world.reached()).toBe(30_000 - WATERMARK_MS);
  });

  test("is the smaller of the two", async () => {
    const world = createWatermarkWorld();
    await world.clock.advance(60_000);
    world.observe("orders", world.startMs + 40_000);
    world.observe("payments", world.startMs + 20_000);
    world.oldestUnreadMs.orders = world.startMs + 50_000;
    world.oldestUnreadMs.payments = world.startMs + 50_000;
    expect(await world.reached()).toBe(20_000 - WATERMARK_MS);
  });

  test("waits where the log cannot tell how old what is unread is", async () => {
    const world = createWatermarkWorld();
    const before = await world.reached();
    world.observe("payments", world.startMs);
    world.oldestUnreadMs.payments = 0;
    await world.clock.advance(HOUR_MS);
    expect(await world.reached()).toBe(before);
  });

  test("is not held back by commands", async () => {
    const world = createWatermarkWorld();
    world.oldestUnreadMs["order-commands"] = world.startMs;
    world.watermarks().observe(0, [{ record: { topic: "order-commands" } as LogRecord, message: cancelOrder() }]);
    await world.clock.advance(60_000);
    expect(await world.reached()).toBe(60_000 - WATERMARK_MS);
  });

  test("tells how far it is behind", async () => {
    const world = createWatermarkWorld();
    await world.reached();
    world.oldestUnreadMs.payments = world.startMs;
    await world.clock.advance(60_000);
    expect((await world.watermarks().advance()).get(0)?.lagMs).toBe(60_000);
  });

  test("does not move back when the clock is set back", async () => {
    const world = createWatermarkWorld();
    const before = await world.reached();
    world.clock.step(-HOUR_MS);
    expect(await world.reached()).toBe(before);
  });

  test("waits as long as a payment may take, after the clock leapt ahead", async () => {
    const world = createWatermarkWorld();
    const before = await world.reached();
    world.clock.step(HOUR_MS);
    expect(await world.reached()).toBe(before);
  });
});

describe("a stored watermark", () => {
  test("is where a restart goes on, although a stream lags and nothing was read yet", async () => {
    const world = createWatermarkWorld();
    await world.clock.advance(60_000);
    const before = await world.reached();
    await world.watermarks().store();
    world.oldestUnreadMs.payments = world.startMs;
    world.restart();
    expect(await world.reached()).toBe(before);
  });

  test("is not taken back by a process that was behind, which learns of it", async () => {
    const world = createWatermarkWorld();
    await world.reached();
    const further = world.startMs + HOUR_MS;
    await world.viewStore.apply([], { reactor: WATERMARK, positions: new Map([[0, further]]) });
    await world.watermarks().store();
    expect(await world.viewStore.checkpoint(WATERMARK)).toEqual(new Map([[0, further]]));
    expect(await world.reachedMs()).toBe(further);
  });

  test("is what a process knows of shards that belong to another", async () => {
    const world = createWatermarkWorld();
    const elsewhere = world.newWatermarks(createOwnedShards());
    expect(await elsewhere.watermarkOf(0)).toBeNull();
    const reachedMs = await world.reachedMs();
    await world.watermarks().store();
    expect(await elsewhere.watermarkOf(0)).toBe(reachedMs);
    expect(await world.watermarks().watermarkOf(0)).toBe(reachedMs);
    expect(await elsewhere.advance()).toEqual(new Map());
  });

  test("is read again after the shard was away", async () => {
    const world = createWatermarkWorld();
    await world.reachedMs();
    world.owned.release(0);
    await world.viewStore.apply([], { reactor: WATERMARK, positions: new Map([[0, world.startMs + HOUR_MS]]) });
    world.owned.take(0);
    expect(await world.reachedMs()).toBe(world.startMs + HOUR_MS);
  });
});

test("whatever happens, it never moves back, and never past what waits unread", async () => {
  const someStream = constantFrom("orders" as const, "payments" as const);
  const action = oneof(
    record({ type: constant("pass" as const), ms: integer({ min: 1, max: 100_000 }) }),
    record({ type: constant("step" as const), ms: constantFrom(HOUR_MS, -HOUR_MS, 90_000, -1) }),
    record({ type: constant("wait" as const), stream: someStream }),
    record({ type: constant("read" as const), stream: someStream, ageMs: integer({ min: -300_000, max: 2_000_000 }) }),
    record({ type: constant("store" as const) }),
    record({ type: constant("restart" as const) }),
  );
  await assert(
    asyncProperty(array(action, { maxLength: 40 }), async (actions) => {
      const world = createWatermarkWorld();
      let highestMs = await world.reachedMs();
      let storedMs = 0;
      for (const step of actions) {
        if (step.type === "pass") await world.clock.advance(step.ms);
        if (step.type === "step") world.clock.step(step.ms);
        if (step.type === "wait") world.oldestUnreadMs[step.stream] ??= world.clock.nowMs();
        if (step.type === "read") {
          world.observe(step.stream, world.clock.nowMs() - step.ageMs);
          world.oldestUnreadMs[step.stream] = null;
        }
        if (step.type === "store") {
          await world.watermarks().store();
          storedMs = highestMs;
        }
        if (step.type === "restart") {
          world.restart();
          highestMs = storedMs;
        }
        const reachedMs = await world.reachedMs();
        expect(reachedMs).toBeGreaterThanOrEqual(highestMs);
        for (const unreadMs of [world.oldestUnreadMs.orders, world.oldestUnreadMs.payments]) {
          if (unreadMs !== null && reachedMs > highestMs)
            expect(reachedMs).toBeLessThanOrEqual(unreadMs - WATERMARK_MS);
        }
        highestMs = reachedMs;
      }
    }),
    { numRuns: 300 },
  );
});
