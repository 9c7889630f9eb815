/** The rules of an order's life once more, as plainly as they can be said: where a message that takes effect leads. */
import type { DecidePayment, Message, ReceivePayment } from "../../src/domain/messages.ts";
import { creditedMinor, type Order, type OrderStatus, quarantineIdOf } from "../../src/domain/order.ts";

/** The status after an effective message; null where another check knows it (an order that meets its parked money). */
export function expectedStatus(before: Order, message: Message): OrderStatus | null {
  const { status } = before;
  switch (message.type) {
    case "SubmitOrder":
      return null;
    case "ReceivePayment":
      return status === "received" ? statusOncePaid(before, message) : status;
    case "TakeMovedPayment": {
      const { transferId: paymentId, amount, paidAt } = message;
      return status === "received" ? statusOncePaid(before, { paymentId, amount, paidAt, partial: true }) : status;
    }
    case "DecidePayment":
      return status === "received" ? statusOnceDecided(before, message) : status;
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

/** Only a quarantined payment that is accepted without another order can pay for this one; it counts like a part. */
function statusOnceDecided(order: Order, { paymentId, decision, toOrderId }: DecidePayment): OrderStatus {
  const found = order.quarantined.find((payment) => quarantineIdOf(payment) === paymentId);
  const isTaken = decision === "accept" && toOrderId === undefined && found !== undefined;
  if (!isTaken || found.decided !== undefined) return "received";
  return statusOncePaid(order, { paymentId, amount: found.amount, paidAt: found.paidAt, partial: true });
}

type Incoming = Pick<ReceivePayment, "paymentId" | "amount" | "paidAt" | "partial">;

function statusOncePaid(order: Order, { paymentId, amount, paidAt, partial = false }: Incoming): OrderStatus {
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
