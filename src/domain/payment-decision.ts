/**
 * What a person decides about money that the rules could not place: parked for an order that never came, due back, or
 * quarantined. A decision that no longer fits is kept as an event, too, so that nobody who made one has to guess.
 */
import { type Decision, events, NOTHING, refusal } from "./decision.ts";
import type { OrderEvent, PaymentDecided } from "./events.ts";
import type { DecidePayment } from "./messages.ts";
import { formatMoney, isAmount, type Money } from "./money.ts";
import {
  evolve,
  type Order,
  type Payment,
  parkedMinorOf,
  type QuarantinedPayment,
  quarantineIdOf,
  stillDueMinorOf,
} from "./order.ts";
import { receivedMinor, settle } from "./settle.ts";

/** A payment that a person can decide about, or the reason why nobody can. */
export type Decidable =
  | { readonly type: "decidable"; readonly source: "parked" | "refundDue" | "quarantined"; readonly amount: Money }
  | { readonly type: "settled"; readonly detail: string }
  | { readonly type: "unknown" };

/** Finds a payment that people must look at, by its id or its `quarantineIdOf`. */
export function decidablePayment(order: Order, paymentId: string): Decidable {
  const quarantined = order.quarantined.find((payment) => quarantineIdOf(payment) === paymentId);
  if (quarantined !== undefined && quarantined.decided === undefined) {
    return { type: "decidable", source: "quarantined", amount: quarantined.amount };
  }
  const payment = order.payments.find((candidate) => candidate.paymentId === paymentId);
  if (payment === undefined) {
    if (quarantined === undefined) return { type: "unknown" };
    return { type: "settled", detail: "the quarantined payment was decided before" };
  }
  const parked = parkedMinorOf(payment);
  if (parked > 0) return { type: "decidable", source: "parked", amount: { ...payment.amount, amountMinor: parked } };
  const dueMinor = stillDueMinorOf(order, payment);
  if (dueMinor > 0) {
    return { type: "decidable", source: "refundDue", amount: { ...payment.amount, amountMinor: dueMinor } };
  }
  return { type: "settled", detail: `nothing of the payment is parked or due: ${fateOf(payment)}` };
}

/** What an order keeps of a payment of which nothing is parked or due, and about which nobody has decided; else null. */
export function keptMoney(order: Order, paymentId: string): Money | null {
  const payment = order.payments.find((candidate) => candidate.paymentId === paymentId);
  if (payment === undefined || payment.appliedMinor === 0 || payment.decided !== undefined) return null;
  if (decidablePayment(order, paymentId).type === "decidable") return null;
  return { ...payment.amount, amountMinor: payment.appliedMinor };
}

function fateOf({ appliedMinor, movedMinor }: Payment): string {
  if (movedMinor > 0) return "it was given to another order";
  return appliedMinor > 0 ? "the order has taken it" : "it has gone back";
}

/** Why a decision does not fit a payment; null when it does. */
export function misfitOf(
  order: Order,
  { orderId, paymentId, decision, toOrderId }: Omit<DecidePayment, "type" | "commandId" | "operator" | "reason">,
): string | null {
  const found = decidablePayment(order, paymentId);
  if (found.type === "unknown") return "there is no such payment";
  if (found.type === "settled") {
    const isKept = decision === "accept" && toOrderId === undefined && keptMoney(order, paymentId) !== null;
    return isKept ? null : found.detail;
  }
  const { source, amount } = found;
  if (toOrderId !== undefined && decision !== "accept") return "only money that is accepted can go to another order";
  if (toOrderId === orderId) return "the order that would get the money is the one that has it";
  if (decision === "reject" && source !== "quarantined") {
    return "only a quarantined payment can be rejected: this one is money, and must go back or to another order";
  }
  if (decision === "accept" && source !== "quarantined" && toOrderId === undefined) {
    return "the order does not take this money: name another order that waits for it";
  }
  // It may be on its way back already, so nobody else may get it.
  if (isSentBack(order, paymentId)) return "it was decided before that the money goes back";
  const isNew = source === "quarantined" && decision !== "reject";
  if (isNew && !isAmount(receivedMinor(order, amount.currency) + amount.amountMinor)) {
    return "the money received for this order could no longer be counted exactly";
  }
  return null;
}

function isSentBack({ payments, quarantined }: Order, id: string): boolean {
  return (
    payments.some(({ paymentId, decided }) => paymentId === id && decided === "refund") ||
    quarantined.some((payment) => quarantineIdOf(payment) === id && payment.decided === "refund")
  );
}

/** Decides what follows; a payment that the order never had is refused, and everything else leaves an event. */
export function decidePayment(order: Order, message: DecidePayment): Decision {
  const { paymentId, decision, operator, reason } = message;
  const found = decidablePayment(order, paymentId);
  if (found.type === "unknown") return refusal("payment_not_found", `order ${message.orderId} has no such payment`);
  const to = message.toOrderId === undefined ? {} : { toOrderId: message.toOrderId };
  const words = { paymentId, decision, ...to, operator, reason };
  const detail = misfitOf(order, message);
  if (detail !== null) return events({ type: "PaymentDecisionRefused", data: { ...words, detail } });
  if (found.type === "settled") {
    // Somebody has looked at money that another order has under the same id, and lets the order keep it.
    const kept = keptMoney(order, paymentId);
    return kept === null
      ? NOTHING
      : events({ type: "PaymentDecided", data: { ...words, source: "kept", amount: kept } });
  }
  const { source, amount } = found;
  const decided: PaymentDecided = { type: "PaymentDecided", data: { ...words, source, amount } };
  const consequences =
    source === "quarantined"
      ? releaseQuarantined(evolve(order, decided), message)
      : consequencesFor(message, source, paidAtOf(order.payments, paymentId), amount);
  return events(decided, ...consequences);
}

function paidAtOf(payments: readonly Payment[], paymentId: string): string {
  const payment = payments.find((candidate) => candidate.paymentId === paymentId);
  if (payment === undefined) throw new Error(`there is no payment ${paymentId}`);
  return payment.paidAt;
}

function consequencesFor(
  message: DecidePayment,
  source: "parked" | "refundDue",
  paidAt: string,
  amount: Money,
): readonly OrderEvent[] {
  if (message.decision === "accept") return [moved(message, paidAt, amount)];
  return source === "parked" ? [dueBack(message.paymentId, amount)] : [];
}

/** A quarantined payment becomes money under an id of its own, which nobody else can use; or it was none. */
function releaseQuarantined(order: Order, message: DecidePayment): readonly OrderEvent[] {
  if (message.decision === "reject") return [];
  const { paymentId, toOrderId } = message;
  const { amount, paidAt, paymentId: quarantinedAs } = quarantinedPayment(order, paymentId);
  // A person has looked at the amount, so it adds up like a part: it must not reject an order that waits for another one.
  const data = { paymentId, amount, paidAt, partial: true as const, quarantinedAs };
  const received: OrderEvent = { type: "PaymentReceived", data };
  if (message.decision === "refund") return [received, dueBack(paymentId, amount)];
  if (toOrderId !== undefined) return [received, moved(message, paidAt, amount)];
  return order.details === null ? [received] : [received, ...settle(order, data)];
}

function quarantinedPayment({ quarantined }: Order, id: string): QuarantinedPayment {
  const found = quarantined.find((payment) => quarantineIdOf(payment) === id);
  if (found === undefined) throw new Error(`there is no quarantined payment ${id}`);
  return found;
}

function dueBack(paymentId: string, amount: Money): OrderEvent {
  return { type: "RefundDue", data: { paymentId, amount, reason: "decided" } };
}

/** A command takes effect once at its order, so the two name a transfer that no other has. */
function moved(message: DecidePayment, paidAt: string, amount: Money): OrderEvent {
  const { orderId, paymentId, commandId, toOrderId } = message;
  if (toOrderId === undefined) throw new Error(`${formatMoney(amount)} of ${paymentId} has nowhere to go`);
  const transferId = `moved~${orderId}~${commandId}`;
  return { type: "PaymentMoved", data: { paymentId, amount, paidAt, toOrderId, transferId } };
}
