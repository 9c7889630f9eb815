import { describe, expect, test } from "vitest";
import { given } from "../../support/given-when-then.ts";
import * as events from "../../support/order-events.ts";
import { euros, receivePayment, submitOrder, TOTAL } from "../../support/order-messages.ts";

const { ORDER_RECEIVED, orderRejected, orderTurnedAway, paymentReceived, refundDue, settledBy } = events;

describe("a payment that comes before its order", () => {
  test("is parked", () => {
    const order = given().when(receivePayment()).thenEvents(paymentReceived());
    expect(order).toMatchObject({ status: "awaitingOrder", payments: [{ appliedMinor: 0, dueMinor: 0 }] });
  });

  test("waits beside others of any currency", () => {
    const amount = { amountMinor: 100, currency: "JPY" };
    given(paymentReceived())
      .when(receivePayment({ paymentId: "payment-2", amount }))
      .thenEvents(paymentReceived("payment-2", amount));
  });
});

describe("an order whose money was parked", () => {
  test("is confirmed at once when the money matches", () => {
    const order = given(paymentReceived())
      .when(submitOrder())
      .thenEvents(ORDER_RECEIVED, ...settledBy());
    expect(order.status).toBe("confirmed");
  });

  test("is rejected when the amount does not match", () => {
    given(paymentReceived("payment-1", euros(1)))
      .when(submitOrder())
      .thenEvents(ORDER_RECEIVED, orderRejected("amountMismatch"), refundDue("amountMismatch", "payment-1", euros(1)));
  });

  test("is rejected when the currency does not match", () => {
    const dollars = { ...TOTAL, currency: "USD" };
    given(paymentReceived("payment-1", dollars))
      .when(submitOrder())
      .thenEvents(
        ORDER_RECEIVED,
        orderRejected("currencyMismatch"),
        refundDue("currencyMismatch", "payment-1", dollars),
      );
  });

  test("takes the first of two matching payments, and the second is refund due", () => {
    const order = given(paymentReceived("payment-1"), paymentReceived("payment-2"))
      .when(submitOrder())
      .thenEvents(ORDER_RECEIVED, ...settledBy("payment-1"), refundDue("notAwaitingPayment", "payment-2"));
    expect(order.payments.map(({ appliedMinor, dueMinor }) => [appliedMinor, dueMinor])).toEqual([
      [2_450, 0],
      [0, 2_450],
    ]);
  });

  test("is rejected by a first payment that does not match, and the second is refund due with it", () => {
    given(paymentReceived("payment-1", euros(1)), paymentReceived("payment-2"))
      .when(submitOrder())
      .thenEvents(
        ORDER_RECEIVED,
        orderRejected("amountMismatch"),
        refundDue("amountMismatch", "payment-1", euros(1)),
        refundDue("notAwaitingPayment", "payment-2"),
      );
  });

  test("goes on waiting when the payment was made after the deadline", () => {
    const late = "2026-01-05T12:10:00.001Z";
    const order = given(paymentReceived("payment-1", TOTAL, late))
      .when(submitOrder())
      .thenEvents(ORDER_RECEIVED, refundDue("paidLate"));
    expect(order.status).toBe("received");
  });

  test("gives all of it back when it is turned away", () => {
    const order = given(paymentReceived("payment-1"), paymentReceived("payment-2", euros(7)))
      .when(submitOrder({ quotedTotal: euros(1) }))
      .thenEvents(
        orderTurnedAway("priceChanged"),
        refundDue("notAwaitingPayment", "payment-1"),
        refundDue("notAwaitingPayment", "payment-2", euros(7)),
      );
    expect(order.status).toBe("rejected");
  });
});
