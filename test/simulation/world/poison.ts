/** Records that no well-behaved producer sends. Each must end as a dead letter, or in the shard where it belongs. */
import type { NewRecord, RecordValue } from "../../../src/actors/ports.ts";
import { shardOf } from "../../../src/actors/sharding.ts";
import { encodeMessage } from "../../../src/schemas/inbox-messages.ts";
import type { Op } from "../scenario/scenario.ts";

type Poison = Extract<Op, { type: "poison" }>;

/** The record, and the shard into which it is put. */
export function poisonRecord(
  { topic, form, atMs }: Poison,
  orderId: string,
  shards: number,
  startMs: number,
): { record: NewRecord; shard: number } {
  const paidAt = new Date(startMs + atMs).toISOString();
  const paymentId = `stray-${atMs}`;
  const amount = { amountMinor: 100, currency: "EUR" };
  const payment = { type: "ReceivePayment", orderId, paymentId, amount, paidAt, partial: true } as const;
  const own = shardOf(orderId, shards);
  const raw = (value: RecordValue): NewRecord => ({ topic, key: orderId, value, headers: {} });
  switch (form) {
    case "bytes":
      return { record: raw(Uint8Array.of(0, 0, 0, 1, 255)), shard: own };
    case "notJson":
      return { record: raw("{ this is not JSON"), shard: own };
    case "unknownType":
      return { record: raw(JSON.stringify({ type: "EatOrder", orderId })), shard: own };
    case "wrongTopic":
      return { record: { ...raw(JSON.stringify(payment)), topic: "orders" }, shard: own };
    case "wrongKey":
      return { record: { ...encodeMessage(payment), key: `not-${orderId}` }, shard: own };
    case "badMoney": {
      const value = JSON.stringify({ ...payment, amount: { amountMinor: 2 ** 53, currency: "EUR" } });
      return { record: { ...encodeMessage(payment), value }, shard: own };
    }
    case "misrouted":
      return { record: encodeMessage(payment), shard: (own + 1) % shards };
  }
}
