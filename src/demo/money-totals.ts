/**
 * Adds up the money of a run, currency by currency, from the events alone: what came in must be what was paid, and
 * every unit of it must be somewhere: applied, due back, given back or parked.
 */
import type { EventAnswer } from "./answers.ts";
import type { PlannedPayment } from "./plan.ts";

export interface MoneyTotal {
  readonly currency: string;
  /** What the generator paid. */
  readonly paidMinor: number;
  readonly receivedMinor: number;
  readonly appliedMinor: number;
  /** What is still to go back: what became due, less what has gone back. */
  readonly refundDueMinor: number;
  readonly refundedMinor: number;
  readonly parkedMinor: number;
  readonly addsUp: boolean;
}

type Sums = { -readonly [Name in Exclude<keyof MoneyTotal, "currency" | "addsUp">]: number };

export interface MoneyTotals {
  /** Adds what was paid for an order, each payment once. */
  addPaid(payments: readonly PlannedPayment[]): void;
  /** Adds the events of one order. */
  addEvents(events: readonly EventAnswer[]): void;
  /** By currency, in alphabetical order. */
  list(): readonly MoneyTotal[];
}

/** Events that say what becomes of a payment. */
const SETTLING: ReadonlySet<string> = new Set(["OrderPaid", "PaymentCredited", "RefundDue"]);
/** Why money is due that was kept until the provider paid it back. */
const PAID_BACK = "paidBack";

export function createMoneyTotals(): MoneyTotals {
  const sums = new Map<string, Sums>();
  const sumsOf = (currency: string): Sums => {
    const found = sums.get(currency) ?? {
      paidMinor: 0,
      receivedMinor: 0,
      appliedMinor: 0,
      refundDueMinor: 0,
      refundedMinor: 0,
      parkedMinor: 0,
    };
    sums.set(currency, found);
    return found;
  };
  return {
    addPaid(payments) {
      for (const { amount } of payments) sumsOf(amount.currency).paidMinor += amount.amountMinor;
    },
    addEvents(events) {
      const settled = events.filter(({ type, data }) => SETTLING.has(type) && data.reason !== PAID_BACK);
      const settledIds = new Set(settled.map(({ data }) => data.paymentId));
      /** Parts that were credited: when the order is not paid in the end, they are taken back. */
      const credited = new Map<string | undefined, number>();
      for (const { type, data } of events) {
        if (data.amount === undefined) continue;
        const { paymentId, amount } = data;
        const { amountMinor } = amount;
        const sum = sumsOf(amount.currency);
        if (type === "PaymentReceived") {
          sum.receivedMinor += amountMinor;
          if (!settledIds.has(paymentId)) sum.parkedMinor += amountMinor;
        }
        if (type === "OrderPaid" || type === "PaymentCredited") sum.appliedMinor += amountMinor;
        if (type === "PaymentCredited") credited.set(paymentId, amountMinor);
        if (type === "RefundDue") {
          sum.refundDueMinor += amountMinor;
          if (data.reason !== PAID_BACK) sum.appliedMinor -= Math.min(credited.get(paymentId) ?? 0, amountMinor);
          else if (settledIds.has(paymentId)) sum.appliedMinor -= amountMinor;
          else sum.parkedMinor -= amountMinor;
        }
        if (type === "RefundRecorded") {
          sum.refundedMinor += amountMinor;
          sum.refundDueMinor -= amountMinor;
        }
      }
    },
    list() {
      const sorted = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1));
      return sorted.map(([currency, sum]) => ({ currency, ...sum, addsUp: addsUp(sum) }));
    },
  };
}

function addsUp({ paidMinor, receivedMinor, appliedMinor, refundDueMinor, refundedMinor, parkedMinor }: Sums): boolean {
  return receivedMinor === paidMinor && receivedMinor === appliedMinor + refundDueMinor + refundedMinor + parkedMinor;
}
