/** A short memory of the orders placed from this browser. */
import type { Money, OrderStatus } from "../api/wire.ts";
import { isStatus } from "./order-texts.ts";

export interface RecentOrder {
  readonly orderId: string;
  readonly placedAt: string;
  readonly total: Money;
  /** The state it was last seen in. */
  readonly status: OrderStatus;
}

/** How many orders are remembered. */
export const MAX_RECENT = 8;

/** Puts an order first; the oldest beyond the limit is forgotten. */
export function withRecent(orders: readonly RecentOrder[], order: RecentOrder): readonly RecentOrder[] {
  return [order, ...orders.filter(({ orderId }) => orderId !== order.orderId)].slice(0, MAX_RECENT);
}

/** Notes the state an order is in now; an order that is not remembered stays so. */
export function withStatus(
  orders: readonly RecentOrder[],
  orderId: string,
  status: OrderStatus,
): readonly RecentOrder[] {
  return orders.map((order) => (order.orderId === orderId ? { ...order, status } : order));
}

/** The newest order that waited for its payment when it was last seen; null when none did. */
export function unpaidOf(orders: readonly RecentOrder[]): RecentOrder | null {
  return orders.find(({ status }) => status === "accepted" || status === "received") ?? null;
}

/** Reads stored orders; whatever is not one is left out. */
export function recentFrom(stored: unknown): readonly RecentOrder[] {
  return Array.isArray(stored) ? stored.filter(isRecentOrder).slice(0, MAX_RECENT) : [];
}

function isRecentOrder(value: unknown): value is RecentOrder {
  const order = (value ?? {}) as Partial<Record<keyof RecentOrder, unknown>>;
  const total = (order.total ?? {}) as Partial<Record<keyof Money, unknown>>;
  return (
    typeof order.orderId === "string" &&
    typeof order.placedAt === "string" &&
    Number.isSafeInteger(total.amountMinor) &&
    typeof total.currency === "string" &&
    /^[A-Z]{3}$/.test(total.currency) &&
    isStatus(order.status)
  );
}
