import { describe, expect, test } from "vitest";
import { createAcceptedOrders } from "../../../src/actors/accepted-orders.ts";
import { createFrontDoorWorld } from "../../support/front-door-world.ts";
import { settled } from "../../support/memory/manual-clock.ts";
import {
  CATALOGUE,
  CUSTOMER,
  cancelOrder,
  euros,
  ITEMS,
  receivePayment,
  recordRefund,
  submitOrder,
  TOTAL,
} from "../../support/order-messages.ts";

const REQUEST = { customer: CUSTOMER, items: ITEMS };
const KEYED = { ...REQUEST, idempotencyKey: "key" };
const ORDER_ID = "order-of-key";
const ACCEPTED = { type: "accepted", orderId: ORDER_ID, status: "accepted", total: TOTAL };

describe("a submission", () => {
  test("is in the log, with the price that the customer was told, before it is answered", async () => {
    const world = await createFrontDoorWorld();
    expect(await world.frontDoor.submit(KEYED)).toEqual(ACCEPTED);
    expect(await world.inbox()).toEqual([submitOrder({ orderId: ORDER_ID, quotedTotal: TOTAL })]);
  });

  test("without a key is an order of its own each time", async () => {
    const world = await createFrontDoorWorld();
    const answers = [await world.frontDoor.submit(REQUEST), await world.frontDoor.submit(REQUEST)];
    expect(new Set(answers.map((answer) => answer.type === "accepted" && answer.orderId)).size).toBe(2);
    expect(await world.inbox()).toHaveLength(2);
  });

  test.each([
    ["an item that is not on the menu", [{ sku: "pizza-hawaii", quantity: 1 }], "unknown_item"],
    ["more than can be counted", [{ sku: "tiramisu", quantity: Number.MAX_SAFE_INTEGER }], "total_too_large"],
  ])("of %s is refused and leaves nothing behind", async (_, items, code) => {
    const world = await createFrontDoorWorld();
    expect(await world.frontDoor.submit({ ...KEYED, items })).toMatchObject({ type: "refused", code });
    expect(await world.inbox()).toEqual([]);
    expect(await world.frontDoor.submit(KEYED)).toEqual(ACCEPTED);
  });
});

describe("a key that is used again", () => {
  test("twenty times at once makes one order and gives one answer", async () => {
    const world = await createFrontDoorWorld();
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.frontDoor.submit(KEYED)));
    expect(answers).toEqual(Array.from({ length: 20 }, () => ACCEPTED));
    expect(world.log.calls("produce")).toBe(1);
  });

  test.each([
    ["before the order is processed", async () => {}],
    ["after the order is processed", async (world: World) => world.process()],
    [
      "after a restart",
      async (world: World) => {
        await world.process();
        world.forgetAccepted();
      },
    ],
  ])("%s gives the answer of the first time", async (_, meanwhile) => {
    const world = await createFrontDoorWorld();
    await world.frontDoor.submit(KEYED);
    await meanwhile(world);
    expect(await world.frontDoor.submit(KEYED)).toEqual(ACCEPTED);
    expect(await world.inbox()).toHaveLength(1);
  });

  test("gives the first answer even when prices have changed", async () => {
    const world = await createFrontDoorWorld();
    await world.frontDoor.submit(KEYED);
    await world.process();
    world.forgetAccepted();
    const items = CATALOGUE.items.map((item) => ({ ...item, priceMinor: item.priceMinor + 100 }));
    const dearer = world.createFrontDoor({ catalogue: { ...CATALOGUE, items } });
    expect(await dearer.submit(KEYED)).toEqual(ACCEPTED);
  });

  test.each([
    ["at once", async () => {}],
    [
      "after a restart",
      async (world: World) => {
        await world.process();
        world.forgetAccepted();
      },
    ],
  ])("with another content %s is refused", async (_, meanwhile) => {
    const world = await createFrontDoorWorld();
    await world.frontDoor.submit(KEYED);
    await meanwhile(world);
    const changed = { ...KEYED, customer: { ...CUSTOMER, name: "Eve" } };
    expect(await world.frontDoor.submit(changed)).toMatchObject({ type: "refused", code: "idempotency_key_reused" });
    expect(await world.inbox()).toHaveLength(1);
  });

  test("at the same moment with two contents makes one order and refuses the other", async () => {
    const world = await createFrontDoorWorld();
    const other = { ...KEYED, items: ITEMS.slice(0, 1) };
    const answers = await Promise.all([world.frontDoor.submit(KEYED), world.frontDoor.submit(other)]);
    expect(answers).toMatchObject([ACCEPTED, { type: "refused", code: "idempotency_key_reused" }]);
    expect(world.log.calls("produce")).toBe(1);
  });

  test("after a failure is not taken for a repeat: the second try counts", async () => {
    const world = await createFrontDoorWorld();
    world.log.fail("produce", "before");
    await expect(world.frontDoor.submit(KEYED)).rejects.toMatchObject({ retryable: true });
    expect(await world.reader.get(ORDER_ID)).toBeNull();
    expect(await world.frontDoor.submit(KEYED)).toEqual(ACCEPTED);
    expect(await world.inbox()).toHaveLength(1);
  });

  test("while the first one fails tells everyone who waits that it failed", async () => {
    const world = await createFrontDoorWorld();
    world.log.fail("produce", "before");
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => world.frontDoor.submit(KEYED)));
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "rejected"));
  });

  test("after a lost reply makes one order, though the log holds it twice", async () => {
    const world = await createFrontDoorWorld();
    world.log.fail("produce", "after");
    await expect(world.frontDoor.submit(KEYED)).rejects.toMatchObject({ retryable: true });
    await world.frontDoor.submit(KEYED);
    expect(await world.inbox()).toHaveLength(2);
    await world.process();
    expect(await world.reader.get(ORDER_ID)).toMatchObject({ status: "received", version: 1 });
    expect(await world.reader.timeline(ORDER_ID)).toHaveLength(1);
  });
});

type World = Awaited<ReturnType<typeof createFrontDoorWorld>>;

describe("a payment", () => {
  const PAYMENT = { orderId: "order-1", paymentId: "payment-1", amount: TOTAL };

  test("is taken for an order that nobody knows yet, and counts from now unless it says when", async () => {
    const world = await createFrontDoorWorld();
    await world.clock.advance(5_000);
    expect(await world.frontDoor.pay(PAYMENT)).toEqual({ type: "accepted" });
    await world.frontDoor.pay({ ...PAYMENT, paidAt: "2026-01-05T11:00:00.000Z" });
    expect(await world.inbox()).toEqual([
      receivePayment({ paidAt: "2026-01-05T12:00:05.000Z" }),
      receivePayment({ paidAt: "2026-01-05T11:00:00.000Z" }),
    ]);
  });

  test("is a part only where somebody says so", async () => {
    const world = await createFrontDoorWorld();
    await world.frontDoor.pay({ orderId: "order-1", paymentId: "payment-1", amount: TOTAL });
    await world.frontDoor.pay({ orderId: "order-1", paymentId: "payment-2", amount: TOTAL, partial: true });
    const [whole, part] = await world.inbox();
    expect(whole).not.toHaveProperty("partial");
    expect(part).toMatchObject({ paymentId: "payment-2", partial: true });
  });

  test("whose storing fails is not acknowledged", async () => {
    const world = await createFrontDoorWorld();
    world.log.fail("produce", "before");
    await expect(world.frontDoor.pay(PAYMENT)).rejects.toMatchObject({ retryable: true });
  });
});

describe("a refund", () => {
  const REFUND = { orderId: "order-1", refundId: "refund-1", amount: TOTAL };

  async function createOwingWorld(): Promise<World> {
    const world = await createFrontDoorWorld();
    await world.produce(submitOrder(), cancelOrder());
    await world.process();
    await world.produce(receivePayment());
    await world.process();
    return world;
  }

  test("of money that is due is taken", async () => {
    const world = await createOwingWorld();
    expect(await world.frontDoor.refund(REFUND)).toEqual({ type: "accepted" });
    expect(await world.inbox()).toContainEqual(recordRefund());
  });

  test("that is known already is taken again, though nothing is due any more", async () => {
    const world = await createOwingWorld();
    await world.frontDoor.refund(REFUND);
    await world.process();
    expect(await world.frontDoor.refund(REFUND)).toEqual({ type: "accepted" });
  });

  test("whose id came before with another amount is refused", async () => {
    const world = await createOwingWorld();
    await world.frontDoor.refund({ ...REFUND, amount: euros(100) });
    await world.process();
    const answer = await world.frontDoor.refund({ ...REFUND, amount: euros(200) });
    expect(answer).toMatchObject({ type: "refused", code: "refund_id_reused" });
  });

  test.each([
    ["for an order that nobody knows", { ...REFUND, orderId: "order-2" }, "order_not_found"],
    ["beyond what came in", { ...REFUND, amount: euros(2_451) }, "refund_exceeds_received"],
    ["in another currency", { ...REFUND, amount: { ...TOTAL, currency: "USD" } }, "refund_exceeds_received"],
  ])("%s is refused", async (_, refund, code) => {
    const world = await createOwingWorld();
    const before = (await world.inbox()).length;
    expect(await world.frontDoor.refund(refund)).toMatchObject({ type: "refused", code });
    expect(await world.inbox()).toHaveLength(before);
  });
});

test("after a restart a key is answered only once its order can be known", async () => {
  const world = await createFrontDoorWorld();
  await world.produce(submitOrder({ orderId: ORDER_ID }));
  const restarted = world.createFrontDoor({ accepted: createAcceptedOrders(10), hasCaughtUp: () => false });
  const answer = restarted.submit({ ...KEYED, customer: { ...KEYED.customer, name: "Somebody else" } });
  await world.process();
  await world.clock.advance(1_000);
  expect(await answer).toMatchObject({ type: "refused", code: "idempotency_key_reused" });
});

test("a refund of money that the order keeps is taken, up to what it keeps", async () => {
  const world = await createFrontDoorWorld();
  await world.produce(submitOrder(), receivePayment());
  await world.process();
  const refund = { orderId: "order-1", refundId: "refund-1", amount: euros(1_000) };
  expect(await world.frontDoor.refund(refund)).toEqual({ type: "accepted" });
  await world.process();
  const answer = await world.frontDoor.refund({ ...refund, refundId: "refund-2", amount: euros(1_451) });
  const detail = "no more than 14.50 EUR of what the order received can go back";
  expect(answer).toEqual({ type: "refused", code: "refund_exceeds_received", detail });
});

test("a refund for an order that is only accepted is refused, for nothing has come in yet", async () => {
  const world = await createFrontDoorWorld();
  await world.frontDoor.submit(KEYED);
  const answer = await world.frontDoor.refund({ orderId: ORDER_ID, refundId: "refund-1", amount: euros(1) });
  expect(answer).toMatchObject({ type: "refused", code: "refund_exceeds_received" });
});

describe("a cancellation", () => {
  test("of an order that waits for its payment is taken", async () => {
    const world = await createFrontDoorWorld();
    await world.produce(submitOrder());
    await world.process();
    const answer = await world.frontDoor.cancel({ orderId: "order-1", reason: "too late" });
    const commandId = answer.type === "accepted" ? answer.commandId : expect.unreachable();
    expect(await world.inbox()).toContainEqual(cancelOrder({ commandId, reason: "too late" }));
  });

  test("waits until its order is processed, so that it cannot overtake it", async () => {
    const world = await createFrontDoorWorld();
    await world.frontDoor.submit(KEYED);
    const cancelled = world.frontDoor.cancel({ orderId: ORDER_ID, reason: null });
    await settled();
    expect((await world.inbox()).map(({ type }) => type)).toEqual(["SubmitOrder"]);
    await world.process();
    expect(await cancelled).toMatchObject({ type: "accepted" });
    await world.process();
    expect(await world.reader.get(ORDER_ID)).toMatchObject({ status: "cancelled" });
  });

  test.each([
    ["a payment that is processed before it wins, and the one who asked is told so", true],
    ["it wins against a payment that is processed after it, whose money is refund due", false],
  ])("races a payment: %s", async (_, paymentIsFirst) => {
    const world = await createFrontDoorWorld();
    await world.produce(submitOrder());
    await world.process();
    if (paymentIsFirst) await world.produce(receivePayment());
    const answer = await world.frontDoor.cancel({ orderId: "order-1", reason: null });
    await world.process();
    if (!paymentIsFirst) await world.produce(receivePayment());
    await world.process();
    const causeId = `command:${answer.type === "accepted" ? answer.commandId : expect.unreachable()}`;
    const told = (await world.reader.timeline("order-1"))?.filter((event) => event.causeId === causeId);
    expect(told?.map(({ type }) => type)).toEqual([paymentIsFirst ? "CancellationRefused" : "OrderCancelled"]);
    expect(await world.reader.get("order-1")).toMatchObject(
      paymentIsFirst ? { status: "confirmed", refundDue: [] } : { status: "cancelled", paid: null, refundDue: [TOTAL] },
    );
  });

  test("of an order whose shard is far behind is to be tried again", async () => {
    const world = await createFrontDoorWorld();
    await world.frontDoor.submit(KEYED);
    const cancelled = expect(world.frontDoor.cancel({ orderId: ORDER_ID, reason: null })).rejects.toMatchObject({
      retryable: true,
    });
    await world.clock.advance(10_000);
    await cancelled;
  });

  test("of an order that nobody knows, or only paid for, is refused", async () => {
    const world = await createFrontDoorWorld();
    await world.produce(receivePayment());
    await world.process();
    for (const orderId of ["order-1", "order-2"]) {
      expect(await world.frontDoor.cancel({ orderId, reason: null })).toMatchObject({
        type: "refused",
        code: "order_not_found",
      });
    }
  });

  test("of an order that is decided is refused", async () => {
    const world = await createFrontDoorWorld();
    await world.produce(submitOrder(), receivePayment());
    await world.process();
    const answer = await world.frontDoor.cancel({ orderId: "order-1", reason: null });
    expect(answer).toMatchObject({ type: "refused", code: "order_not_cancellable" });
  });
});
