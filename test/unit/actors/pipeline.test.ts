/** The parts together, on ports in memory: what goes in at the front door comes out as stored facts and mails, once. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pipeline } from "../../../src/actors/pipeline.ts";
import { settled } from "../../support/memory/manual-clock.ts";
import { createScriptedMailer, type MailAnswer } from "../../support/memory/scripted-mailer.ts";
import { CUSTOMER, ITEMS, PAYMENT_WINDOW_MS, TOTAL } from "../../support/order-messages.ts";
import { createPipelineWorld, FAILING_CALLS, WATERMARK_MS } from "../../support/pipeline-world.ts";

const submit = (pipeline: Pipeline, key: string) =>
  pipeline.frontDoor.submit({ customer: CUSTOMER, items: ITEMS, idempotencyKey: key });
const pay = (pipeline: Pipeline, key: string, paymentId = `payment-of-${key}`) =>
  pipeline.frontDoor.pay({ orderId: `order-of-${key}`, paymentId, amount: TOTAL });

describe("an order", () => {
  test("goes from its submission to its mail", async () => {
    const world = createPipelineWorld();
    const pipeline = await world.start();
    await submit(pipeline, "a");
    await pay(pipeline, "a");
    await settled();
    // What orders hear of their mails, lists and published events gather for a moment; the mail did not wait for them.
    expect(world.mailer.sent.map(({ orderId }) => orderId)).toEqual(["order-of-a"]);
    await world.clock.advance(300);
    expect(await pipeline.orderReader.get("order-of-a")).toMatchObject({ status: "emailed", paid: TOTAL });
    const { orders } = await pipeline.orderReader.list({ limit: 10, status: "emailed" });
    expect(orders.map(({ orderId }) => orderId)).toEqual(["order-of-a"]);
    expect(await world.publishedIds()).toEqual([
      "order-of-a:1",
      "order-of-a:2",
      "order-of-a:3",
      "order-of-a:4",
      "order-of-a:5",
      "order-of-a:6",
    ]);
    await pipeline.stop();
  });

  test("whose mail cannot be claimed as it is queued gets it a moment later", async () => {
    const open = Promise.withResolvers<MailAnswer>();
    const mailer = createScriptedMailer([open.promise, open.promise, open.promise, open.promise]);
    const world = createPipelineWorld({ mailer });
    const pipeline = await world.start();
    for (const key of ["a", "b", "c", "d", "e", "f"]) {
      await submit(pipeline, key);
      await pay(pipeline, key);
    }
    // New mails wait a moment for more room than one place.
    await world.clock.advance(200);
    // The four that may be open at once are.
    expect(mailer.openNow()).toBe(4);
    open.resolve({ type: "accepted", response: "250 OK" });
    await settled();
    await world.clock.advance(100);
    expect(new Set(mailer.sent.map(({ orderId }) => orderId)).size).toBe(6);
    expect(mailer.sent).toHaveLength(6);
    expect(mailer.mostOpen()).toBe(4);
    await pipeline.stop();
  });

  test("that nobody pays expires after its window and the watermark, and money that comes then is refund due", async () => {
    const world = createPipelineWorld();
    const pipeline = await world.start();
    await submit(pipeline, "a");
    await world.clock.advance(PAYMENT_WINDOW_MS + WATERMARK_MS - 1_000);
    expect(await pipeline.orderReader.get("order-of-a")).toMatchObject({ status: "received" });
    await world.clock.advance(2_000);
    expect(await pipeline.orderReader.get("order-of-a")).toMatchObject({ status: "expired" });
    await pay(pipeline, "a");
    await settled();
    expect(await pipeline.orderReader.get("order-of-a")).toMatchObject({ status: "expired", refundDue: [TOTAL] });
    expect(world.mailer.sent).toEqual([]);
    await pipeline.stop();
  });

  test("that is cancelled before it is paid stays cancelled", async () => {
    const world = createPipelineWorld();
    const pipeline = await world.start();
    await submit(pipeline, "a");
    expect(await pipeline.frontDoor.cancel({ orderId: "order-of-a", reason: null })).toMatchObject({
      type: "accepted",
    });
    await settled();
    expect(await pipeline.orderReader.get("order-of-a")).toMatchObject({ status: "cancelled" });
    await pipeline.stop();
  });
});

describe("a pipeline that is stopped and started again", () => {
  test("carries on where it was, and mails and publishes nothing twice", async () => {
    const world = createPipelineWorld();
    const first = await world.start();
    await submit(first, "a");
    await pay(first, "a");
    await submit(first, "b");
    await settled();
    await Promise.all([first.stop(), first.stop()]);
    expect(first.isWorking()).toBe(false);
    expect(world.mailer.isStopped()).toBe(true);

    const second = await world.start();
    await pay(second, "b");
    await pay(second, "a");
    await world.clock.advance(5_000);
    expect(world.mailer.sent.map(({ orderId }) => orderId).toSorted()).toEqual(["order-of-a", "order-of-b"]);
    const published = await world.publishedIds();
    expect(new Set(published).size).toBe(published.length);
    await second.stop();
  });

  test("has listed and published all that it stored before it ends, when nobody else would", async () => {
    const world = createPipelineWorld();
    const pipeline = await world.start();
    await submit(pipeline, "a");
    await pay(pipeline, "a");
    await settled();
    // Lists and events still wait for company then.
    expect(await world.publishedIds()).toEqual([]);
    await pipeline.stop();
    expect(await world.publishedIds()).toEqual([1, 2, 3, 4, 5].map((sequence) => `order-of-a:${sequence}`));
    const { orders } = await pipeline.orderReader.list({ limit: 10 });
    expect(orders).toMatchObject([{ orderId: "order-of-a", status: "confirmed" }]);
    expect(world.mailer.sent.map(({ orderId }) => orderId)).toEqual(["order-of-a"]);
  });

  test("takes what was put into the log while it was stopping", async () => {
    const world = createPipelineWorld();
    const first = await world.start();
    await first.stop();
    await submit(first, "a");
    await pay(first, "a");
    const second = await world.start();
    await world.clock.advance(100);
    expect(await second.orderReader.get("order-of-a")).toMatchObject({ status: "emailed" });
    await second.stop();
  });
});

test("its reactors have no lag once everything is done", async () => {
  const world = createPipelineWorld();
  const pipeline = await world.start();
  await submit(pipeline, "a");
  await world.clock.advance(300);
  const lags = await pipeline.reactorLag();
  expect(lags).toHaveLength(8);
  expect(lags.every(({ commits }) => commits === 0)).toBe(true);
  expect(pipeline.liveOrders()).toBe(1);
  await pipeline.stop();
});

describe("a pipeline whose ports fail at times", () => {
  const fault = fc.record({ call: fc.constantFrom(...FAILING_CALLS), when: fc.constantFrom("before", "after") });
  const plan = fc.record({
    orders: fc.integer({ min: 1, max: 6 }),
    faults: fc.array(fault, { maxLength: 12 }),
    mailAnswers: fc.array(fc.constantFrom("accepted", "deferred"), { maxLength: 6 }),
  });

  test("still mails every order that was acknowledged and paid once, and books its money once", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ orders, faults, mailAnswers }) => {
        const mailer = createScriptedMailer(mailAnswers.map((type) => ({ type, response: "as planned" })));
        const world = createPipelineWorld({ mailer });
        const pipeline = await world.start();
        const keys = Array.from({ length: orders }, (_, i) => `key-${i}`);
        for (const { call, when } of faults) world.fail(call, when);
        for (const key of keys) {
          await untilAcknowledged(world.clock, () => submit(pipeline, key));
          await untilAcknowledged(world.clock, () => pay(pipeline, key));
        }
        // Longer than a lease, for a claim whose reply was lost is given up only then.
        await world.clock.advance(200_000);

        for (const key of keys) {
          const order = await pipeline.orderReader.get(`order-of-${key}`);
          expect(order).toMatchObject({ status: "emailed", paid: TOTAL, money: "settled" });
        }
        const { orders: listed } = await pipeline.orderReader.list({ limit: 100 });
        for (const order of listed) expect(order).toEqual(await pipeline.orderReader.get(order.orderId));
        expect(listed).toHaveLength(orders);
        const delivered = mailer.sent.filter((_, i) => (mailAnswers[i] ?? "accepted") === "accepted");
        expect(new Set(delivered.map(({ orderId }) => orderId)).size).toBe(orders);
        expect(delivered).toHaveLength(orders);
        await pipeline.stop();
      }),
      { numRuns: 40 },
    );
  });
});

async function untilAcknowledged(
  clock: { advance(ms: number): Promise<void> },
  call: () => Promise<unknown>,
): Promise<void> {
  for (let isDone = false; !isDone; ) {
    isDone = await call().then(
      () => true,
      () => false,
    );
    await clock.advance(50);
  }
}
