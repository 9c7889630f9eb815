/** An order as people and clients read it: the same shape from the event store and from the read model. */
import type { RequestedItem } from "../domain/catalogue.ts";
import type { Customer } from "../domain/messages.ts";
import type { Money } from "../domain/money.ts";
import { balancesOf, isFinal, type MoneyStatus, moneyStatusOf, type Order, type OrderStatus } from "../domain/order.ts";

/** `accepted`: stored in the log, and its shard has not come to it yet. */
export type ShownStatus = "accepted" | OrderStatus;

export interface OrderView {
  readonly orderId: string;
  readonly status: ShownStatus;
  readonly customer: Customer | null;
  readonly items: readonly (RequestedItem & { readonly name?: string; readonly unitPriceMinor?: number })[];
  readonly total: Money | null;
  /** What has been credited to the order; null until something is. */
  readonly paid: Money | null;
  /** `parked`: it came before the order, and waits for it. */
  readonly money: MoneyStatus | "parked";
  /** What must go back to the customer, one amount for each currency. */
  readonly refundDue: readonly Money[];
  readonly reason: string | null;
  /** The number of the order's last event; 0 while it is only accepted. */
  readonly version: number;
  /** ISO 8601 instants in UTC. */
  readonly receivedAt: string;
  readonly updatedAt: string;
}

/** One entry of an order's timeline. */
export interface TimelineEvent {
  readonly sequence: number;
  readonly type: string;
  readonly occurredAt: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly causeId: string;
}

/** True once nothing more will happen to an order by itself: it is done, or its mail was refused for good. */
export function isSettled({ status, reason }: Pick<OrderView, "status" | "reason">): boolean {
  return (status !== "accepted" && isFinal(status)) || (status === "confirmed" && reason !== null);
}

/** Shows a folded order; `receivedAt` and `updatedAt` are the recording times of its first and last commit. */
export function viewOf(orderId: string, order: Order, times: { receivedAt: string; updatedAt: string }): OrderView {
  const balances = balancesOf(order);
  const applied = balances.find(({ appliedMinor }) => appliedMinor > 0);
  return {
    orderId,
    status: order.status,
    customer: order.details?.customer ?? null,
    items: order.details === null ? [] : order.details.lines.length > 0 ? order.details.lines : order.details.items,
    total: order.details?.total ?? null,
    paid: applied === undefined ? null : { amountMinor: applied.appliedMinor, currency: applied.currency },
    money: balances.some(({ parkedMinor }) => parkedMinor > 0) ? "parked" : moneyStatusOf(order),
    refundDue: balances
      .filter(({ refundDueMinor }) => refundDueMinor > 0)
      .map(({ refundDueMinor, currency }) => ({ amountMinor: refundDueMinor, currency })),
    reason: order.reason,
    version: order.version,
    receivedAt: order.details?.submittedAt ?? times.receivedAt,
    updatedAt: times.updatedAt,
  };
}
