/** What an order still waits for: a payment of anything else would be too little or too much. */
import type { Money, OrderView } from "../api/wire.ts";

/** The total less what is credited already; null for an order without a price. */
export function outstandingOf({ total, paid }: Pick<OrderView, "total" | "paid">): Money | null {
  return total === null ? null : { ...total, amountMinor: total.amountMinor - (paid?.amountMinor ?? 0) };
}
