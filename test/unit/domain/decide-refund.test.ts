import { describe, expect, test } from "vitest";
import { moneyStatusOf } from "../../../src/domain/order.ts";
import { given } from "../../support/given-when-then.ts";
import * as events from "../../support/order-events.ts";
import { euros, receivePayment, recordRefund, TOTAL } from "../../support/order-messages.ts";

const { CONFIRMED_LIFE, ORDER_CANCELLED, ORDER_RECEIVED, paymentReceived, refundDue, refundRecorded, settledBy } =
  events;
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

const TWICE = [...CONFIRMED_LIFE, paymentReceived("payment-2"), refundDue("notAwaitingPayment", "payment-2")];
const FOREIGN = { amountMinor: 700, currency: "USD" };
const WAITING = [
  ORDER_RECEIVED,
  paymentReceived("payment-2", FOREIGN),
  refundDue("currencyMismatch", "payment-2", FOREIGN),
];

describe.each([
  ["before the confirmation", WAITING, FOREIGN, "received", "refunded"],
  ["after the confirmation", TWICE, TOTAL, "confirmed", "partlyRefunded"],
  ["after the mail", [...TWICE, events.CONFIRMATION_EMAILED], TOTAL, "emailed", "partlyRefunded"],
] as const)("a refund of what is due %s", (_, life, due, status, money) => {
  const part = { ...due, amountMinor: 300 };
  const rest = { ...due, amountMinor: due.amountMinor - 300 };

  test("in whole takes all that is due, and the order goes on", () => {
    const order = given(...life)
      .when(recordRefund({ amount: due }))
      .thenEvents(refundRecorded("refund-1", due));
    expect([order.status, moneyStatusOf(order)]).toEqual([status, money]);
  });

  test("in parts takes nothing that the order keeps", () => {
    const order = given(...life, refundRecorded("refund-1", part))
      .when(recordRefund({ refundId: "refund-2", amount: rest }))
      .thenEvents(refundRecorded("refund-2", rest));
    expect([order.status, moneyStatusOf(order)]).toEqual([status, money]);
  });

  test("that comes twice is recorded once", () => {
    given(...life, refundRecorded("refund-1", part))
      .when(recordRefund({ amount: part }))
      .thenNothing();
  });
});

test("an order is confirmed by its payment though other money of it went back before", () => {
  const order = given(...WAITING, refundRecorded("refund-1", FOREIGN))
    .when(receivePayment())
    .thenEvents(paymentReceived(), ...settledBy());
  expect(moneyStatusOf(order)).toBe("partlyRefunded");
});

describe("a refund is refused", () => {
  test("of one minor unit more than came in", () => {
    given(...OWING)
      .when(recordRefund({ amount: euros(2_451) }))
      .thenRefused("refund_exceeds_received");
  });

  test("of more than an earlier refund left", () => {
    given(...OWING, refundRecorded("refund-1", euros(1_000)))
      .when(recordRefund({ refundId: "refund-2" }))
      .thenRefused("refund_exceeds_received");
  });

  test("in a currency that never came in", () => {
    given(...OWING)
      .when(recordRefund({ amount: { ...TOTAL, currency: "USD" } }))
      .thenRefused("refund_exceeds_received");
  });

  test("in a currency in which less came in, whatever came in another", () => {
    given(...WAITING, paymentReceived(), ...settledBy())
      .when(recordRefund({ amount: { amountMinor: 701, currency: "USD" } }))
      .thenRefused("refund_exceeds_received");
  });

  test("of nothing at all", () => {
    given()
      .when(recordRefund({ amount: euros(1) }))
      .thenRefused("refund_exceeds_received");
  });
});
