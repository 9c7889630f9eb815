/**
 * Submissions that this process took and whose orders may not be in the event store yet. It answers a repeated
 * key at once and lets an order read `accepted` until its shard comes to it. Bounded and in memory: what it
 * forgets is found in the store.
 */
import { LRUCache } from "lru-cache";
import type { OrderLine } from "../domain/catalogue.ts";
import type { Customer } from "../domain/messages.ts";
import type { Money } from "../domain/money.ts";
import type { OrderView } from "./order-view.ts";

export interface AcceptedOrder {
  readonly customer: Customer;
  /** With the names and prices that the answer was made from, which the order shows later on, too. */
  readonly items: readonly OrderLine[];
  readonly total: Money;
  /** ISO 8601 instant in UTC. */
  readonly submittedAt: string;
  /** Resolves once the submission is durable; rejects when that is not known. */
  readonly stored: Promise<void>;
}

export type AcceptedOrders = LRUCache<string, AcceptedOrder>;

/** @param capacity how many submissions are remembered; well above what is ever unprocessed at once. */
export function createAcceptedOrders(capacity: number): AcceptedOrders {
  return new LRUCache({ max: capacity });
}

/** How a submission reads before its shard has come to it. */
export function acceptedView(orderId: string, accepted: AcceptedOrder): OrderView {
  const { customer, items, total, submittedAt } = accepted;
  return {
    orderId,
    status: "accepted",
    customer,
    items,
    total,
    paid: null,
    money: "settled",
    refundDue: [],
    reason: null,
    version: 0,
    receivedAt: submittedAt,
    updatedAt: submittedAt,
  };
}
