import { describe, expect, test } from "vitest";
import { given } from "../../support/given-when-then.ts";
import * as events from "../../support/order-events.ts";
import { reachDeadline, submitOrder } from "../../support/order-messages.ts";

const { CONFIRMED_LIFE, ORDER_CANCELLED, ORDER_EXPIRED, ORDER_RECEIVED, paymentReceived, refundDue } = events;
const LATE = "2026-01-05T12:10:00.001Z";

describe("a deadline that is reached", () => {
  test("expires an order that still waits for its payment", () => {
    const order = given(ORDER_RECEIVED).when(reachDeadline()).thenEvents(ORDER_EXPIRED);
    expect(order.status).toBe("expired");
  });

  test("expires an order that was only paid late", () => {
    given(ORDER_RECEIVED, paymentReceived("payment-1", undefined, LATE), refundDue("paidLate"))
      .when(reachDeadline())
      .thenEvents(ORDER_EXPIRED);
  });

  test("changes nothing when it is not the order's own", () => {
    given(ORDER_RECEIVED)
      .when(reachDeadline({ deadline: LATE }))
      .thenNothing();
  });

  test.each([
    ["not there", []],
    ["only paid for", [paymentReceived()]],
    ["confirmed", CONFIRMED_LIFE],
    ["cancelled", [ORDER_RECEIVED, ORDER_CANCELLED]],
    ["expired already", [ORDER_RECEIVED, ORDER_EXPIRED]],
    ["turned away", [events.orderTurnedAway("unknownItem")]],
  ] as const)("changes nothing for an order that is %s", (_, life) => {
    given(...life)
      .when(reachDeadline())
      .thenNothing();
  });

  test("leaves an expired order expired when its submission comes again", () => {
    given(ORDER_RECEIVED, ORDER_EXPIRED).when(submitOrder()).thenNothing();
  });
});
