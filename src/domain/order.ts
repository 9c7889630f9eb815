/** An order is the fold of its events: `evolve` is the only way to a state, live or replayed. */
import { assertNever } from "./assert-never.ts";
import type { OrderLine, RequestedItem } from "./catalogue.ts";
import type { OrderEvent } from "./events.ts";
import type { Customer } from "./messages.ts";
import { type Money, sumMinor } from "./money.ts";

/** Where an order is in its life. `awaitingOrder`: only money has come so far. */
export type OrderStatus =
  | "awaitingOrder"
  | "received"
  | "paid"
  | "validated"
  | "confirmed"
  | "emailed"
  | "rejected"
  | "expired"
  | "cancelled";

/** What became of the money that the order does not keep. */
export type MoneyStatus = "settled" | "refundDue" | "refunded";

export interface Payment {
  readonly paymentId: string;
  readonly amount: Money;
  readonly paidAt: string;
  readonly disposition: "parked" | "applied" | "refundDue";
}

export interface Refund {
  readonly refundId: string;
  readonly amount: Money;
}

/** What was ordered; null until the submission came. `total` is null for an order that was turned away. */
export interface OrderDetails {
  readonly customer: Customer;
  readonly items: readonly RequestedItem[];
  readonly lines: readonly OrderLine[];
  readonly total: Money | null;
  readonly submittedAt: string;
  readonly paymentDeadline: string | null;
}

export interface Order {
  readonly status: OrderStatus;
  readonly details: OrderDetails | null;
  readonly payments: readonly Payment[];
  readonly refunds: readonly Refund[];
  /** Why the order was rejected or cancelled, or its mail refused; null otherwise. */
  readonly reason: string | null;
  /** How many events the order has. */
  readonly version: number;
}

/** The state before the first event. */
export const NO_ORDER: Order = {
  status: "awaitingOrder",
  details: null,
  payments: [],
  refunds: [],
  reason: null,
  version: 0,
};

/** The state after `event`. Pure; every event type is named, so a new one does not compile until it has a meaning. */
export function evolve(order: Order, event: OrderEvent): Order {
  const next = { ...order, version: order.version + 1 };
  switch (event.type) {
    case "OrderReceived":
      return {
        ...next,
        status: "received",
        details: { ...event.data, items: event.data.lines.map(({ sku, quantity }) => ({ sku, quantity })) },
      };
    case "OrderTurnedAway": {
      const { reason, ...asked } = event.data;
      return {
        ...next,
        status: "rejected",
        reason,
        details: { ...asked, lines: [], total: null, paymentDeadline: null },
      };
    }
    case "PaymentReceived":
      return { ...next, payments: [...order.payments, { ...event.data, disposition: "parked" }] };
    case "OrderPaid":
      return { ...next, status: "paid", payments: withDisposition(order.payments, event.data.paymentId, "applied") };
    case "RefundDue":
      return { ...next, payments: withDisposition(order.payments, event.data.paymentId, "refundDue") };
    case "OrderValidated":
      return { ...next, status: "validated" };
    case "OrderConfirmed":
      return { ...next, status: "confirmed" };
    case "ConfirmationEmailed":
      return { ...next, status: "emailed" };
    case "ConfirmationRefused":
      return { ...next, reason: event.data.response };
    case "OrderRejected":
      return { ...next, status: "rejected", reason: event.data.reason };
    case "OrderExpired":
      return { ...next, status: "expired" };
    case "OrderCancelled":
      return { ...next, status: "cancelled", reason: event.data.reason };
    case "CancellationRefused":
      return next;
    case "RefundRecorded":
      return { ...next, refunds: [...order.refunds, event.data] };
    default:
      return assertNever(event);
  }
}

function withDisposition(
  payments: readonly Payment[],
  paymentId: string,
  disposition: Payment["disposition"],
): readonly Payment[] {
  return payments.map((payment) => (payment.paymentId === paymentId ? { ...payment, disposition } : payment));
}

/** The money of one currency at an order: at every moment received = applied + refundDue + refunded + parked. */
export interface Balance {
  readonly currency: string;
  readonly receivedMinor: number;
  readonly appliedMinor: number;
  readonly refundDueMinor: number;
  readonly refundedMinor: number;
  readonly parkedMinor: number;
}

/** The order's money, a balance for each currency that ever came in. */
export function balancesOf(order: Order): readonly Balance[] {
  const currencies = [...new Set(order.payments.map(({ amount }) => amount.currency))];
  return currencies.map((currency) => {
    const sumOf = (kept: (payment: Payment) => boolean) =>
      sumMinor(
        order.payments.filter((p) => p.amount.currency === currency && kept(p)).map((p) => p.amount.amountMinor),
      );
    const refundedMinor = sumMinor(
      order.refunds.filter(({ amount }) => amount.currency === currency).map(({ amount }) => amount.amountMinor),
    );
    return {
      currency,
      receivedMinor: sumOf(() => true),
      appliedMinor: sumOf((p) => p.disposition === "applied"),
      refundDueMinor: sumOf((p) => p.disposition === "refundDue") - refundedMinor,
      refundedMinor,
      parkedMinor: sumOf((p) => p.disposition === "parked"),
    };
  });
}

/** Whether money still has to go back, has gone back, or neither. */
export function moneyStatusOf(order: Order): MoneyStatus {
  const balances = balancesOf(order);
  if (balances.some(({ refundDueMinor }) => refundDueMinor > 0)) return "refundDue";
  return order.refunds.length > 0 ? "refunded" : "settled";
}

/** True once no message can move the order's status any more. */
export function isFinal(status: OrderStatus): boolean {
  return status === "emailed" || status === "rejected" || status === "expired" || status === "cancelled";
}
