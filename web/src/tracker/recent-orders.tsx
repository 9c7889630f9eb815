/** The orders that this browser has placed, newest first: their ids, totals and last known states, and nothing personal. */
import { useCallback } from "preact/hooks";
import type { OrderStatus } from "../api/wire.ts";
import { formatMoney } from "../money.ts";
import { trackerPath } from "../shell/route.ts";
import { Link } from "../shell/router.tsx";
import { useStored } from "../shell/stored.ts";
import { formatMinute } from "../time.ts";
import { STATUS_TEXTS, shortIdOf } from "./order-texts.ts";
import { type RecentOrder, recentFrom, unpaidOf, withRecent, withStatus } from "./recent.ts";

export function useRecentOrders() {
  const [orders, update] = useStored("orderloom.orders", recentFrom);
  const remember = useCallback((order: RecentOrder) => update((current) => withRecent(current, order)), [update]);
  const noteStatus = useCallback(
    (orderId: string, status: OrderStatus) => update((current) => withStatus(current, orderId, status)),
    [update],
  );
  return { orders, unpaid: unpaidOf(orders), remember, noteStatus };
}

/** The list of them, as links to their trackers. */
export function RecentOrders({ current }: { readonly current: string }) {
  const { orders } = useRecentOrders();
  if (orders.length === 0) return null;
  return (
    <section class="card recent" aria-labelledby="recent-title">
      <h2 id="recent-title" class="card-title">
        Orders from this browser
      </h2>
      <ul class="recent-list">
        {orders.map(({ orderId, total, status, placedAt }) => (
          <li key={orderId}>
            <Link
              href={trackerPath(orderId)}
              class="recent-link"
              aria-current={orderId === current ? "page" : undefined}
            >
              <span class="recent-name">
                {shortIdOf(orderId)} <time dateTime={placedAt}>{formatMinute(placedAt)}</time>
              </span>
              <span class="recent-total">{formatMoney(total)}</span>
              <span class={`chip chip-${STATUS_TEXTS[status].tone}`}>{STATUS_TEXTS[status].label}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
