/** The real codec and the real order ids, remembered: both are pure, and a simulation asks the same again and again. */
import type { Decoded, MessageCodec } from "../../../src/actors/message-codec.ts";
import type { LogRecord } from "../../../src/actors/ports.ts";
import { decodeMessage, encodeMessage } from "../../../src/schemas/inbox-messages.ts";
import { orderIdFromKey } from "../../../src/schemas/order-id.ts";

export function createRememberingCodec(): MessageCodec {
  const decoded = new WeakMap<LogRecord, Decoded>();
  return {
    encode: encodeMessage,
    decode(record) {
      const known = decoded.get(record) ?? decodeMessage(record);
      decoded.set(record, known);
      return known;
    },
  };
}

const orderIds = new Map<string, string>();

export function orderIdOf(idempotencyKey: string): string {
  const orderId = orderIds.get(idempotencyKey) ?? orderIdFromKey(idempotencyKey);
  orderIds.set(idempotencyKey, orderId);
  return orderId;
}
