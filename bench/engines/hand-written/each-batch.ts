/**
 * The hand-written consumer in kafkajs's `eachBatch` form: one find for the batch's orders, one bulkWrite of conditional
 * writes, the mails of the batch together, one bulkWrite that they were sent, then the offsets.
 */
import { type AnyBulkWriteOperation, MongoBulkWriteError } from "mongodb";
import type { ConsumerDeps } from "./each-message.ts";
import {
  isDuplicateKey,
  messageOf,
  type OrderDocument,
  type OrderMessage,
  owedMail,
  type PaidDocument,
  type PaymentMessage,
  paidStatus,
} from "./order-document.ts";

/** How often a batch is decided again because another partition's batch wrote the same orders meanwhile. */
const MAX_ATTEMPTS = 10;

type Decide<Message> = (order: OrderDocument | undefined, message: Message) => OrderDocument;

/** The order after its submission; the same object when nothing changes. */
const withOrder: Decide<OrderMessage> = (order, { orderId, ...details }) => {
  if (order === undefined) return { _id: orderId, status: "received", ...details };
  if (order.status !== "awaitingOrder") return order;
  return { ...order, ...details, status: paidStatus(details.total, order.payment) };
};

/** The order after a payment; the same object when nothing changes. */
const withPayment: Decide<PaymentMessage> = (order, { orderId, ...payment }) => {
  if (order === undefined) return { _id: orderId, status: "awaitingOrder", payment };
  if (order.status !== "received") return order;
  return { ...order, status: paidStatus(order.total, payment), payment };
};

export async function consumeEachBatch(deps: ConsumerDeps): Promise<void> {
  const { consumer, topics, orders, mails, partitionsAtOnce } = deps;

  /** Applies a batch; returns the orders whose mail is due. */
  const take = async <Message extends OrderMessage | PaymentMessage>(
    messages: readonly Message[],
    decide: Decide<Message>,
  ): Promise<readonly PaidDocument[]> => {
    const ids = [...new Set(messages.map(({ orderId }) => orderId))];
    // Orders that this batch confirms or an earlier delivery of it confirmed: a batch beside it mails its own.
    const own = new Set<string>();
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const found = await orders.find({ _id: { $in: ids } }).toArray();
      const before = new Map(found.map((order) => [idOf(order), order]));
      const after = new Map<string, OrderDocument>(before);
      for (const message of messages) after.set(message.orderId, decide(after.get(message.orderId), message));
      const changed = [...after.values()].filter((order) => order !== before.get(idOf(order)));
      for (const order of attempt === 1 ? after.values() : changed) if (owedMail(order) !== null) own.add(idOf(order));
      if (await write(changed.map((order) => writeOf(before.get(idOf(order)), order)))) {
        return [...after.values()].flatMap((order) => (own.has(idOf(order)) ? (owedMail(order) ?? []) : []));
      }
    }
    throw new Error(`a batch met other writers ${MAX_ATTEMPTS} times`);
  };

  /** False when an order was no longer as it had been read. */
  const write = async (writes: readonly AnyBulkWriteOperation<OrderDocument>[]): Promise<boolean> => {
    if (writes.length === 0) return true;
    try {
      const { insertedCount, matchedCount } = await orders.bulkWrite(writes, { ordered: false });
      return insertedCount + matchedCount === writes.length;
    } catch (error) {
      if (error instanceof MongoBulkWriteError && isDuplicateKey(error)) return false;
      throw error;
    }
  };

  await consumer.subscribe({ topics: Object.values(topics), fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: partitionsAtOnce,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, heartbeat, resolveOffset }) => {
      const values = batch.messages.map(({ value }) => value);
      const due =
        batch.topic === topics.orders
          ? await take(
              values.map((value) => messageOf(value) as OrderMessage),
              withOrder,
            )
          : await take(
              values.map((value) => messageOf(value) as PaymentMessage),
              withPayment,
            );
      const outcomes = await Promise.allSettled(
        due.map(async (order) => {
          await mails.send(order);
          await heartbeat();
        }),
      );
      const sent = due.filter((_, index) => outcomes[index]?.status === "fulfilled");
      await write(
        sent.map(({ _id }) => ({
          updateOne: { filter: { _id, status: "confirmed" }, update: { $set: { status: "emailed" } } },
        })),
      );
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      // The batch comes again; what was sent is marked, so only the others are sent then.
      if (failed !== undefined) throw new Error("a mail could not be sent", { cause: failed.reason });
      // kafkajs commits what is resolved when this returns.
      resolveOffset(batch.lastOffset());
    },
  });
}

function idOf({ _id }: OrderDocument): string {
  return _id;
}

/** The write that makes `after` of `before`, and does nothing where the order is no longer like that. */
function writeOf(before: OrderDocument | undefined, after: OrderDocument): AnyBulkWriteOperation<OrderDocument> {
  if (before === undefined) return { insertOne: { document: after } };
  const { _id, ...fields } = after;
  return { updateOne: { filter: { _id, status: before.status }, update: { $set: fields } } };
}
