/** An order is the fold of its events: `evolve` is the only way to a state, live or replayed. */
import { assertNever } from "./assert-never.ts";
import type { OrderLine, RequestedItem } from "./catalogue.ts";
import type { OrderEvent, PaymentDecided, RefundDue } from "./events.ts";
import type { Customer, PaymentDecision, PaymentPlace } from "./messages.ts";
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

/** What became of the money that came in. `partlyRefunded`: some of it went back, and the order keeps the rest. */
export type MoneyStatus = "settled" | "refundDue" | "partlyRefunded" | "refunded";

/** Money that came in. What of it is neither applied nor due nor given away is parked. */
export interface Payment {
  readonly paymentId: string;
  readonly amount: Money;
  readonly paidAt: string;
  readonly partial: boolean;
  /** How much of it counts towards the order's total. */
  readonly appliedMinor: number;
  /** How much of it must go back, or has gone back. */
  readonly dueMinor: number;
  /** How much of that went back though the order had kept it: nobody waits for it. */
  readonly paidBackMinor: number;
  /** How much of it the order gave to another one: it no longer answers for that. */
  readonly movedMinor: number;
  /** The webhook that told of it; absent where none did. */
  readonly webhookId?: string;
  /** Where it came from; absent where a provider brought it. */
  readonly movedFrom?: PaymentPlace;
  readonly quarantinedAs?: string;
  /** What a person decided about it last; absent until then. */
  readonly decided?: PaymentDecision;
}

/** Money under the id of an earlier payment of another amount. Until a person made it a payment it counts nowhere. */
export interface QuarantinedPayment {
  readonly paymentId: string;
  readonly amount: Money;
  readonly paidAt: string;
  readonly webhookId?: string;
  /** What a person decided about it; absent until then. */
  readonly decided?: PaymentDecision;
}

/** How people and decisions name a quarantined payment. Its sign is in no id of a provider, so it names nothing else. */
export function quarantineIdOf({ paymentId, amount }: Pick<QuarantinedPayment, "paymentId" | "amount">): string {
  return `${paymentId}~${amount.amountMinor}${amount.currency}`;
}

export interface Refund {
  readonly refundId: string;
  readonly amount: Money;
  readonly webhookId?: string;
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
  readonly quarantined: readonly QuarantinedPayment[];
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
  quarantined: [],
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
    case "PaymentReceived": {
      const { partial = false, ...received } = event.data;
      const nothing = { appliedMinor: 0, dueMinor: 0, paidBackMinor: 0, movedMinor: 0 };
      return { ...next, payments: [...order.payments, { ...received, partial, ...nothing }] };
    }
    case "PaymentQuarantined": {
      const { earlierAmount: _, ...payment } = event.data;
      return { ...next, quarantined: [...order.quarantined, payment] };
    }
    case "PaymentCredited":
      return { ...next, payments: changed(order.payments, event.data.paymentId, apply(event.data.amount)) };
    case "OrderPaid":
      return {
        ...next,
        status: "paid",
        payments: changed(order.payments, event.data.paymentId, apply(event.data.amount)),
      };
    case "RefundDue":
      return { ...next, payments: changed(order.payments, event.data.paymentId, makeDue(event.data)) };
    case "OrderValidated":
      return { ...next, status: "validated" };
    case "OrderConfirmed":
      return { ...next, status: "confirmed" };
    case "ConfirmationEmailed":
      return { ...next, status: "emailed", reason: null };
    case "ConfirmationRefused":
      return { ...next, reason: event.data.response };
    case "OrderRejected":
      return { ...next, status: "rejected", reason: event.data.reason };
    case "OrderExpired":
      return { ...next, status: "expired" };
    case "OrderCancelled":
      return { ...next, status: "cancelled", reason: event.data.reason };
    case "CancellationRefused":
    case "PaymentDecisionRefused":
      return next;
    case "PaymentDecided":
      return { ...next, ...decided(order, event) };
    case "PaymentMoved":
      return { ...next, payments: changed(order.payments, event.data.paymentId, giveAway(event.data.amount)) };
    case "RefundRecorded":
      return { ...next, refunds: [...order.refunds, event.data] };
    default:
      return assertNever(event);
  }
}

function changed(
  payments: readonly Payment[],
  paymentId: string,
  change: (payment: Payment) => Payment,
): readonly Payment[] {
  return payments.map((payment) => (payment.paymentId === paymentId ? change(payment) : payment));
}

function apply({ amountMinor }: Money): (payment: Payment) => Payment {
  return (payment) => ({ ...payment, appliedMinor: payment.appliedMinor + amountMinor });
}

function decided(
  { payments, quarantined }: Order,
  { data: { paymentId, source, decision } }: PaymentDecided,
): Pick<Order, "payments" | "quarantined"> {
  if (source !== "quarantined") {
    return { quarantined, payments: changed(payments, paymentId, (payment) => ({ ...payment, decided: decision })) };
  }
  const mark = (payment: QuarantinedPayment): QuarantinedPayment =>
    quarantineIdOf(payment) === paymentId ? { ...payment, decided: decision } : payment;
  return { payments, quarantined: quarantined.map(mark) };
}

/** Money that is parked is given away first; the rest was due. */
function giveAway({ amountMinor }: Money): (payment: Payment) => Payment {
  return (payment) => ({
    ...payment,
    dueMinor: payment.dueMinor - Math.max(0, amountMinor - parkedMinorOf(payment)),
    movedMinor: payment.movedMinor + amountMinor,
  });
}

/** Money that is parked goes back first; the rest is taken back from what was applied. */
function makeDue({ amount: { amountMinor }, reason }: RefundDue["data"]): (payment: Payment) => Payment {
  return (payment) => ({
    ...payment,
    dueMinor: payment.dueMinor + amountMinor,
    paidBackMinor: payment.paidBackMinor + (reason === "paidBack" ? amountMinor : 0),
    appliedMinor: payment.appliedMinor - Math.max(0, amountMinor - parkedMinorOf(payment)),
  });
}

/** How much of a payment the order answers for: all that it did not give away. */
export function keptMinorOf({ amount, movedMinor }: Payment): number {
  return amount.amountMinor - movedMinor;
}

/** How much of a payment is neither applied nor due nor given away. */
export function parkedMinorOf(payment: Payment): number {
  return keptMinorOf(payment) - payment.appliedMinor - payment.dueMinor;
}

/** How much of a payment waits to go back. Refunds name no payment, so it is no more than the order owes at all. */
export function stillDueMinorOf(order: Order, { amount, dueMinor, paidBackMinor }: Payment): number {
  const balance = balancesOf(order).find(({ currency }) => currency === amount.currency);
  return Math.min(dueMinor - paidBackMinor, balance?.refundDueMinor ?? 0);
}

/** How much of the order's total is there, in the total's currency. */
export function creditedMinor({ payments }: Pick<Order, "payments">): number {
  return sumMinor(payments.map(({ appliedMinor }) => appliedMinor));
}

/**
 * The money of one currency at an order: at every moment received = applied + refundDue + refunded + parked. Received is
 * what the order answers for: money from another order counts, and money that it gave away does not.
 */
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
    const ofCurrency = order.payments.filter(({ amount }) => amount.currency === currency);
    const sumOf = (part: (payment: Payment) => number) => sumMinor(ofCurrency.map(part));
    const refundedMinor = sumMinor(
      order.refunds.filter(({ amount }) => amount.currency === currency).map(({ amount }) => amount.amountMinor),
    );
    const receivedMinor = sumOf(keptMinorOf);
    const appliedMinor = sumOf((payment) => payment.appliedMinor);
    const dueMinor = sumOf((payment) => payment.dueMinor);
    return {
      currency,
      receivedMinor,
      appliedMinor,
      refundDueMinor: dueMinor - refundedMinor,
      refundedMinor,
      parkedMinor: receivedMinor - appliedMinor - dueMinor,
    };
  });
}

/** Whether money still has to go back, has gone back in whole or in part, or neither. */
export function moneyStatusOf(order: Order): MoneyStatus {
  const balances = balancesOf(order);
  if (balances.some(({ refundDueMinor }) => refundDueMinor > 0)) return "refundDue";
  if (order.refunds.length === 0) return "settled";
  const keepsSome = balances.some(({ appliedMinor, parkedMinor }) => appliedMinor + parkedMinor > 0);
  return keepsSome ? "partlyRefunded" : "refunded";
}

/** True once no message can move the order's status any more. */
export function isFinal(status: OrderStatus): boolean {
  return status === "emailed" || status === "rejected" || status === "expired" || status === "cancelled";
}
