/**
 * A webhook tells one fact, however often it comes. A message that brings another fact under the same webhook id is a
 * mistake of the sender or of somebody who has its secret, and which of the two facts is true only a person can find out.
 */
import { causeOf, type ReceivePayment, type RecordRefund } from "./messages.ts";
import type { Order } from "./order.ts";

/** True when the message's webhook told this order of another payment or refund before. */
export function contradictsWebhook(
  { payments, quarantined, refunds }: Order,
  message: ReceivePayment | RecordRefund,
): boolean {
  const { webhookId } = message;
  if (webhookId === undefined) return false;
  const told = [
    ...[...payments, ...quarantined].map((payment) => ({
      by: payment.webhookId,
      fact: `payment:${payment.paymentId}`,
    })),
    ...refunds.map((refund) => ({ by: refund.webhookId, fact: `refund:${refund.refundId}` })),
  ];
  return told.some(({ by, fact }) => by === webhookId && fact !== causeOf(message));
}
