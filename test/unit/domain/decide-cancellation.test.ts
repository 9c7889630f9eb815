import { describe, expect, test } from "vitest";
import { given } from "../../support/given-when-then.ts";
import * as events from "../../support/order-events.ts";
import { cancelOrder, receivePayment, TOTAL } from "../../support/order-messages.ts";

const { CANCELLATION_REFUSED, CONFIRMED_LIFE, ORDER_CANCELLED, ORDER_RECEIVED, paymentReceived, refundDue } = events;

describe("a cancellation", () => {
  test("of an order that waits for its payment ends it", () => {
    const order = given(ORDER_RECEIVED).when(cancelOrder()).thenEvents(ORDER_CANCELLED);
    expect(order).toMatchObject({ status: "cancelled", reason: "not hungry" });
  });

  test("needs no reason", () => {
    given(ORDER_RECEIVED)
      .when(cancelOrder({ reason: null }))
      .thenEvents({ type: "OrderCancelled", data: { reason: null } });
  });

  test.each([
    ["confirmed", CONFIRMED_LIFE],
    ["emailed", [...CONFIRMED_LIFE, events.CONFIRMATION_EMAILED]],
    ["expired", [ORDER_RECEIVED, events.ORDER_EXPIRED]],
    ["turned away", [events.orderTurnedAway("unknownItem")]],
  ] as const)("of an order that is %s loses, and the one who asked can see it", (_, life) => {
    const { status, version } = given(...life)
      .when(cancelOrder())
      .thenEvents(CANCELLATION_REFUSED);
    expect(version).toBe(life.length + 1);
    expect(status).not.toBe("cancelled");
  });

  test("of an order that is cancelled already changes nothing", () => {
    given(ORDER_RECEIVED, ORDER_CANCELLED)
      .when(cancelOrder({ commandId: "command-2" }))
      .thenNothing();
  });

  test("of an order that nobody submitted is refused", () => {
    given().when(cancelOrder()).thenRefused("order_not_found");
    given(paymentReceived()).when(cancelOrder()).thenRefused("order_not_found");
  });

  test("wins against a payment that comes after it, whose money is refund due", () => {
    const order = given(ORDER_RECEIVED, ORDER_CANCELLED)
      .when(receivePayment())
      .thenEvents(paymentReceived(), refundDue("cancelled", "payment-1", TOTAL));
    expect(order.status).toBe("cancelled");
  });
});
