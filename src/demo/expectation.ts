/** What must have become of an order, by its kind, once the service has done everything it will do. */
import type { OrderEventType } from "../domain/events.ts";
import type { Money } from "../domain/money.ts";
import { type MoneyStatus, type OrderStatus, quarantineIdOf } from "../domain/order.ts";
import type { OrderKind } from "./mix.ts";
import type { PlannedOrder, PlannedPayment } from "./plan.ts";

/** Money of a payment, all of it or a part. */
export type Movement = Pick<PlannedPayment, "paymentId" | "amount">;

export interface Expectation {
  readonly status: OrderStatus;
  readonly money: MoneyStatus | "parked";
  /** Every event of the order, in no particular order: a payment may overtake its submission. */
  readonly events: readonly OrderEventType[];
  /** Every cause; one that ends in a colon stands for an id that the service chooses. */
  readonly causes: readonly string[];
  /** What each payment brought of the total: the last one paid the order, and those before it were credited as parts. */
  readonly applied: readonly Movement[];
  /** What was credited of an order that was never paid in full. */
  readonly deposit?: Movement;
  readonly refundDue: Movement | null;
  /** What the order kept of a payment and went back in the end. */
  readonly paidBack: Movement | null;
  readonly mails: 0 | 1;
}

/** The outcome of each kind, in words for people. */
export const OUTCOMES: Readonly<Record<OrderKind, string>> = {
  normal: "emailed",
  mismatch: "rejected, refund due",
  duplicate: "emailed once",
  "payment-first": "emailed",
  "unpaid-cancel": "cancelled",
  "double-payment": "emailed, second payment refund due",
  partial: "emailed",
  overpaid: "emailed, excess refund due",
  "late-payment": "expired, refund due",
  orphan: "awaiting its order, parked",
  "reused-id": "emailed, other amount quarantined",
  deposit: "received, or expired and refund due",
  repaid: "rejected, refunded",
  webhook: "emailed",
  refunded: "emailed, a part paid back",
};

const TAKEN: readonly OrderEventType[] = [
  "OrderReceived",
  "PaymentReceived",
  "OrderPaid",
  "OrderValidated",
  "OrderConfirmed",
  "ConfirmationEmailed",
];

export function expectationOf(order: PlannedOrder): Expectation {
  const { kind, orderId, payments, total, refund, paymentWindowMs } = order;
  const [first = null, second = null] = payments;
  const causes = [`order:${orderId}`, ...payments.map(({ paymentId }) => `payment:${paymentId}`)];
  const emailed = {
    status: "emailed",
    money: "settled",
    events: TAKEN,
    causes: [...causes, "mail:confirmation"],
    applied: first === null ? [] : [first],
    refundDue: null,
    paidBack: null,
    mails: 1,
  } as const;
  switch (kind) {
    case "normal":
    case "duplicate":
    case "payment-first":
      return emailed;
    case "double-payment":
      return { ...emailed, money: "refundDue", events: [...TAKEN, "PaymentReceived", "RefundDue"], refundDue: second };
    case "partial":
    case "overpaid": {
      const { applied, excess } = inParts(payments, total);
      const credits = payments.slice(1).flatMap(() => ["PaymentReceived", "PaymentCredited"] as const);
      const inFull = { ...emailed, events: [...TAKEN, ...credits], applied };
      if (excess === null) return inFull;
      return { ...inFull, money: "refundDue", events: [...inFull.events, "RefundDue"], refundDue: excess };
    }
    case "mismatch": {
      const events = ["OrderReceived", "PaymentReceived", "OrderRejected", "RefundDue"] as const;
      const unpaid = { causes, applied: [], refundDue: first, paidBack: null, mails: 0 } as const;
      return { status: "rejected", money: "refundDue", events, ...unpaid };
    }
    case "unpaid-cancel": {
      const events = ["OrderReceived", "OrderCancelled"] as const;
      const unpaid = { applied: [], refundDue: null, paidBack: null, mails: 0 } as const;
      return { status: "cancelled", money: "settled", events, causes: [...causes, "command:"], ...unpaid };
    }
    case "webhook":
      return emailed;
    case "reused-id": {
      const withOther = [
        ...new Set(emailed.causes),
        ...payments.slice(1).map((other) => `payment:${quarantineIdOf(other)}`),
      ];
      return { ...emailed, events: [...TAKEN, "PaymentQuarantined"], causes: withOther };
    }
    case "repaid": {
      if (first === null || refund === null) return emailed;
      const events = ["OrderReceived", "PaymentReceived", "OrderRejected", "RefundDue", "RefundRecorded"] as const;
      const inTheEnd = { causes: [...causes, `refund:${refund.refundId}`], refundDue: null, paidBack: first } as const;
      return { ...inTheEnd, status: "rejected", money: "refunded", events, applied: [], mails: 0 };
    }
    case "orphan": {
      const alone = { causes: causes.slice(1), applied: [], refundDue: null, paidBack: null, mails: 0 } as const;
      return { status: "awaitingOrder", money: "parked", events: ["PaymentReceived"], ...alone };
    }
    case "late-payment": {
      const events = ["OrderReceived", "PaymentReceived", "RefundDue", "OrderExpired"] as const;
      return { ...expired(causes, first), events };
    }
    case "deposit": {
      if (first === null || first.amount.amountMinor === total.amountMinor) return emailed;
      const events = ["OrderReceived", "PaymentReceived", "PaymentCredited"] as const;
      const waiting = { causes, applied: [], deposit: first, refundDue: null, paidBack: null, mails: 0 } as const;
      if (paymentWindowMs === undefined) return { status: "received", money: "settled", events, ...waiting };
      return { ...expired(causes, first), deposit: first, events: [...events, "OrderExpired", "RefundDue"] };
    }
    case "refunded": {
      if (first === null || refund === null) return emailed;
      const money = refund.amount.amountMinor < total.amountMinor ? "partlyRefunded" : "refunded";
      const events = [...TAKEN, "RefundDue", "RefundRecorded"] as const;
      const paidBack = { paymentId: first.paymentId, amount: refund.amount };
      return { ...emailed, money, events, causes: [...emailed.causes, `refund:${refund.refundId}`], paidBack };
    }
  }
}

/** Money that an order has at its deadline goes back, as does money that comes after it. */
function expired(causes: readonly string[], refundDue: Movement | null): Omit<Expectation, "events"> {
  const inTheEnd = { applied: [], refundDue, paidBack: null, mails: 0 } as const;
  return { status: "expired", money: "refundDue", causes: [...causes, "deadline:payment:1"], ...inTheEnd };
}

/** Parts count in the order in which they are paid; what the last one brings beyond the total is due back. */
function inParts(
  payments: readonly PlannedPayment[],
  total: Money,
): { readonly applied: readonly Movement[]; readonly excess: Movement | null } {
  let outstandingMinor = total.amountMinor;
  let excess: Movement | null = null;
  const applied = payments.map(({ paymentId, amount }) => {
    const appliedMinor = Math.min(amount.amountMinor, outstandingMinor);
    outstandingMinor -= appliedMinor;
    const excessMinor = amount.amountMinor - appliedMinor;
    if (excessMinor > 0) excess = { paymentId, amount: { ...amount, amountMinor: excessMinor } };
    return { paymentId, amount: { ...amount, amountMinor: appliedMinor } };
  });
  return { applied, excess };
}
