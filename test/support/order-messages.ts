/** Messages for one order of a small menu, with defaults that fit together: paid as it is, the order is confirmed. */
import type { Catalogue } from "../../src/domain/catalogue.ts";
import type { Terms } from "../../src/domain/decide.ts";
import type {
  CancelOrder,
  Customer,
  DecidePayment,
  ReachDeadline,
  ReceivePayment,
  RecordMail,
  RecordRefund,
  SubmitOrder,
  TakeMovedPayment,
} from "../../src/domain/messages.ts";
import type { Money } from "../../src/domain/money.ts";

export const CATALOGUE: Catalogue = {
  currency: "EUR",
  items: [
    { sku: "margherita", name: "Pizza Margherita", description: "Tomato, mozzarella, basil", priceMinor: 950 },
    { sku: "tiramisu", name: "Tiramisù", description: "Coffee and mascarpone", priceMinor: 550 },
  ],
};
export const PAYMENT_WINDOW_MS = 600_000;
export const TERMS: Terms = { catalogue: CATALOGUE, paymentWindowMs: PAYMENT_WINDOW_MS };

export const ORDER_ID = "order-1";
export const CUSTOMER: Customer = { name: "Ada Lovelace", email: "ada@example.org" };
export const ITEMS = [
  { sku: "margherita", quantity: 2 },
  { sku: "tiramisu", quantity: 1 },
];
/** What `ITEMS` cost. */
export const TOTAL: Money = { amountMinor: 2_450, currency: "EUR" };
export const SUBMITTED_AT = "2026-01-05T12:00:00.000Z";
/** The last instant at which a payment counts. */
export const DEADLINE = "2026-01-05T12:10:00.000Z";
export const PAID_AT = "2026-01-05T12:01:00.000Z";

export function euros(amountMinor: number): Money {
  return { amountMinor, currency: "EUR" };
}

export function submitOrder(changes: Partial<SubmitOrder> = {}): SubmitOrder {
  const message = { orderId: ORDER_ID, customer: CUSTOMER, items: ITEMS, submittedAt: SUBMITTED_AT };
  return { type: "SubmitOrder", ...message, ...changes };
}

export function receivePayment(changes: Partial<ReceivePayment> = {}): ReceivePayment {
  const message = { orderId: ORDER_ID, paymentId: "payment-1", amount: TOTAL, paidAt: PAID_AT };
  return { type: "ReceivePayment", ...message, ...changes };
}

export function recordRefund(changes: Partial<RecordRefund> = {}): RecordRefund {
  return { type: "RecordRefund", orderId: ORDER_ID, refundId: "refund-1", amount: TOTAL, ...changes };
}

export function cancelOrder(changes: Partial<CancelOrder> = {}): CancelOrder {
  return { type: "CancelOrder", orderId: ORDER_ID, commandId: "command-1", reason: "not hungry", ...changes };
}

export function recordMail(changes: Partial<RecordMail> = {}): RecordMail {
  const orderId = changes.orderId ?? ORDER_ID;
  const message = {
    kind: "confirmation",
    messageId: mailIdOf(orderId),
    outcome: "accepted",
    response: "250 OK",
  } as const;
  return { type: "RecordMail", orderId, ...message, ...changes };
}

export function reachDeadline(changes: Partial<ReachDeadline> = {}): ReachDeadline {
  return { type: "ReachDeadline", orderId: ORDER_ID, name: "payment", deadline: DEADLINE, ...changes };
}

export const OPERATOR = { keyId: "key-1", name: "Grace Hopper" };
export const OTHER_ORDER_ID = "order-2";

export function decidePayment(changes: Partial<DecidePayment> = {}): DecidePayment {
  const words = { operator: OPERATOR, reason: "the customer called" };
  const message = { orderId: ORDER_ID, paymentId: "payment-1", commandId: "decision-1", decision: "accept" } as const;
  return { type: "DecidePayment", ...message, ...words, ...changes };
}

export function takeMovedPayment(changes: Partial<TakeMovedPayment> = {}): TakeMovedPayment {
  const movedFrom = { orderId: OTHER_ORDER_ID, paymentId: "payment-1" };
  const message = { orderId: ORDER_ID, transferId: "moved~order-2~decision-1", amount: TOTAL, paidAt: PAID_AT };
  return { type: "TakeMovedPayment", ...message, movedFrom, ...changes };
}

/** The Message-ID of an order's confirmation in tests. */
export function mailIdOf(orderId: string): string {
  return `<${orderId}.confirmation@orderloom.local>`;
}
