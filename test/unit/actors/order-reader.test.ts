import { describe, expect, test } from "vitest";
import { reachedOrPassed } from "../../../src/actors/order-reader.ts";
import type { ShownStatus } from "../../../src/actors/order-view.ts";
import { shardOf } from "../../../src/actors/sharding.ts";
import { createFrontDoorWorld } from "../../support/front-door-world.ts";
import { settled } from "../../support/memory/manual-clock.ts";
import {
  CUSTOMER,
  euros,
  ITEMS,
  receivePayment,
  recordMail,
  submitOrder,
  TOTAL,
} from "../../support/order-messages.ts";
import { orderIdOn } from "../../support/worker-world.ts";

const KEYED = { customer: CUSTOMER, items: ITEMS, idempotencyKey: "key" };
const ORDER_ID = "order-of-key";
const unknownOrderOn = (shard: number) => orderIdOn(shard, 2, "unknown");
const NO_ABORT = new AbortController().signal;

describe("an order that was answered", () => {
  test("reads accepted until its shard has come to it, and is never unknown", async () => {
    const world = await createFrontDoorWorld();
    await world.frontDoor.submit(KEYED);
    expect(await world.reader.get(ORDER_ID)).toMatchObject({
      orderId: ORDER_ID,
      status: "accepted",
      total: TOTAL,
      version: 0,
    });
    expect(await world.reader.timeline(ORDER_ID)).toEqual([]);
    const accepted = await world.reader.get(ORDER_ID);
    expect(accepted?.items[0]).toMatchObject({ name: expect.any(String), unitPriceMinor: expect.any(Number) });
    await world.process();
    // Names and prices are there from the first answer on, and stay.
    expect(await world.reader.get(ORDER_ID)).toMatchObject({ status: "received", version: 1, items: accepted?.items });
  });

  test("reads accepted though its payment was there first", async () => {
    const world = await createFrontDoorWorld();
    await world.produce(receivePayment({ orderId: ORDER_ID }));
    await world.process();
    expect(await world.reader.get(ORDER_ID)).toMatchObject({ status: "awaitingOrder" });
    await world.frontDoor.submit(KEYED);
    expect(await world.reader.get(ORDER_ID)).toMatchObject({ status: "accepted" });
    await world.process();
    expect(await world.reader.get(ORDER_ID)).toMatchObject({ status: "confirmed", paid: TOTAL });
  });

  test("by another process is submitted, though its payment was there first", async () => {
    const world = await createFrontDoorWorld();
    await world.produce(receivePayment());
    await world.process();
    await world.produce(submitOrder());
    const found = world.reader.get("order-1");
    const cancelled = world.frontDoor.cancel({ orderId: "order-1", reason: null });
    await world.clock.advance(100);
    await world.process();
    await world.clock.advance(100);
    expect(await found).toMatchObject({ status: "confirmed" });
    expect(await cancelled).toMatchObject({ type: "refused", code: "order_not_cancellable" });
  });

  test("by another process is found once its shard has been read", async () => {
    const world = await createFrontDoorWorld();
    await world.produce(submitOrder());
    const found = world.reader.get("order-1");
    await world.clock.advance(100);
    await world.process();
    await world.clock.advance(100);
    expect(await found).toMatchObject({ status: "received" });
  });
});

describe("an order that nobody knows", () => {
  test("is unknown at once when nothing waits in its inbox", async () => {
    const world = await createFrontDoorWorld();
    expect(await world.reader.get("order-1")).toBeNull();
    expect(await world.reader.timeline("order-1")).toBeNull();
    expect(await world.reader.waitFor("order-1", "emailed", 30_000, NO_ABORT)).toBeNull();
  });

  test("costs the log one question when nothing waits, and few while its shard stays behind", async () => {
    const world = await createFrontDoorWorld();
    await world.reader.get("order-1");
    expect(world.log.calls("inboxLag")).toBe(1);
    await world.produce(submitOrder());
    const asked = expect(world.reader.get("order-1")).rejects.toMatchObject({ code: "log_unavailable" });
    await world.clock.advance(6_000);
    await asked;
    expect(world.log.calls("inboxLag")).toBeLessThan(25);
  });

  test("cannot be told unknown while its shard is behind", async () => {
    const world = await createFrontDoorWorld();
    await world.produce(submitOrder());
    const asked = expect(world.reader.get("order-1")).rejects.toMatchObject({
      code: "log_unavailable",
      retryable: true,
    });
    await world.clock.advance(6_000);
    await asked;
  });

  test("is waited for only on its own shard, and only for what was there when it was asked for", async () => {
    const world = await createFrontDoorWorld();
    await world.produce(submitOrder({ orderId: "order-1" }));
    await world.process();
    await world.produce(submitOrder({ orderId: "order-1" }));
    const shard = shardOf("order-1", world.shards);
    const asked = world.reader.get(unknownOrderOn(shard));
    expect(await world.reader.get(unknownOrderOn(1 - shard))).toBeNull();
    await world.clock.advance(100);
    await world.process();
    await world.produce(submitOrder({ orderId: "order-1" }));
    await world.clock.advance(100);
    expect(await asked).toBeNull();
  });
});

describe("waiting for an order", () => {
  test("ends as soon as it reaches or passes the status", async () => {
    const world = await createFrontDoorWorld();
    await world.frontDoor.submit(KEYED);
    const waited = world.reader.waitFor(ORDER_ID, "paid", 30_000, NO_ABORT);
    await world.process();
    await settled();
    await world.produce(receivePayment({ orderId: ORDER_ID }));
    await world.process();
    expect(await waited).toMatchObject({ status: "confirmed" });
  });

  test("ends with the order as it is when the time is over", async () => {
    const world = await createFrontDoorWorld();
    await world.frontDoor.submit(KEYED);
    await world.process();
    let isOver = false;
    const waited = world.reader.waitFor(ORDER_ID, "emailed", 10_000, NO_ABORT).finally(() => {
      isOver = true;
    });
    await world.clock.advance(9_999);
    expect(isOver).toBe(false);
    await world.clock.advance(1);
    expect(await waited).toMatchObject({ status: "received" });
  });

  test("ends when the one who waits has gone", async () => {
    const world = await createFrontDoorWorld();
    await world.frontDoor.submit(KEYED);
    const gone = new AbortController();
    const waited = world.reader.waitFor(ORDER_ID, "emailed", 30_000, gone.signal);
    await settled();
    gone.abort();
    expect(await waited).toMatchObject({ status: "accepted" });
  });

  test("ends at once when the order can never come there any more", async () => {
    const world = await createFrontDoorWorld();
    await world.produce(submitOrder(), receivePayment({ amount: euros(1) }));
    await world.process();
    expect(await world.reader.waitFor("order-1", "emailed", 30_000, NO_ABORT)).toMatchObject({ status: "rejected" });
  });

  test.each<[ShownStatus, ShownStatus, boolean]>([
    ["accepted", "accepted", true],
    ["accepted", "received", false],
    ["awaitingOrder", "received", false],
    ["received", "accepted", true],
    ["confirmed", "paid", true],
    ["confirmed", "emailed", false],
    ["emailed", "emailed", true],
    ["rejected", "emailed", true],
    ["expired", "paid", true],
    ["received", "cancelled", false],
    ["emailed", "cancelled", true],
  ])("an order that is %s, for %s: over is %s", (status, until, isOver) => {
    expect(reachedOrPassed({ status, reason: null }, until)).toBe(isOver);
  });

  test("an order whose mail was refused for good will never be emailed, and nobody has to wait for it", () => {
    expect(reachedOrPassed({ status: "confirmed", reason: "550 no such user" }, "emailed")).toBe(true);
  });
});

test("one who has waited leaves no watcher behind", async () => {
  const world = await createFrontDoorWorld();
  await world.frontDoor.submit(KEYED);
  const waits = [1_000, 2_000].map((waitMs) => world.reader.waitFor(ORDER_ID, "emailed", waitMs, NO_ABORT));
  await settled();
  expect(world.watchers()).toBe(2);
  await world.clock.advance(2_000);
  await Promise.all(waits);
  expect(world.watchers()).toBe(0);
});

test("the timeline holds every event with its number, time and cause", async () => {
  const world = await createFrontDoorWorld();
  await world.produce(submitOrder());
  await world.process();
  await world.clock.advance(60_000);
  await world.produce(receivePayment());
  await world.process();
  const timeline = (await world.reader.timeline("order-1")) ?? [];
  expect(timeline.map(({ sequence, type, occurredAt, causeId }) => [sequence, type, occurredAt, causeId])).toEqual([
    [1, "OrderReceived", "2026-01-05T12:00:00.000Z", "order:order-1"],
    [2, "PaymentReceived", "2026-01-05T12:01:00.000Z", "payment:payment-1"],
    [3, "OrderPaid", "2026-01-05T12:01:00.000Z", "payment:payment-1"],
    [4, "OrderValidated", "2026-01-05T12:01:00.000Z", "payment:payment-1"],
    [5, "OrderConfirmed", "2026-01-05T12:01:00.000Z", "payment:payment-1"],
  ]);
  expect(timeline[1]?.data).toMatchObject({ paymentId: "payment-1", amount: TOTAL });
});

describe("the mails of an order", () => {
  test("are those that the ledger has, and no other order's", async () => {
    const world = await createFrontDoorWorld();
    for (const orderId of ["order-1", "order-2"]) {
      await world.produce(submitOrder({ orderId }), receivePayment({ orderId, paymentId: `payment-of-${orderId}` }));
    }
    await world.process();
    await world.project();
    expect(await world.reader.mails("order-1")).toMatchObject([{ orderId: "order-1", state: "queued", attempts: [] }]);
  });

  test("are none while the order is only accepted, and unknown when the order is", async () => {
    const world = await createFrontDoorWorld();
    await world.frontDoor.submit(KEYED);
    expect(await world.reader.mails(ORDER_ID)).toEqual([]);
    expect(await world.reader.mails("order-1")).toBeNull();
  });
});

test("those who watch an order are called after each of its commits until they close", async () => {
  const world = await createFrontDoorWorld();
  let changes = 0;
  const subscription = world.reader.watch("order-1", () => {
    changes += 1;
  });
  await world.produce(submitOrder(), submitOrder({ orderId: "order-2" }));
  await world.process();
  expect(changes).toBe(1);
  subscription.close();
  subscription.close();
  await world.produce(receivePayment());
  await world.process();
  expect(changes).toBe(1);
});

describe("the list of orders", () => {
  async function createListedWorld(count: number) {
    const world = await createFrontDoorWorld();
    const add = async (orderId: string, email: string) => {
      await world.produce(submitOrder({ orderId, customer: { name: orderId, email } }));
      await world.process();
      await world.clock.advance(1_000);
    };
    for (let i = 1; i <= count; i++) await add(`order-${i}`, i % 2 === 0 ? "even@example.org" : "Odd@Example.org");
    await world.project();
    return { ...world, add };
  }
  const idsOf = (page: { orders: readonly { orderId: string }[] }) => page.orders.map(({ orderId }) => orderId);

  test("begins with the newest and says when there is no more", async () => {
    const world = await createListedWorld(3);
    const page = await world.reader.list({ limit: 3 });
    expect(idsOf(page)).toEqual(["order-3", "order-2", "order-1"]);
    expect(page.next).toBeNull();
  });

  test("pages through every order once, while others come in", async () => {
    const world = await createListedWorld(7);
    const seen: string[] = [];
    let page = await world.reader.list({ limit: 3 });
    for (seen.push(...idsOf(page)); page.next !== null; seen.push(...idsOf(page))) {
      await world.add(`late-${seen.length}`, "late@example.org");
      await world.project();
      page = await world.reader.list({ limit: 3, after: page.next });
    }
    expect(seen).toEqual(["order-7", "order-6", "order-5", "order-4", "order-3", "order-2", "order-1"]);
  });

  test("pages through orders of the same moment, too", async () => {
    const world = await createFrontDoorWorld();
    const ids = ["order-1", "order-2", "order-3", "order-4", "order-5"];
    await world.produce(...ids.map((orderId) => submitOrder({ orderId })));
    await world.process();
    await world.project();
    const first = await world.reader.list({ limit: 2 });
    const second = await world.reader.list({ limit: 2, after: first.next ?? { receivedAtMs: 0, orderId: "" } });
    const third = await world.reader.list({ limit: 2, after: second.next ?? { receivedAtMs: 0, orderId: "" } });
    expect([...idsOf(first), ...idsOf(second), ...idsOf(third)].toSorted()).toEqual(ids);
    expect(third.next).toBeNull();
  });

  test("can be narrowed to a status and to an e-mail address in any case", async () => {
    const world = await createListedWorld(4);
    await world.produce(receivePayment({ orderId: "order-2" }), recordMail({ orderId: "order-2" }));
    await world.process();
    await world.project();
    expect(idsOf(await world.reader.list({ limit: 10, status: "received" }))).toEqual([
      "order-4",
      "order-3",
      "order-1",
    ]);
    expect(idsOf(await world.reader.list({ limit: 10, customerEmail: "ODD@example.ORG" }))).toEqual([
      "order-3",
      "order-1",
    ]);
    expect(
      idsOf(await world.reader.list({ limit: 10, customerEmail: "even@example.org", status: "received" })),
    ).toEqual(["order-4"]);
  });
});
