/** The rules of an order's life once more, as plainly as they can be said: where a message that takes effect leads. */
import type { Message, ReceivePayment } from "../../src/domain/messages.ts";
import { creditedMinor, type Order, type OrderStatus } from "../../src/domain/order.ts";

/** The status after an effective message; null where another check knows it (an order that meets its parked money). */
export function expectedStatus(before: Order, message: Message): OrderStatus | null {
  const { status } = before;
  switch (message.type) {
    case "SubmitOrder":
      return null;
    case "ReceivePayment":
      return status === "received" ? statusOncePaid(before, message) : status;
    case "RecordRefund":
      return status;
    case "CancelOrder":
      return status === "received" ? "cancelled" : status;
    case "ReachDeadline":
      return "expired";
    case "RecordMail":
      return message.outcome === "accepted" ? "emailed" : "confirmed";
    default:
      throw new Error(`no rule for ${JSON.stringify(message)}`);
  }
}

function statusOncePaid(order: Order, { paymentId, amount, paidAt, partial = false }: ReceivePayment): OrderStatus {
  const { total, paymentDeadline } = order.details ?? {};
  if (!total || !paymentDeadline) throw new Error("a received order has a total and a deadline");
  const isKnown = order.payments.some((payment) => payment.paymentId === paymentId);
  const isLate = Date.parse(paidAt) > Date.parse(paymentDeadline);
  if (isKnown || isLate) return "received";
  if (amount.currency !== total.currency) return partial ? "received" : "rejected";
  const missingMinor = total.amountMinor - creditedMinor(order);
  if (amount.amountMinor === missingMinor) return "confirmed";
  if (!partial) return "rejected";
  return amount.amountMinor > missingMinor ? "confirmed" : "received";
}
