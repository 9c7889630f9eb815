/** Deadlines through the whole pipeline: what counts, what comes late, and what clocks, restarts and lags do to it. */
import { describe, expect, test } from "vitest";
import type { Pipeline } from "../../../src/actors/pipeline.ts";
import { MAX_AHEAD_MS } from "../../../src/domain/event-time.ts";
import { settled } from "../../support/memory/manual-clock.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { CUSTOMER, ITEMS, PAYMENT_WINDOW_MS, TOTAL } from "../../support/order-messages.ts";
import { createPipelineWorld, WATERMARK_MS } from "../../support/pipeline-world.ts";

const HOUR_MS = 3_600_000;

/** A pipeline with one order that waits for its payment. */
async function createDeadlineWorld() {
  const world = createPipelineWorld();
  let pipeline: Pipeline = await world.start();
  const submittedMs = world.clock.nowMs();
  const submitted = await pipeline.frontDoor.submit({ customer: CUSTOMER, items: ITEMS });
  if (submitted.type !== "accepted") throw new Error(submitted.detail);
  const { orderId } = submitted;
  await world.clock.advance(1_000);
  return {
    ...world,
    orderId,
    deadlineMs: submittedMs + PAYMENT_WINDOW_MS,
    pipeline: () => pipeline,
    async restart(): Promise<void> {
      await pipeline.stop();
      pipeline = await world.start();
    },
    async stop(): Promise<void> {
      await pipeline.stop();
    },
    async startAgain(): Promise<void> {
      pipeline = await world.start();
    },
    /** A payment that was made at an instant arrives now. */
    async pay(paidMs: number, amount = TOTAL): Promise<void> {
      const paidAt = new Date(paidMs).toISOString();
      const payment = { type: "ReceivePayment", orderId, paymentId: "payment-1", amount, paidAt } as const;
      await world.ports.log.produce([plainCodec.encode(payment)]);
      await settled();
    },
    async status(): Promise<string | undefined> {
      return (await pipeline.orderReader.get(orderId))?.status;
    },
    view: () => pipeline.orderReader.get(orderId),
  };
}

describe("a payment", () => {
  test.each([
    ["one millisecond before the deadline", -1, "emailed"],
    ["exactly at the deadline", 0, "emailed"],
    ["one millisecond after the deadline", 1, "expired"],
  ])("that was made %s ends in an order that is settled so", async (_, afterMs, status) => {
    const world = await createDeadlineWorld();
    await world.clock.advance(PAYMENT_WINDOW_MS + 30_000);
    await world.pay(world.deadlineMs + afterMs);
    await world.clock.advance(WATERMARK_MS + 2_000);
    expect(await world.status()).toBe(status);
  });

  test("that was made in time counts up to the last moment before the watermark passes", async () => {
    const world = await createDeadlineWorld();
    await world.clock.advance(world.deadlineMs + WATERMARK_MS - world.clock.nowMs());
    await world.pay(world.deadlineMs);
    await world.clock.advance(2_000);
    expect(await world.status()).toBe("emailed");
  });

  test("that comes after its order expired does not revive it, and all of it must go back", async () => {
    const world = await createDeadlineWorld();
    await world.clock.advance(PAYMENT_WINDOW_MS + WATERMARK_MS + 2_000);
    expect(await world.status()).toBe("expired");
    await world.pay(world.deadlineMs);
    await world.clock.advance(1_000);
    expect(await world.view()).toMatchObject({ status: "expired", money: "refundDue", refundDue: [TOTAL] });
  });

  test("of a time that nobody can believe counts as of when it came", async () => {
    const world = await createDeadlineWorld();
    await world.pay(world.clock.nowMs() + MAX_AHEAD_MS + 1);
    await world.clock.advance(1_000);
    expect(await world.status()).toBe("emailed");
    expect(world.metrics.count("error", "implausible_time", "worker")).toBe(1);
    expect(await world.deadLetters()).toEqual([]);
  });
});

describe("an order that is not paid", () => {
  test("expires once the watermark has passed its deadline, in a shop in which nothing else happens", async () => {
    const world = await createDeadlineWorld();
    await world.clock.advance(world.deadlineMs + WATERMARK_MS - world.clock.nowMs());
    expect(await world.status()).toBe("received");
    await world.clock.advance(1_000);
    expect(await world.status()).toBe("expired");
  });

  test("expires after a restart", async () => {
    const world = await createDeadlineWorld();
    await world.clock.advance(PAYMENT_WINDOW_MS);
    await world.restart();
    await world.clock.advance(WATERMARK_MS + 2_000);
    expect(await world.status()).toBe("expired");
  });

  test("expires once, although the process stops between the message and its end", async () => {
    const world = await createDeadlineWorld();
    world.fail("eventStore.append", "after");
    await world.clock.advance(PAYMENT_WINDOW_MS + WATERMARK_MS + 2_000);
    await world.restart();
    await world.clock.advance(120_000);
    const types = (await world.pipeline().orderReader.timeline(world.orderId))?.map(({ type }) => type);
    expect(types).toEqual(["OrderReceived", "OrderExpired"]);
  });

  test("does not expire while payments wait unread, though the clock leaps ahead by an hour", async () => {
    const world = await createDeadlineWorld();
    await world.stop();
    await world.pay(world.clock.nowMs());
    world.clock.step(HOUR_MS);
    await world.startAgain();
    await world.clock.advance(2_000);
    expect(await world.status()).toBe("emailed");
  });

  test("keeps its whole window when the clock leaps ahead by an hour", async () => {
    const world = await createDeadlineWorld();
    world.clock.step(HOUR_MS);
    await world.clock.advance(WATERMARK_MS - 2_000);
    expect(await world.status()).toBe("received");
    await world.pay(world.deadlineMs);
    await world.clock.advance(2_000);
    expect(await world.status()).toBe("emailed");
  });

  test("expires after such a leap as well, once the clock has run steadily", async () => {
    const world = await createDeadlineWorld();
    world.clock.step(HOUR_MS);
    await world.clock.advance(WATERMARK_MS + 5_000);
    expect(await world.status()).toBe("expired");
  });

  test("that came after the clock was set back by an hour has its whole window, and then expires", async () => {
    const world = await createDeadlineWorld();
    await world.clock.advance(PAYMENT_WINDOW_MS + WATERMARK_MS + 2_000);
    world.clock.step(-HOUR_MS);
    const submitted = await world.pipeline().frontDoor.submit({ customer: CUSTOMER, items: ITEMS });
    const { orderId } = submitted as { orderId: string };
    await world.clock.advance(PAYMENT_WINDOW_MS + WATERMARK_MS - 1_000);
    expect((await world.pipeline().orderReader.get(orderId))?.status).toBe("received");
    await world.clock.advance(3_000);
    expect((await world.pipeline().orderReader.get(orderId))?.status).toBe("expired");
  });
});

test("the pipeline tells the watermark of its shards", async () => {
  const world = await createDeadlineWorld();
  const nowMs = world.clock.nowMs();
  const watermarks = await world.pipeline().watermarks();
  expect(watermarks).toEqual([0, 1].map((shard) => ({ shard, watermarkMs: nowMs - WATERMARK_MS, lagMs: 0 })));
  expect(await world.pipeline().watermarkOf(1)).toBe(nowMs - WATERMARK_MS);
});
