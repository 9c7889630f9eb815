/**
 * Which orders that wait for money a payment may be for, the likeliest first, and why. Only a person decides, so a
 * suggestion says what speaks for it, and what would be left over or missing.
 */
import type { Money } from "../domain/money.ts";
import type { DeskPayment } from "./desk-payments.ts";
import type { OrderView } from "./order-view.ts";

/** What speaks for an order. `amount`: it waits for exactly this much. `time`: the payment was made soon after it. */
export type SuggestionReason = "amount" | "customer" | "time";

export interface OrderSuggestion {
  readonly order: OrderView;
  /** What the order still waits for. */
  readonly outstanding: Money;
  readonly because: readonly SuggestionReason[];
}

/** The exact amount tells the most, then the customer: many orders are close in time. */
const WEIGHTS: Readonly<Record<SuggestionReason, number>> = { amount: 4, customer: 3, time: 1 };
/** A payment follows its order within so long. */
const CLOSE_MS = 30 * 60_000;

interface Sought extends Pick<DeskPayment, "orderId" | "amount" | "paidAt"> {
  readonly order: OrderView | null;
}

/** The orders that could take the payment and have something in common with it, best first. */
export function bestFor(payment: Sought, orders: readonly OrderView[]): readonly OrderSuggestion[] {
  return orders
    .flatMap((order) => suggestionOf(payment, order) ?? [])
    .filter(({ because }) => because.length > 0)
    .map((suggestion) => ({ suggestion, distanceMs: distanceMs(payment, suggestion.order) }))
    .toSorted((a, b) => weightOf(b.suggestion) - weightOf(a.suggestion) || a.distanceMs - b.distanceMs)
    .map(({ suggestion }) => suggestion);
}

/** Null for an order that cannot take the money: it is the payment's own, waits for none, or has another currency. */
function suggestionOf(payment: Sought, order: OrderView): OrderSuggestion | null {
  const { total } = order;
  const isOwn = order.orderId === payment.orderId;
  if (isOwn || order.status !== "received" || total === null || total.currency !== payment.amount.currency) return null;
  const outstandingMinor = total.amountMinor - (order.paid?.amountMinor ?? 0);
  const email = payment.order?.customer?.email;
  const isSameCustomer = email !== undefined && sameEmail(email, order.customer?.email);
  const because: SuggestionReason[] = [];
  if (outstandingMinor === payment.amount.amountMinor) because.push("amount");
  if (isSameCustomer) because.push("customer");
  if (distanceMs(payment, order) <= CLOSE_MS) because.push("time");
  return { order, outstanding: { amountMinor: outstandingMinor, currency: total.currency }, because };
}

function sameEmail(a: string, b: string | undefined): boolean {
  return a.toLowerCase() === b?.toLowerCase();
}

function weightOf({ because }: OrderSuggestion): number {
  return because.reduce((sum, reason) => sum + WEIGHTS[reason], 0);
}

function distanceMs({ paidAt }: Sought, { receivedAt }: OrderView): number {
  return Math.abs(Date.parse(paidAt) - Date.parse(receivedAt));
}
