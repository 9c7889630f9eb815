import { describe, expect, test } from "vitest";
import type { OrderEvent } from "../../../src/domain/events.ts";
import type { Money } from "../../../src/domain/money.ts";
import { balancesOf } from "../../../src/domain/order.ts";
import { given } from "../../support/given-when-then.ts";
import * as events from "../../support/order-events.ts";
import { DEADLINE, euros, PAID_AT, receivePayment, TOTAL } from "../../support/order-messages.ts";

const { CONFIRMED_LIFE, ORDER_RECEIVED, orderRejected, paymentReceived, refundDue, settledBy } = events;

function paidInPart(amountMinor: number, paymentId = "payment-1"): readonly OrderEvent[] {
  return [{ type: "PaymentCredited", data: { paymentId, amount: euros(amountMinor) } }];
}

function paymentQuarantined(amount: Money): OrderEvent {
  return {
    type: "PaymentQuarantined",
    data: { paymentId: "payment-1", amount, paidAt: PAID_AT, earlierAmount: TOTAL },
  };
}

describe("a payment for a received order", () => {
  test("of the full amount confirms it", () => {
    const order = given(ORDER_RECEIVED)
      .when(receivePayment())
      .thenEvents(paymentReceived(), ...settledBy());
    expect(order).toMatchObject({ status: "confirmed", payments: [{ appliedMinor: 2_450, dueMinor: 0 }] });
  });

  test.each([
    ["too little", euros(2_449)],
    ["too much", euros(2_451)],
    ["a hundredth, as if the exponent were another", euros(24)],
  ])("of %s rejects it, and the money is refund due", (_, amount) => {
    const order = given(ORDER_RECEIVED)
      .when(receivePayment({ amount }))
      .thenEvents(
        paymentReceived("payment-1", amount),
        orderRejected("amountMismatch"),
        refundDue("amountMismatch", "payment-1", amount),
      );
    expect(order).toMatchObject({
      status: "rejected",
      reason: "amountMismatch",
      payments: [{ appliedMinor: 0, dueMinor: amount.amountMinor }],
    });
  });

  test.each(["USD", "JPY", "eur"])("of the right number in %s rejects it, and nothing is credited", (currency) => {
    const amount = { ...TOTAL, currency };
    given(ORDER_RECEIVED)
      .when(receivePayment({ amount }))
      .thenEvents(
        paymentReceived("payment-1", amount),
        orderRejected("currencyMismatch"),
        refundDue("currencyMismatch", "payment-1", amount),
      );
  });

  test("made exactly at the deadline still counts", () => {
    given(ORDER_RECEIVED)
      .when(receivePayment({ paidAt: DEADLINE }))
      .thenEvents(paymentReceived("payment-1", TOTAL, DEADLINE), ...settledBy());
  });

  test("made one millisecond after the deadline is refund due, and the order waits for its expiry", () => {
    const paidAt = "2026-01-05T12:10:00.001Z";
    const order = given(ORDER_RECEIVED)
      .when(receivePayment({ paidAt }))
      .thenEvents(paymentReceived("payment-1", TOTAL, paidAt), refundDue("paidLate"));
    expect(order.status).toBe("received");
  });

  test("made before the submission counts: clocks differ", () => {
    const paidAt = "2026-01-05T11:59:00.000Z";
    given(ORDER_RECEIVED)
      .when(receivePayment({ paidAt }))
      .thenEvents(paymentReceived("payment-1", TOTAL, paidAt), ...settledBy());
  });
});

describe("a payment for an order that is decided", () => {
  test.each([
    ["confirmed", CONFIRMED_LIFE, "notAwaitingPayment"],
    ["emailed", [...CONFIRMED_LIFE, events.CONFIRMATION_EMAILED], "notAwaitingPayment"],
    ["cancelled", [ORDER_RECEIVED, events.ORDER_CANCELLED], "cancelled"],
    ["expired", [ORDER_RECEIVED, events.ORDER_EXPIRED], "expired"],
    ["turned away", [events.orderTurnedAway("priceChanged")], "notAwaitingPayment"],
  ] as const)("is refund due when the order is %s, and revives nothing", (status, life, reason) => {
    const order = given(...life)
      .when(receivePayment({ paymentId: "payment-2" }))
      .thenEvents(paymentReceived("payment-2"), refundDue(reason, "payment-2"));
    expect(order.status).toBe(status === "turned away" ? "rejected" : status);
  });
});

describe("a payment that the order's money cannot be counted with", () => {
  const amount = euros(Number.MAX_SAFE_INTEGER);

  test("is refused, whatever has become of the order", () => {
    const message = receivePayment({ paymentId: "payment-2", amount });
    given(paymentReceived("payment-1", euros(1)))
      .when(message)
      .thenRefused("total_too_large");
    given(...CONFIRMED_LIFE)
      .when(message)
      .thenRefused("total_too_large");
  });

  test("is taken when it is the only one of its currency", () => {
    given(paymentReceived("payment-1", { amountMinor: 1, currency: "USD" }))
      .when(receivePayment({ paymentId: "payment-2", amount }))
      .thenEvents(paymentReceived("payment-2", amount));
  });
});

describe("a payment whose id came before with other money", () => {
  test.each([
    ["another amount", euros(2_451)],
    ["another currency", { ...TOTAL, currency: "USD" }],
  ])("(%s) is quarantined, whatever has become of the order, and moves nothing", (_, amount) => {
    const causeId = `payment:payment-1~${amount.amountMinor}${amount.currency}`;
    const lives = [[paymentReceived()], CONFIRMED_LIFE, [ORDER_RECEIVED, paymentReceived(), ...paidInPart(1_000)]];
    for (const life of lives) {
      const before = given(...life).order();
      const after = given(...life)
        .when(receivePayment({ amount }))
        .thenEventsBecauseOf(causeId, paymentQuarantined(amount));
      expect(after).toMatchObject({ status: before.status, payments: before.payments });
      expect(balancesOf(after)).toEqual(balancesOf(before));
    }
  });

  test("is quarantined once", () => {
    const amount = euros(1);
    given(paymentReceived(), paymentQuarantined(amount)).when(receivePayment({ amount })).thenNothing();
    given(paymentReceived(), paymentQuarantined(amount)).when(receivePayment()).thenNothing();
    given(paymentReceived(), paymentQuarantined(amount))
      .when(receivePayment({ amount: euros(2) }))
      .thenEventsBecauseOf("payment:payment-1~2EUR", paymentQuarantined(euros(2)));
  });
});

describe("a payment that comes again", () => {
  test.each([
    ["parked", [paymentReceived()]],
    ["applied", CONFIRMED_LIFE],
    ["refund due", [ORDER_RECEIVED, events.ORDER_CANCELLED, paymentReceived(), refundDue("cancelled")]],
  ] as const)("changes nothing once it is %s", (_, life) => {
    given(...life)
      .when(receivePayment())
      .thenNothing();
  });

  test("changes nothing when the provider tried again later", () => {
    given(...CONFIRMED_LIFE)
      .when(receivePayment({ paidAt: "2026-01-05T13:00:00.000Z" }))
      .thenNothing();
  });
});
