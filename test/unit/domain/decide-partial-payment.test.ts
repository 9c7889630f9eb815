import { describe, expect, test } from "vitest";
import type { OrderEvent } from "../../../src/domain/events.ts";
import { balancesOf } from "../../../src/domain/order.ts";
import { given } from "../../support/given-when-then.ts";
import * as events from "../../support/order-events.ts";
import {
  cancelOrder,
  euros,
  PAID_AT,
  reachDeadline,
  receivePayment,
  submitOrder,
  TOTAL,
} from "../../support/order-messages.ts";

const { ORDER_RECEIVED, orderRejected, paymentReceived, refundDue } = events;

const deposit = (paymentId: string, amountMinor: number, paidAt = PAID_AT) =>
  receivePayment({ paymentId, amount: euros(amountMinor), paidAt, partial: true });
const received = (paymentId: string, amountMinor: number, paidAt = PAID_AT): OrderEvent => ({
  type: "PaymentReceived",
  data: { paymentId, amount: euros(amountMinor), paidAt, partial: true },
});
const credited = (paymentId: string, amountMinor: number): OrderEvent => ({
  type: "PaymentCredited",
  data: { paymentId, amount: euros(amountMinor) },
});
const paid = (paymentId: string, amountMinor: number): OrderEvent => ({
  type: "OrderPaid",
  data: { paymentId, amount: euros(amountMinor) },
});
const { ORDER_VALIDATED, ORDER_CONFIRMED } = events;
/** An order with a deposit of 10.00 on its 24.50. */
const WITH_DEPOSIT = [ORDER_RECEIVED, received("a", 1_000), credited("a", 1_000)];

describe("a payment that is marked as a part", () => {
  test("is credited, and the order waits for the rest", () => {
    const order = given(ORDER_RECEIVED)
      .when(deposit("a", 1_000))
      .thenEvents(received("a", 1_000), credited("a", 1_000));
    expect(order.status).toBe("received");
    expect(balancesOf(order)).toMatchObject([{ receivedMinor: 1_000, appliedMinor: 1_000, refundDueMinor: 0 }]);
  });

  test("pays the order once the parts add up exactly", () => {
    given(...WITH_DEPOSIT)
      .when(deposit("b", 1_450))
      .thenEvents(received("b", 1_450), paid("b", 1_450), ORDER_VALIDATED, ORDER_CONFIRMED);
  });

  test("pays the order though it is too much, and what is too much is refund due", () => {
    const order = given(...WITH_DEPOSIT)
      .when(deposit("b", 2_000))
      .thenEvents(
        received("b", 2_000),
        paid("b", 1_450),
        refundDue("overpaid", "b", euros(550)),
        ORDER_VALIDATED,
        ORDER_CONFIRMED,
      );
    expect(balancesOf(order)).toMatchObject([{ receivedMinor: 3_000, appliedMinor: 2_450, refundDueMinor: 550 }]);
  });

  test("pays the whole order alone when it is all of it", () => {
    given(ORDER_RECEIVED)
      .when(deposit("a", 2_450))
      .thenEvents(received("a", 2_450), paid("a", 2_450), ORDER_VALIDATED, ORDER_CONFIRMED);
  });

  test("of another currency is never credited: it is refund due, and the order waits on", () => {
    const amount = { amountMinor: 1_000, currency: "USD" };
    const order = given(...WITH_DEPOSIT)
      .when(receivePayment({ paymentId: "b", amount, partial: true }))
      .thenEvents(
        { type: "PaymentReceived", data: { paymentId: "b", amount, paidAt: PAID_AT, partial: true } },
        refundDue("currencyMismatch", "b", amount),
      );
    expect(order.status).toBe("received");
  });

  test("changes nothing when it comes again", () => {
    given(...WITH_DEPOSIT)
      .when(deposit("a", 1_000))
      .thenNothing();
  });

  test("after the deadline is refund due, and the parts before it stay", () => {
    const late = "2026-01-05T12:10:00.001Z";
    const order = given(...WITH_DEPOSIT)
      .when(deposit("b", 1_450, late))
      .thenEvents(received("b", 1_450, late), refundDue("paidLate", "b", euros(1_450)));
    expect(order.status).toBe("received");
  });
});

describe("a payment that is not marked as a part", () => {
  test("settles exactly what the parts have left outstanding", () => {
    given(...WITH_DEPOSIT)
      .when(receivePayment({ paymentId: "b", amount: euros(1_450) }))
      .thenEvents(paymentReceived("b", euros(1_450)), paid("b", 1_450), ORDER_VALIDATED, ORDER_CONFIRMED);
  });

  test("of the full total rejects an order with parts, and all the money is refund due", () => {
    const order = given(...WITH_DEPOSIT)
      .when(receivePayment({ paymentId: "b" }))
      .thenEvents(
        paymentReceived("b"),
        orderRejected("amountMismatch"),
        refundDue("amountMismatch", "b"),
        refundDue("amountMismatch", "a", euros(1_000)),
      );
    expect(balancesOf(order)).toMatchObject([{ receivedMinor: 3_450, appliedMinor: 0, refundDueMinor: 3_450 }]);
  });
});

describe("the parts of an order that is not paid in the end", () => {
  test("are refund due when it expires", () => {
    const order = given(...WITH_DEPOSIT)
      .when(reachDeadline())
      .thenEvents(events.ORDER_EXPIRED, refundDue("expired", "a", euros(1_000)));
    expect(balancesOf(order)).toMatchObject([{ appliedMinor: 0, refundDueMinor: 1_000 }]);
  });

  test("are refund due when it is cancelled", () => {
    given(...WITH_DEPOSIT)
      .when(cancelOrder())
      .thenEvents(events.ORDER_CANCELLED, refundDue("cancelled", "a", euros(1_000)));
  });
});

test("parts that came before their order are credited in the order in which they came", () => {
  given(received("a", 1_000), received("b", 2_000))
    .when(submitOrder())
    .thenEvents(
      ORDER_RECEIVED,
      credited("a", 1_000),
      paid("b", 1_450),
      refundDue("overpaid", "b", euros(TOTAL.amountMinor - 1_900)),
      ORDER_VALIDATED,
      ORDER_CONFIRMED,
    );
});
