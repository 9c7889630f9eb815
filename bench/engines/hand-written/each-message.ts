/**
 * The hand-written consumer in kafkajs's `eachMessage` form: one conditional write for each message, the mail inline, a
 * write that it was sent, then the next message. A message that comes again changes nothing, and sends the mail only
 * where an earlier delivery ended between the confirmation and its mail.
 */
import type { Consumer } from "kafkajs";
import type { ConfirmationMails } from "./confirmation-mails.ts";
import {
  isDuplicateKey,
  messageOf,
  type OrderCollection,
  type OrderMessage,
  owedMail,
  type PaidDocument,
  type PaymentMessage,
  paidStatus,
} from "./order-document.ts";

export interface ConsumerDeps {
  readonly consumer: Consumer;
  readonly topics: { readonly orders: string; readonly payments: string };
  readonly orders: OrderCollection;
  readonly mails: ConfirmationMails;
  /** How many partitions are worked on at the same time. */
  readonly partitionsAtOnce: number;
}

export async function consumeEachMessage(deps: ConsumerDeps): Promise<void> {
  const { consumer, topics, orders, mails, partitionsAtOnce } = deps;

  /** Takes an order; returns it when its payment was waiting for it, so that its mail is due. */
  const takeOrder = async ({ orderId, ...details }: OrderMessage): Promise<PaidDocument | null> => {
    try {
      await orders.insertOne({ _id: orderId, status: "received", ...details });
      return null;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    const found = await orders.findOne({ _id: orderId });
    if (found?.status !== "awaitingOrder") return owedMail(found);
    const status = paidStatus(details.total, found.payment);
    const changed = await orders.findOneAndUpdate(
      { _id: orderId, status: "awaitingOrder" },
      { $set: { status, ...details } },
      { returnDocument: "after" },
    );
    return owedMail(changed);
  };

  /** Takes a payment; returns its order when that is confirmed by it, so that its mail is due. */
  const takePayment = async (message: PaymentMessage): Promise<PaidDocument | null> => {
    const { orderId, ...payment } = message;
    const { amountMinor, currency } = payment.amount;
    const confirmed = await orders.findOneAndUpdate(
      { _id: orderId, status: "received", "total.amountMinor": amountMinor, "total.currency": currency },
      { $set: { status: "confirmed", payment } },
      { returnDocument: "after" },
    );
    if (confirmed !== null) return owedMail(confirmed);
    const found = await orders.findOne({ _id: orderId });
    if (found !== null && found.status !== "received") return owedMail(found);
    if (found !== null) {
      // Another amount, unless the order came between the two reads.
      if (paidStatus(found.total, payment) === "confirmed") return await takePayment(message);
      await orders.updateOne({ _id: orderId, status: "received" }, { $set: { status: "mismatched", payment } });
      return null;
    }
    try {
      await orders.insertOne({ _id: orderId, status: "awaitingOrder", payment });
      return null;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return await takePayment(message);
    }
  };

  await consumer.subscribe({ topics: Object.values(topics), fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: partitionsAtOnce,
    eachMessage: async ({ topic, message: { value } }) => {
      const order =
        topic === topics.orders
          ? await takeOrder(messageOf(value) as OrderMessage)
          : await takePayment(messageOf(value) as PaymentMessage);
      if (order === null) return;
      await mails.send(order);
      const { _id } = order;
      await orders.updateOne({ _id, status: "confirmed" }, { $set: { status: "emailed" } });
    },
  });
}
