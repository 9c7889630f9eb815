/** Reads orders for people: from the event store by id, from the read model by list, and live as they move. */
import type { OrderStatus } from "../domain/order.ts";
import type { OrderView, ShownStatus, TimelineEvent } from "./order-view.ts";

export interface OrderPage {
  readonly orders: readonly OrderView[];
  /** Where the next page begins; null on the last page. */
  readonly next: PageKey | null;
}

/** The sort key of the last order on a page: orders received later do not move it. */
export interface PageKey {
  readonly receivedAtMs: number;
  readonly orderId: string;
}

export interface OrderSubscription {
  /** Ends the subscription. Idempotent. */
  close(): void;
}

export interface OrderReader {
  /** The order now; null when there is none. An order that is only in the log reads `accepted`. */
  get(orderId: string): Promise<OrderView | null>;
  /** The order once it reaches or passes `until`, or as it is after `waitMs`. */
  waitFor(orderId: string, until: ShownStatus, waitMs: number, signal: AbortSignal): Promise<OrderView | null>;
  /** Every event of the order, oldest first; null when there is no such order, empty while it is only accepted. */
  timeline(orderId: string): Promise<readonly TimelineEvent[] | null>;
  /** Calls `onChange` after each commit of the order that this process learns of; it may call more often than needed. */
  watch(orderId: string, onChange: () => void): OrderSubscription;
  /** Orders, newest first. */
  list(query: {
    readonly status?: OrderStatus;
    readonly customerEmail?: string;
    readonly limit: number;
    readonly after?: PageKey;
  }): Promise<OrderPage>;
}
