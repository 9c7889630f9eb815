/**
 * The order on a phone: a bar along the bottom with the count and total, and a sheet that it opens. While nothing is
 * picked and an order of this browser waits for its payment, the bar leads there.
 */
import { useEffect, useRef } from "preact/hooks";
import { formatMoney } from "../money.ts";
import { BasketIcon, CrossIcon } from "../shell/icons.tsx";
import { trackerPath } from "../shell/route.ts";
import { Link } from "../shell/router.tsx";
import { shortIdOf } from "../tracker/order-texts.ts";
import type { RecentOrder } from "../tracker/recent.ts";
import { useRecentOrders } from "../tracker/recent-orders.tsx";
import { countOf, linesOf, totalOf } from "./cart.ts";
import { OrderContent, type OrderPanelProps } from "./order-panel.tsx";

export function OrderSheet(props: OrderPanelProps) {
  const sheet = useRef<HTMLDialogElement>(null);
  const { catalogue, cart, checkout } = props;
  const { unpaid } = useRecentOrders();
  const count = countOf(cart);
  const total = checkout.placed?.total ?? totalOf(linesOf(cart, catalogue), catalogue.currency);
  const body = useRef<HTMLDivElement>(null);
  const isPlaced = checkout.placed !== null;
  useEffect(() => {
    if (isPlaced) body.current?.scrollTo(0, 0);
  }, [isPlaced]);

  return (
    <>
      <div class="bar">
        {count === 0 && !isPlaced && unpaid !== null ? (
          <UnpaidLink unpaid={unpaid} />
        ) : (
          <button
            type="button"
            class="button button-primary bar-button"
            data-testid="open-cart"
            aria-haspopup="dialog"
            onClick={() => sheet.current?.showModal()}
          >
            <span class="bar-count">
              <BasketIcon />
              <span data-testid="cart-count">{count}</span>
            </span>
            <span>{isPlaced ? "Pay your order" : count === 0 ? "Your order is empty" : "View your order"}</span>
            <span>{formatMoney(total)}</span>
          </button>
        )}
      </div>
      <dialog class="sheet" ref={sheet} aria-labelledby="sheet-title">
        <div class="panel-head">
          <h2 id="sheet-title" class="card-title">
            Your order
          </h2>
          <button type="button" class="button button-icon" aria-label="Close" onClick={() => sheet.current?.close()}>
            <CrossIcon />
          </button>
        </div>
        <div class="sheet-body" ref={body}>
          <OrderContent {...props} />
        </div>
      </dialog>
    </>
  );
}

function UnpaidLink({ unpaid: { orderId, total } }: { readonly unpaid: RecentOrder }) {
  return (
    <Link href={trackerPath(orderId)} class="button button-primary bar-button" data-testid="open-unpaid">
      <span>
        Order {shortIdOf(orderId)} waits for {formatMoney(total)}
      </span>
      <span>Pay</span>
    </Link>
  );
}
