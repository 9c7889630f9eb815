/** The events that the messages of `order-messages.ts` lead to, for what a test gives and expects. */
import type {
  OrderEvent,
  OrderReceived,
  PaymentDecided,
  RefundReason,
  RejectionReason,
} from "../../src/domain/events.ts";
import type { PaymentDecision } from "../../src/domain/messages.ts";
import type { Money } from "../../src/domain/money.ts";
import {
  CUSTOMER,
  DEADLINE,
  ITEMS,
  mailIdOf,
  OPERATOR,
  ORDER_ID,
  OTHER_ORDER_ID,
  PAID_AT,
  SUBMITTED_AT,
  TOTAL,
} from "./order-messages.ts";

export const ORDER_RECEIVED: OrderReceived = {
  type: "OrderReceived",
  data: {
    customer: CUSTOMER,
    lines: [
      { sku: "margherita", quantity: 2, name: "Pizza Margherita", unitPriceMinor: 950 },
      { sku: "tiramisu", quantity: 1, name: "Tiramisù", unitPriceMinor: 550 },
    ],
    total: TOTAL,
    submittedAt: SUBMITTED_AT,
    paymentDeadline: DEADLINE,
  },
};
export const ORDER_VALIDATED: OrderEvent = { type: "OrderValidated", data: {} };
export const ORDER_CONFIRMED: OrderEvent = {
  type: "OrderConfirmed",
  data: { customer: CUSTOMER, lines: ORDER_RECEIVED.data.lines, total: TOTAL },
};
export const ORDER_EXPIRED: OrderEvent = { type: "OrderExpired", data: { deadline: DEADLINE } };
export const ORDER_CANCELLED: OrderEvent = { type: "OrderCancelled", data: { reason: "not hungry" } };
export const CANCELLATION_REFUSED: OrderEvent = { type: "CancellationRefused", data: { reason: "not hungry" } };
export const CONFIRMATION_EMAILED: OrderEvent = {
  type: "ConfirmationEmailed",
  data: { messageId: mailIdOf(ORDER_ID), response: "250 OK" },
};

export function orderTurnedAway(reason: "priceChanged" | "unknownItem", items = ITEMS): OrderEvent {
  return { type: "OrderTurnedAway", data: { customer: CUSTOMER, items, submittedAt: SUBMITTED_AT, reason } };
}

export function paymentReceived(paymentId = "payment-1", amount: Money = TOTAL, paidAt = PAID_AT): OrderEvent {
  return { type: "PaymentReceived", data: { paymentId, amount, paidAt } };
}

export function orderRejected(reason: RejectionReason): OrderEvent {
  return { type: "OrderRejected", data: { reason } };
}

export function refundDue(reason: RefundReason, paymentId = "payment-1", amount: Money = TOTAL): OrderEvent {
  return { type: "RefundDue", data: { paymentId, amount, reason } };
}

export function refundRecorded(refundId = "refund-1", amount: Money = TOTAL): OrderEvent {
  return { type: "RefundRecorded", data: { refundId, amount } };
}

export function paymentDecided(
  paymentId: string,
  decision: PaymentDecision,
  what: Pick<PaymentDecided["data"], "source" | "amount" | "toOrderId">,
): OrderEvent {
  const words = { operator: OPERATOR, reason: "the customer called" };
  return { type: "PaymentDecided", data: { paymentId, decision, ...words, ...what } };
}

/** Money that the first decision of the order gives to the other order. */
export function paymentMoved(paymentId = "payment-1", amount: Money = TOTAL, paidAt = PAID_AT): OrderEvent {
  const transferId = `moved~${ORDER_ID}~decision-1`;
  return { type: "PaymentMoved", data: { paymentId, amount, paidAt, toOrderId: OTHER_ORDER_ID, transferId } };
}

/** What follows from a payment that the order was waiting for. */
export function settledBy(paymentId = "payment-1"): readonly OrderEvent[] {
  return [{ type: "OrderPaid", data: { paymentId, amount: TOTAL } }, ORDER_VALIDATED, ORDER_CONFIRMED];
}

/** A whole life up to the confirmation. */
export const CONFIRMED_LIFE: readonly OrderEvent[] = [ORDER_RECEIVED, paymentReceived(), ...settledBy()];
