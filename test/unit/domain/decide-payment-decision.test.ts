import { describe, expect, test } from "vitest";
import type { OrderEvent } from "../../../src/domain/events.ts";
import type { Money } from "../../../src/domain/money.ts";
import { balancesOf, moneyStatusOf } from "../../../src/domain/order.ts";
import { type Given, given } from "../../support/given-when-then.ts";
import * as events from "../../support/order-events.ts";
import {
  decidePayment,
  euros,
  OPERATOR,
  OTHER_ORDER_ID,
  PAID_AT,
  recordRefund,
  submitOrder,
  TOTAL,
  takeMovedPayment,
} from "../../support/order-messages.ts";

const { ORDER_RECEIVED, ORDER_EXPIRED, paymentReceived, paymentDecided, paymentMoved, refundDue, refundRecorded } =
  events;

const QUARANTINE_ID = "payment-1~1000EUR";
const quarantined: OrderEvent = {
  type: "PaymentQuarantined",
  data: { paymentId: "payment-1", amount: euros(1_000), paidAt: PAID_AT, earlierAmount: euros(500) },
};
/** A deposit of 5.00, and another amount under its id. */
const deposit = { paymentId: "payment-1", amount: euros(500), paidAt: PAID_AT, partial: true } as const;
const WITH_QUARANTINED: readonly OrderEvent[] = [
  ORDER_RECEIVED,
  { type: "PaymentReceived", data: deposit },
  { type: "PaymentCredited", data: { paymentId: "payment-1", amount: euros(500) } },
  quarantined,
];
const freed: OrderEvent = {
  type: "PaymentReceived",
  data: {
    paymentId: QUARANTINE_ID,
    amount: euros(1_000),
    paidAt: PAID_AT,
    partial: true,
    quarantinedAs: "payment-1",
  },
};
const EXPIRED_AND_PAID = [ORDER_RECEIVED, ORDER_EXPIRED, paymentReceived(), refundDue("expired")];
const PARKED = [paymentReceived()];

function refusedBecause(order: Given, changes: Parameters<typeof decidePayment>[0], detail: RegExp): void {
  const message = decidePayment(changes);
  const { paymentId, decision, toOrderId } = message;
  const before = balancesOf(order.order());
  const to = toOrderId === undefined ? {} : { toOrderId };
  const after = order.when(message).thenEvents({
    type: "PaymentDecisionRefused",
    data: {
      paymentId,
      decision,
      ...to,
      operator: OPERATOR,
      reason: message.reason,
      detail: expect.stringMatching(detail),
    },
  });
  expect(balancesOf(after)).toEqual(before);
}

describe("a quarantined payment", () => {
  const what = { source: "quarantined", amount: euros(1_000) } as const;

  test("counts nowhere until somebody decides", () => {
    expect(balancesOf(given(...WITH_QUARANTINED).order())).toMatchObject([{ receivedMinor: 500, appliedMinor: 500 }]);
  });

  test("that is accepted becomes money of its order under an id of its own, and adds up", () => {
    const order = given(...WITH_QUARANTINED)
      .when(decidePayment({ paymentId: QUARANTINE_ID }))
      .thenEvents(paymentDecided(QUARANTINE_ID, "accept", what), freed, {
        type: "PaymentCredited",
        data: { paymentId: QUARANTINE_ID, amount: euros(1_000) },
      });
    expect(balancesOf(order)).toMatchObject([{ receivedMinor: 1_500, appliedMinor: 1_500 }]);
  });

  test("that is accepted after its order expired is refund due, and revives nothing", () => {
    const order = given(
      ORDER_RECEIVED,
      ORDER_EXPIRED,
      paymentReceived("payment-1", euros(500)),
      refundDue("expired", "payment-1", euros(500)),
      quarantined,
    )
      .when(decidePayment({ paymentId: QUARANTINE_ID }))
      .thenEvents(
        paymentDecided(QUARANTINE_ID, "accept", what),
        freed,
        refundDue("expired", QUARANTINE_ID, euros(1_000)),
      );
    expect(order.status).toBe("expired");
  });

  test("that is refunded becomes money that is due back, and the order waits on", () => {
    const order = given(...WITH_QUARANTINED)
      .when(decidePayment({ paymentId: QUARANTINE_ID, decision: "refund" }))
      .thenEvents(
        paymentDecided(QUARANTINE_ID, "refund", what),
        freed,
        refundDue("decided", QUARANTINE_ID, euros(1_000)),
      );
    expect(order.status).toBe("received");
    expect(balancesOf(order)).toMatchObject([{ receivedMinor: 1_500, appliedMinor: 500, refundDueMinor: 1_000 }]);
  });

  test.each([
    ["refunded again", { decision: "refund" as const }],
    ["given away", { toOrderId: OTHER_ORDER_ID }],
  ])("that was refunded cannot be %s", (_, changes) => {
    const sentBack = [
      paymentDecided(QUARANTINE_ID, "refund", what),
      freed,
      refundDue("decided", QUARANTINE_ID, euros(1_000)),
    ];
    const history = given(...WITH_QUARANTINED, ...sentBack);
    refusedBecause(history, { paymentId: QUARANTINE_ID, ...changes }, /decided before/);
  });

  test("that is rejected was never money", () => {
    const order = given(...WITH_QUARANTINED)
      .when(decidePayment({ paymentId: QUARANTINE_ID, decision: "reject" }))
      .thenEvents(paymentDecided(QUARANTINE_ID, "reject", what));
    expect(balancesOf(order)).toMatchObject([{ receivedMinor: 500 }]);
  });

  test("that is accepted for another order passes through its own", () => {
    const order = given(...WITH_QUARANTINED)
      .when(decidePayment({ paymentId: QUARANTINE_ID, toOrderId: OTHER_ORDER_ID }))
      .thenEvents(
        paymentDecided(QUARANTINE_ID, "accept", { ...what, toOrderId: OTHER_ORDER_ID }),
        freed,
        paymentMoved(QUARANTINE_ID, euros(1_000)),
      );
    expect(balancesOf(order)).toMatchObject([{ receivedMinor: 500, parkedMinor: 0, refundDueMinor: 0 }]);
  });

  test("is decided about once", () => {
    const decided = given(...WITH_QUARANTINED, paymentDecided(QUARANTINE_ID, "reject", what));
    refusedBecause(decided, { paymentId: QUARANTINE_ID }, /decided before/);
  });

  test("is refused as money that can no longer be counted", () => {
    const all = given(
      ORDER_RECEIVED,
      ORDER_EXPIRED,
      paymentReceived("payment-1", euros(Number.MAX_SAFE_INTEGER)),
      refundDue("expired", "payment-1", euros(Number.MAX_SAFE_INTEGER)),
      quarantined,
    );
    refusedBecause(all, { paymentId: QUARANTINE_ID }, /counted exactly/);
  });
});

describe("money that its order does not keep", () => {
  test("goes to another order, and its own answers for it no longer", () => {
    const order = given(...EXPIRED_AND_PAID)
      .when(decidePayment({ toOrderId: OTHER_ORDER_ID }))
      .thenEvents(
        paymentDecided("payment-1", "accept", { source: "refundDue", amount: TOTAL, toOrderId: OTHER_ORDER_ID }),
        paymentMoved(),
      );
    expect(order.status).toBe("expired");
    expect(moneyStatusOf(order)).toBe("settled");
    expect(balancesOf(order)).toEqual([
      { currency: "EUR", receivedMinor: 0, appliedMinor: 0, refundDueMinor: 0, refundedMinor: 0, parkedMinor: 0 },
    ]);
  });

  test("goes on only as far as it has not gone back", () => {
    const order = given(...EXPIRED_AND_PAID, refundRecorded("refund-1", euros(450)))
      .when(decidePayment({ toOrderId: OTHER_ORDER_ID }))
      .thenEvents(
        paymentDecided("payment-1", "accept", { source: "refundDue", amount: euros(2_000), toOrderId: OTHER_ORDER_ID }),
        paymentMoved("payment-1", euros(2_000)),
      );
    expect(moneyStatusOf(order)).toBe("refunded");
    expect(balancesOf(order)).toMatchObject([{ receivedMinor: 450, refundedMinor: 450, refundDueMinor: 0 }]);
  });

  test("that goes back is only noted: it is due already", () => {
    const order = given(...EXPIRED_AND_PAID)
      .when(decidePayment({ decision: "refund" }))
      .thenEvents(paymentDecided("payment-1", "refund", { source: "refundDue", amount: TOTAL }));
    expect(balancesOf(order)).toMatchObject([{ refundDueMinor: 2_450 }]);
  });

  test("that goes back cannot be given away any more: it may have left already", () => {
    const decided = paymentDecided("payment-1", "refund", { source: "refundDue", amount: TOTAL });
    refusedBecause(given(...EXPIRED_AND_PAID, decided), { toOrderId: OTHER_ORDER_ID }, /decided before/);
  });

  test("is not what was paid back before, though other money is due now", () => {
    const part = euros(1_000);
    const life = [...events.CONFIRMED_LIFE, refundDue("paidBack", "payment-1", part), refundRecorded("r", part)];
    const twice = [...life, paymentReceived("payment-2"), refundDue("notAwaitingPayment", "payment-2")];
    refusedBecause(given(...twice), { toOrderId: OTHER_ORDER_ID }, /the order has taken it/);
    const what = { source: "refundDue", amount: TOTAL, toOrderId: OTHER_ORDER_ID } as const;
    const order = given(...twice)
      .when(decidePayment({ paymentId: "payment-2", toOrderId: OTHER_ORDER_ID }))
      .thenEvents(paymentDecided("payment-2", "accept", what), paymentMoved("payment-2"));
    expect(moneyStatusOf(order)).toBe("partlyRefunded");
  });

  test("cannot be refunded after it was given away", () => {
    given(...EXPIRED_AND_PAID, paymentMoved())
      .when(recordRefund())
      .thenRefused("refund_exceeds_received");
  });

  test.each([
    ["accepted where it is", {}, /name another order/],
    ["moved to where it is", { toOrderId: "order-1" }, /is the one that has it/],
    ["rejected", { decision: "reject" as const }, /only a quarantined payment/],
    ["refunded to another order", { decision: "refund" as const, toOrderId: OTHER_ORDER_ID }, /only money that is acc/],
  ])("cannot be %s", (_, changes, detail) => refusedBecause(given(...EXPIRED_AND_PAID), changes, detail));

  test("cannot be moved twice", () =>
    refusedBecause(given(...EXPIRED_AND_PAID, paymentMoved()), { toOrderId: OTHER_ORDER_ID }, /given to another/));

  test("that the order has taken cannot be moved", () =>
    refusedBecause(given(...events.CONFIRMED_LIFE), { toOrderId: OTHER_ORDER_ID }, /the order has taken it/));
});

describe("money of an order that never came", () => {
  test("goes to another order, and an order that comes after all waits for its own", () => {
    const order = given(...PARKED)
      .when(decidePayment({ toOrderId: OTHER_ORDER_ID }))
      .thenEvents(
        paymentDecided("payment-1", "accept", { source: "parked", amount: TOTAL, toOrderId: OTHER_ORDER_ID }),
        paymentMoved(),
      );
    expect(balancesOf(order)).toMatchObject([{ receivedMinor: 0, parkedMinor: 0 }]);
    given(...PARKED, paymentMoved())
      .when(submitOrder())
      .thenEvents(ORDER_RECEIVED);
  });

  test("goes back, and an order that comes after all does not take it", () => {
    const decided = paymentDecided("payment-1", "refund", { source: "parked", amount: TOTAL });
    const order = given(...PARKED)
      .when(decidePayment({ decision: "refund" }))
      .thenEvents(decided, refundDue("decided"));
    expect(moneyStatusOf(order)).toBe("refundDue");
    given(...PARKED, decided, refundDue("decided"))
      .when(submitOrder())
      .thenEvents(ORDER_RECEIVED);
  });
});

describe("money of an order that never came, of which a part was paid back,", () => {
  const part = euros(450);
  const left = euros(2_000);
  const life = [...PARKED, refundDue("paidBack", "payment-1", part), refundRecorded("refund-1", part)];

  test("goes to another order as far as it is still parked", () => {
    const order = given(...life)
      .when(decidePayment({ toOrderId: OTHER_ORDER_ID }))
      .thenEvents(
        paymentDecided("payment-1", "accept", { source: "parked", amount: left, toOrderId: OTHER_ORDER_ID }),
        paymentMoved("payment-1", left),
      );
    expect(moneyStatusOf(order)).toBe("refunded");
    expect(balancesOf(order)).toMatchObject([{ receivedMinor: 450, refundedMinor: 450, parkedMinor: 0 }]);
  });

  test("goes back as far as it is still parked", () => {
    const order = given(...life)
      .when(decidePayment({ decision: "refund" }))
      .thenEvents(
        paymentDecided("payment-1", "refund", { source: "parked", amount: left }),
        refundDue("decided", "payment-1", left),
      );
    expect(balancesOf(order)).toMatchObject([{ refundDueMinor: 2_000, refundedMinor: 450, parkedMinor: 0 }]);
  });

  test("cannot be decided about once the rest is paid back, too", () => {
    const all = [...life, refundDue("paidBack", "payment-1", left), refundRecorded("refund-2", left)];
    refusedBecause(given(...all), { toOrderId: OTHER_ORDER_ID }, /it has gone back/);
  });
});

test("a decision about a payment that the order never had is refused", () => {
  given(...PARKED)
    .when(decidePayment({ paymentId: "nobody's" }))
    .thenRefused("payment_not_found");
});

describe("money from another order", () => {
  const moved = takeMovedPayment();
  const receivedOf = (amount: Money): OrderEvent => ({
    type: "PaymentReceived",
    data: { paymentId: moved.transferId, amount, paidAt: PAID_AT, partial: true, movedFrom: moved.movedFrom },
  });
  const received = receivedOf(TOTAL);

  test("pays the order that waits for it", () => {
    given(ORDER_RECEIVED)
      .when(moved)
      .thenEvents(received, ...events.settledBy(moved.transferId));
  });

  test("changes nothing when it comes again", () => {
    given(ORDER_RECEIVED, received, ...events.settledBy(moved.transferId))
      .when(moved)
      .thenNothing();
  });

  test("does not reject an order that waits for another amount: it adds up", () => {
    const order = given(ORDER_RECEIVED)
      .when(takeMovedPayment({ amount: euros(1_000) }))
      .thenEvents(receivedOf(euros(1_000)), {
        type: "PaymentCredited",
        data: { paymentId: moved.transferId, amount: euros(1_000) },
      });
    expect(order.status).toBe("received");
  });

  test("is refund due at an order that no longer waits for money", () => {
    given(ORDER_RECEIVED, ORDER_EXPIRED).when(moved).thenEvents(received, refundDue("expired", moved.transferId));
  });
});
