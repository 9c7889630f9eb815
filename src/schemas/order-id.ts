/**
 * The id of an order is a UUIDv5 of its Idempotency-Key, so a lost answer and a retry cannot make two orders,
 * and a payment provider that knows the key can name an order that has not come yet.
 */
import Type from "typebox";
import { v5 } from "uuid";

/** The fixed namespace of order ids. A client computes an id as UUIDv5(this namespace, Idempotency-Key). */
export const ORDER_ID_NAMESPACE = "5b0a6f2e-3c1d-4e8f-9a47-1d6e2c7b8f90";

const ORDER_ID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
const orderIdExpression = new RegExp(ORDER_ID_PATTERN);

export const OrderId = Type.String({
  pattern: ORDER_ID_PATTERN,
  description: "A UUID in lower case. Of an order with an Idempotency-Key it is the UUIDv5 of that key",
  examples: ["0d3cbf5e-7d5c-5a43-9c47-3f1e8a2b6c10"],
});

/** The id of the order that is submitted under this key. */
export function orderIdFromKey(idempotencyKey: string): string {
  return v5(idempotencyKey, ORDER_ID_NAMESPACE);
}

/** True for a UUID as this service writes it: another spelling would be another key, on another shard. */
export function isOrderId(text: string): boolean {
  return orderIdExpression.test(text);
}
