/** The payment desk as the API answers it, and what its words are called. */
import type { Money, OrderView } from "../../api/wire.ts";
import { formatMoney } from "../../money.ts";

export type Decision = "accept" | "refund" | "reject";

export interface DeskDecision {
  readonly decision: Decision;
  readonly toOrderId: string | null;
  readonly operator: { readonly name: string };
  readonly reason: string;
  readonly decidedAt: string;
  readonly refusedBecause: string | null;
}

export interface DeskPayment {
  readonly orderId: string;
  readonly paymentId: string;
  readonly kind: string;
  /** The order at which its id counts, too; of a repeated one. */
  readonly countedAt?: string;
  readonly state: "open" | "decided" | "settled";
  readonly amount: Money;
  /** What came first under a quarantined payment's id. */
  readonly earlierAmount: Money | null;
  readonly paidAt: string;
  readonly since: string;
  readonly decision: DeskDecision | null;
  readonly refused: DeskDecision | null;
  readonly order: OrderView | null;
}

export interface Suggestion {
  readonly order: OrderView;
  readonly outstanding: Money;
  readonly because: readonly string[];
}

export interface DeskDetail {
  readonly payment: DeskPayment;
  readonly suggestions: readonly Suggestion[];
}

export const KINDS = [
  { path: "orphan", title: "Orphans", meaning: "its order never came" },
  { path: "late", title: "Late", meaning: "it came too late for its order" },
  { path: "mismatched", title: "Mismatched", meaning: "it is not what the order asked for" },
  { path: "quarantined", title: "Quarantined", meaning: "its id had come before with other money" },
  { path: "repeated", title: "Counted twice", meaning: "its id counts at another order, too" },
  { path: "other", title: "Other refunds", meaning: "it must go back" },
] as const;

export const STATES = [
  { path: "open", title: "To decide" },
  { path: "decided", title: "Decided" },
  { path: "settled", title: "Went back by itself" },
] as const;

const BECAUSE: Readonly<Record<string, string>> = {
  amount: "waits for exactly this much",
  customer: "same customer",
  time: "paid soon after it",
};

/** What a decision has made of a payment. */
export const DONE: Readonly<Record<Decision, string>> = {
  accept: "Accepted",
  refund: "Goes back",
  reject: "Closed: it was no money",
};

export function meaningOf({ kind, countedAt }: DeskPayment): string {
  if (countedAt !== undefined) return `its id counts at order ${countedAt}, too`;
  return KINDS.find(({ path }) => path === kind)?.meaning ?? kind;
}

export function whyOf({ because }: Suggestion): string {
  return because.map((reason) => BECAUSE[reason] ?? reason).join(", ");
}

/** What an order still waits for; null when it waits for no money. */
export function outstandingOf({ status, total, paid }: OrderView): Money | null {
  if (status !== "received" || total === null) return null;
  return { ...total, amountMinor: total.amountMinor - (paid?.amountMinor ?? 0) };
}

/** The one order that waits for exactly this money of this customer; null when there is none, or more than one. */
export function clearMatchOf({ payment, suggestions }: DeskDetail): string | null {
  const { order, amount } = payment;
  const own = payment.kind === "quarantined" && order !== null ? outstandingOf(order) : null;
  const isOwn = own?.amountMinor === amount.amountMinor && own.currency === amount.currency;
  const isClear = ({ because }: Suggestion) => because.includes("amount") && because.includes("customer");
  const clear = suggestions.filter(isClear).map((suggestion) => suggestion.order.orderId);
  const matches = isOwn ? [payment.orderId, ...clear] : clear;
  return matches.length === 1 ? (matches[0] ?? null) : null;
}

/** What came of a decision, by the payment before and after it; null while it is on its way. */
export function outcomeOf(before: DeskPayment, after: DeskPayment): "done" | "refused" | null {
  if (JSON.stringify(before.refused) !== JSON.stringify(after.refused)) return "refused";
  return JSON.stringify(before.decision) === JSON.stringify(after.decision) ? null : "done";
}

/** What taking the payment would leave; null when it fits. */
export function remainderOf({ outstanding }: Suggestion, { amount }: DeskPayment): string | null {
  const left = outstanding.amountMinor - amount.amountMinor;
  if (left === 0) return null;
  const money = formatMoney({ ...amount, amountMinor: Math.abs(left) });
  return left > 0 ? `${money} would stay outstanding` : `${money} would be refund due`;
}

export function addressOf({ orderId, paymentId }: Pick<DeskPayment, "orderId" | "paymentId">): string {
  return `/admin/payments/${orderId}/${encodeURIComponent(paymentId)}`;
}

/** How long ago an instant was, in the largest unit that says enough. */
export function ageOf(iso: string, nowMs: number): string {
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(iso)) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} days`;
}
