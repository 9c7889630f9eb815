/** Refunds beyond what is due: of what an order keeps, of its deposits, and of money that waits for its order. */
import { describe, expect, test } from "vitest";
import type { OrderEvent } from "../../../src/domain/events.ts";
import type { Money } from "../../../src/domain/money.ts";
import { balancesOf, creditedMinor, moneyStatusOf } from "../../../src/domain/order.ts";
import { given } from "../../support/given-when-then.ts";
import * as events from "../../support/order-events.ts";
import {
  cancelOrder,
  euros,
  reachDeadline,
  receivePayment,
  recordMail,
  recordRefund,
  submitOrder,
} from "../../support/order-messages.ts";

const { CONFIRMED_LIFE, ORDER_CANCELLED, ORDER_RECEIVED, paymentReceived, refundDue, refundRecorded, settledBy } =
  events;
const TWICE = [...CONFIRMED_LIFE, paymentReceived("payment-2"), refundDue("notAwaitingPayment", "payment-2")];

describe.each([
  ["confirmed", CONFIRMED_LIFE],
  ["emailed", [...CONFIRMED_LIFE, events.CONFIRMATION_EMAILED]],
] as const)("a refund of money that the %s order keeps", (status, life) => {
  const part = euros(1_000);
  const rest = euros(1_450);
  const inPart = [refundDue("paidBack", "payment-1", part), refundRecorded("refund-1", part)];

  test("in part makes it due and takes it at once, and the order stays what it is", () => {
    const order = given(...life)
      .when(recordRefund({ amount: part }))
      .thenEvents(...inPart);
    expect([order.status, moneyStatusOf(order)]).toEqual([status, "partlyRefunded"]);
    expect(balancesOf(order)).toMatchObject([{ appliedMinor: 1_450, refundDueMinor: 0, refundedMinor: 1_000 }]);
  });

  test("of the rest leaves nothing, and not a unit more can go back", () => {
    const back = given(...life, ...inPart).when(recordRefund({ refundId: "refund-2", amount: rest }));
    const inWhole = [refundDue("paidBack", "payment-1", rest), refundRecorded("refund-2", rest)];
    const order = back.thenEvents(...inWhole);
    expect([order.status, moneyStatusOf(order)]).toEqual([status, "refunded"]);
    given(...life, ...inPart, ...inWhole)
      .when(recordRefund({ refundId: "refund-3", amount: euros(1) }))
      .thenRefused("refund_exceeds_received");
  });

  test("of more than it still keeps is refused as a whole", () => {
    given(...life, ...inPart)
      .when(recordRefund({ refundId: "refund-2", amount: euros(1_451) }))
      .thenRefused("refund_exceeds_received");
  });

  test("that comes again changes nothing", () => {
    given(...life, ...inPart)
      .when(recordRefund({ amount: part }))
      .thenNothing();
  });
});

test("a refund beyond what is due takes what is due first, and only the rest from what the order keeps", () => {
  const order = given(...TWICE)
    .when(recordRefund({ amount: euros(2_750) }))
    .thenEvents(refundDue("paidBack", "payment-1", euros(300)), refundRecorded("refund-1", euros(2_750)));
  expect(balancesOf(order)).toMatchObject([{ appliedMinor: 2_150, refundDueMinor: 0, refundedMinor: 2_750 }]);
});

test("a confirmed order whose money went back is still told by its mail", () => {
  const order = given(...CONFIRMED_LIFE, refundDue("paidBack"), refundRecorded())
    .when(recordMail())
    .thenEvents(events.CONFIRMATION_EMAILED);
  expect([order.status, moneyStatusOf(order)]).toEqual(["emailed", "refunded"]);
});

test("what comes after money of a confirmed order went back pays for nothing, and is due", () => {
  given(...CONFIRMED_LIFE, refundDue("paidBack"), refundRecorded())
    .when(receivePayment({ paymentId: "payment-2" }))
    .thenEvents(paymentReceived("payment-2"), refundDue("notAwaitingPayment", "payment-2"));
});

describe("a refund of a deposit, while the order waits for the rest,", () => {
  const [first, second] = [euros(1_000), euros(400)];
  const deposit = (paymentId: string, amount: Money): readonly OrderEvent[] => [
    paymentReceived(paymentId, amount),
    { type: "PaymentCredited", data: { paymentId, amount } },
  ];
  const life = [ORDER_RECEIVED, ...deposit("payment-1", first), ...deposit("payment-2", second)];
  const paidBack = (paymentId: string, amount: Money) => refundDue("paidBack", paymentId, amount);

  test("leaves more outstanding, and the order waits on", () => {
    const order = given(...life)
      .when(recordRefund({ amount: euros(300) }))
      .thenEvents(paidBack("payment-1", euros(300)), refundRecorded("refund-1", euros(300)));
    expect([order.status, moneyStatusOf(order), creditedMinor(order)]).toEqual(["received", "partlyRefunded", 1_100]);
  });

  test("is of the one that is exactly so much", () => {
    given(...life)
      .when(recordRefund({ amount: second }))
      .thenEvents(paidBack("payment-2", second), refundRecorded("refund-1", second));
  });

  test("and more takes one after the other", () => {
    given(...life)
      .when(recordRefund({ amount: euros(1_100) }))
      .thenEvents(
        paidBack("payment-1", first),
        paidBack("payment-2", euros(100)),
        refundRecorded("refund-1", euros(1_100)),
      );
  });

  const afterwards = [...life, paidBack("payment-1", first), refundRecorded("refund-1", first)];

  test("leaves an order that is paid by what is outstanding then", () => {
    const missing = euros(2_050);
    const order = given(...afterwards)
      .when(receivePayment({ paymentId: "payment-3", amount: missing }))
      .thenEvents(
        paymentReceived("payment-3", missing),
        { type: "OrderPaid", data: { paymentId: "payment-3", amount: missing } },
        events.ORDER_VALIDATED,
        events.ORDER_CONFIRMED,
      );
    expect([order.status, moneyStatusOf(order)]).toEqual(["confirmed", "partlyRefunded"]);
  });

  test("leaves only the other deposit due when the order is cancelled", () => {
    const order = given(...afterwards)
      .when(cancelOrder())
      .thenEvents(ORDER_CANCELLED, refundDue("cancelled", "payment-2", second));
    expect(moneyStatusOf(order)).toBe("refundDue");
  });

  test("in whole leaves an order that expires unpaid and owes nothing", () => {
    const whole = [
      paidBack("payment-1", first),
      paidBack("payment-2", second),
      refundRecorded("refund-1", euros(1_400)),
    ];
    const order = given(...life, ...whole)
      .when(reachDeadline())
      .thenEvents(events.ORDER_EXPIRED);
    expect([order.status, moneyStatusOf(order)]).toEqual(["expired", "refunded"]);
  });
});

describe("a refund of money that waits for its order", () => {
  test("in whole leaves nothing that waits, and its order will wait for a payment", () => {
    const order = given(paymentReceived()).when(recordRefund()).thenEvents(refundDue("paidBack"), refundRecorded());
    expect([order.status, moneyStatusOf(order)]).toEqual(["awaitingOrder", "refunded"]);
    given(paymentReceived(), refundDue("paidBack"), refundRecorded()).when(submitOrder()).thenEvents(ORDER_RECEIVED);
  });

  const part = euros(450);
  const partBack = [refundDue("paidBack", "payment-1", part), refundRecorded("refund-1", part)];

  test("in part leaves the rest parked", () => {
    const order = given(paymentReceived())
      .when(recordRefund({ amount: part }))
      .thenEvents(...partBack);
    expect(balancesOf(order)).toMatchObject([{ parkedMinor: 2_000, refundDueMinor: 0, refundedMinor: 450 }]);
    expect(moneyStatusOf(order)).toBe("partlyRefunded");
  });

  test("in part leaves a payment that settles its order no more: what is left is due", () => {
    const order = given(paymentReceived(), ...partBack)
      .when(submitOrder())
      .thenEvents(
        ORDER_RECEIVED,
        events.orderRejected("amountMismatch"),
        refundDue("amountMismatch", "payment-1", euros(2_000)),
      );
    expect(balancesOf(order)).toMatchObject([{ refundDueMinor: 2_000, refundedMinor: 450, parkedMinor: 0 }]);
  });

  test("in part leaves a payment that settles its order now", () => {
    const tooMuch = euros(2_900);
    const order = given(paymentReceived("payment-1", tooMuch), ...partBack)
      .when(submitOrder())
      .thenEvents(ORDER_RECEIVED, ...settledBy());
    expect([order.status, moneyStatusOf(order)]).toEqual(["confirmed", "partlyRefunded"]);
  });

  test("of exactly one of two payments leaves the other, which pays for its order", () => {
    const wrong = euros(450);
    const waiting = [paymentReceived(), paymentReceived("payment-2", wrong)];
    given(...waiting)
      .when(recordRefund({ amount: wrong }))
      .thenEvents(refundDue("paidBack", "payment-2", wrong), refundRecorded("refund-1", wrong));
  });
});
