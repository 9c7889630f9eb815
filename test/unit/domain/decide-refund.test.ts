import { describe, expect, test } from "vitest";
import { moneyStatusOf } from "../../../src/domain/order.ts";
import { given } from "../../support/given-when-then.ts";
import * as events from "../../support/order-events.ts";
import { euros, recordRefund, TOTAL } from "../../support/order-messages.ts";

const { CONFIRMED_LIFE, ORDER_CANCELLED, ORDER_RECEIVED, paymentReceived, refundDue, refundRecorded } = events;
const OWING = [ORDER_RECEIVED, ORDER_CANCELLED, paymentReceived(), refundDue("cancelled")];

describe("a refund", () => {
  test("of all that is due settles the order's money", () => {
    const order = given(...OWING)
      .when(recordRefund())
      .thenEvents(refundRecorded());
    expect(moneyStatusOf(order)).toBe("refunded");
  });

  test("of a part leaves the rest due", () => {
    const amount = euros(1_000);
    const order = given(...OWING)
      .when(recordRefund({ amount }))
      .thenEvents(refundRecorded("refund-1", amount));
    expect(moneyStatusOf(order)).toBe("refundDue");
  });

  test("of the rest settles the order's money", () => {
    const rest = euros(1_450);
    const order = given(...OWING, refundRecorded("refund-1", euros(1_000)))
      .when(recordRefund({ refundId: "refund-2", amount: rest }))
      .thenEvents(refundRecorded("refund-2", rest));
    expect(moneyStatusOf(order)).toBe("refunded");
  });

  test("changes nothing when it comes again", () => {
    given(...OWING, refundRecorded())
      .when(recordRefund())
      .thenNothing();
  });

  test("of the same id with another amount is refused", () => {
    given(...OWING, refundRecorded("refund-1", euros(1_000)))
      .when(recordRefund({ amount: euros(900) }))
      .thenRefused("refund_id_reused");
  });

  test("moves no status: a refunded order stays what it was", () => {
    expect(
      given(...OWING)
        .when(recordRefund())
        .thenEvents(refundRecorded()).status,
    ).toBe("cancelled");
  });
});

describe("a refund is refused", () => {
  test("of one minor unit too much", () => {
    given(...OWING)
      .when(recordRefund({ amount: euros(2_451) }))
      .thenRefused("refund_exceeds_due");
  });

  test("of more than an earlier refund left", () => {
    given(...OWING, refundRecorded("refund-1", euros(1_000)))
      .when(recordRefund({ refundId: "refund-2" }))
      .thenRefused("refund_exceeds_due");
  });

  test("in a currency that never came in", () => {
    given(...OWING)
      .when(recordRefund({ amount: { ...TOTAL, currency: "USD" } }))
      .thenRefused("refund_exceeds_due");
  });

  test("of money that the order keeps", () => {
    given(...CONFIRMED_LIFE)
      .when(recordRefund())
      .thenRefused("refund_exceeds_due");
  });

  test("of money that waits for its order", () => {
    given(paymentReceived()).when(recordRefund()).thenRefused("refund_exceeds_due");
  });

  test("of nothing at all", () => {
    given()
      .when(recordRefund({ amount: euros(1) }))
      .thenRefused("refund_exceeds_due");
  });
});
