/** What becomes of money at an order that is known: credited, the order's total, or due back. Pure. */
import type { OrderEvent, RefundReason, RejectionReason } from "./events.ts";
import type { ReceivePayment } from "./messages.ts";
import type { Money } from "./money.ts";
import { balancesOf, creditedMinor, type Order, parkedMinorOf } from "./order.ts";

/** The events that follow `PaymentReceived` for money that the order meets now. */
export function settle(
  order: Order,
  payment: Pick<ReceivePayment, "paymentId" | "amount" | "paidAt" | "partial">,
): readonly OrderEvent[] {
  const { paymentId, amount, paidAt, partial = false } = payment;
  const due = (reason: RefundReason): OrderEvent => ({ type: "RefundDue", data: { paymentId, amount, reason } });
  const reject = (reason: RejectionReason): readonly OrderEvent[] => [
    { type: "OrderRejected", data: { reason } },
    due(reason),
    ...creditsBack(order, reason),
  ];
  const { customer, lines, total, paymentDeadline } = order.details ?? {};
  if (order.status !== "received" || !customer || !lines || !total || !paymentDeadline) {
    return [due(refundReasonOf(order))];
  }
  if (Date.parse(paidAt) > Date.parse(paymentDeadline)) return [due("paidLate")];
  if (amount.currency !== total.currency) return partial ? [due("currencyMismatch")] : reject("currencyMismatch");
  const outstandingMinor = total.amountMinor - creditedMinor(order);
  if (!partial && amount.amountMinor !== outstandingMinor) return reject("amountMismatch");
  if (amount.amountMinor < outstandingMinor) return [{ type: "PaymentCredited", data: { paymentId, amount } }];
  const excess = { ...amount, amountMinor: amount.amountMinor - outstandingMinor };
  const overpaid: OrderEvent = { type: "RefundDue", data: { paymentId, amount: excess, reason: "overpaid" } };
  return [
    { type: "OrderPaid", data: { paymentId, amount: { ...amount, amountMinor: outstandingMinor } } },
    ...(excess.amountMinor > 0 ? [overpaid] : []),
    { type: "OrderValidated", data: {} },
    { type: "OrderConfirmed", data: { customer, lines, total } },
  ];
}

/** The parts that were credited to an order which will not be: all of them go back. */
export function creditsBack({ payments }: Order, reason: RefundReason): readonly OrderEvent[] {
  return payments
    .filter(({ appliedMinor }) => appliedMinor > 0)
    .map(({ paymentId, amount, appliedMinor }) => ({
      type: "RefundDue",
      data: { paymentId, amount: { ...amount, amountMinor: appliedMinor }, reason },
    }));
}

/**
 * What a refund takes beyond what is due becomes due in the same commit: money that the order had parked or applied.
 * Refunds name no payment, so it is the one of which exactly so much is kept, or else one after the other as they came.
 */
export function paidBack(order: Order, { amountMinor, currency }: Money): readonly OrderEvent[] {
  const kept = order.payments
    .filter(({ amount }) => amount.currency === currency)
    .map((payment) => ({ paymentId: payment.paymentId, leftMinor: parkedMinorOf(payment) + payment.appliedMinor }));
  const dueMinor = balancesOf(order).find((balance) => balance.currency === currency)?.refundDueMinor ?? 0;
  let missingMinor = amountMinor - dueMinor;
  const exact = kept.find(({ leftMinor }) => leftMinor === missingMinor);
  return (exact === undefined ? kept : [exact]).flatMap(({ paymentId, leftMinor }): OrderEvent[] => {
    const takenMinor = Math.min(leftMinor, missingMinor);
    if (takenMinor <= 0) return [];
    missingMinor -= takenMinor;
    const amount = { amountMinor: takenMinor, currency };
    return [{ type: "RefundDue", data: { paymentId, amount, reason: "paidBack" } }];
  });
}

/** How much of what was received in a currency has not gone back yet: no refund can be larger. */
export function refundableMinor(order: Order, currency: string): number {
  const balance = balancesOf(order).find((candidate) => candidate.currency === currency);
  return balance === undefined ? 0 : balance.receivedMinor - balance.refundedMinor;
}

/** What the order answers for in a currency. */
export function receivedMinor(order: Order, currency: string): number {
  return balancesOf(order).find((balance) => balance.currency === currency)?.receivedMinor ?? 0;
}

function refundReasonOf(order: Order): RefundReason {
  return order.status === "cancelled" || order.status === "expired" ? order.status : "notAwaitingPayment";
}
