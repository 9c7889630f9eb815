/** The order as it grows: what was picked, who orders, and the payment once the order is placed. */
import { useEffect, useRef } from "preact/hooks";
import type { Catalogue, CatalogueItem } from "../api/wire.ts";
import { formatMoney } from "../money.ts";
import { BasketIcon } from "../shell/icons.tsx";
import { Empty, Failure } from "../shell/notices.tsx";
import { trackerPath } from "../shell/route.ts";
import { Link } from "../shell/router.tsx";
import { shortIdOf } from "../tracker/order-texts.ts";
import { useRecentOrders } from "../tracker/recent-orders.tsx";
import { type Cart, type CartLine, countOf, linesOf, totalOf } from "./cart.ts";
import { CustomerForm } from "./customer-form.tsx";
import { QuantityStepper } from "./quantity-stepper.tsx";
import type { Checkout } from "./use-checkout.ts";

export interface OrderPanelProps {
  readonly catalogue: Catalogue;
  readonly cart: Cart;
  readonly checkout: Checkout;
  readonly onQuantity: (item: CatalogueItem, quantity: number) => void;
}

/** The panel beside the menu. */
export function OrderPanel(props: OrderPanelProps) {
  const count = countOf(props.cart);
  return (
    <aside class="panel card" aria-labelledby="panel-title">
      <div class="panel-head">
        <h2 id="panel-title" class="card-title">
          Your order
        </h2>
        <span class={count > 0 ? "count" : "count count-none"}>
          <span data-testid="cart-count">{count}</span>
          <span class="visually-hidden"> {count === 1 ? "item" : "items"}</span>
        </span>
      </div>
      <OrderContent {...props} />
    </aside>
  );
}

/** Keeps keyboard focus in the panel when the line that had it goes. */
function useFocusKeeper(lineCount: number) {
  const content = useRef<HTMLDivElement>(null);
  const previous = useRef(lineCount);
  useEffect(() => {
    const focused = document.activeElement;
    const isLost = focused === document.body || focused instanceof HTMLDialogElement;
    if (lineCount < previous.current && isLost) content.current?.focus();
    previous.current = lineCount;
  }, [lineCount]);
  return content;
}

/** What is in the panel, and on a phone in the sheet. */
export function OrderContent({ catalogue, cart, checkout, onQuantity }: OrderPanelProps) {
  const lines = linesOf(cart, catalogue);
  const total = totalOf(lines, catalogue.currency);
  const content = useFocusKeeper(lines.length);
  return (
    <div class="panel-content" ref={content} tabIndex={-1}>
      {checkout.placed === null ? <UnpaidOrder /> : <PayStep checkout={checkout} />}
      {lines.length === 0 && checkout.placed === null && (
        <Empty title="Nothing picked yet" picture={<BasketIcon />}>
          <p>Add a plate from the menu and it appears here.</p>
        </Empty>
      )}
      {lines.length > 0 && (
        <>
          <ul class="lines">
            {lines.map((line) => (
              <Line key={line.item.sku} line={line} currency={catalogue.currency} onQuantity={onQuantity} />
            ))}
          </ul>
          <p class="total">
            <span>Total</span>
            <strong>{formatMoney(total)}</strong>
          </p>
          <CustomerForm checkout={checkout} />
        </>
      )}
    </div>
  );
}

interface LineProps {
  readonly line: CartLine;
  readonly currency: string;
  readonly onQuantity: (item: CatalogueItem, quantity: number) => void;
}

function Line({ line: { item, quantity, totalMinor }, currency, onQuantity }: LineProps) {
  return (
    <li class="line">
      <span class="line-name">{item.name}</span>
      <QuantityStepper name={item.name} quantity={quantity} onChange={(next) => onQuantity(item, next)} />
      <span class="line-total">{formatMoney({ amountMinor: totalMinor, currency })}</span>
    </li>
  );
}

function PayStep({ checkout }: { readonly checkout: Checkout }) {
  const { placed, isSending, problem } = checkout;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  if (placed === null) return null;
  return (
    <section class="pay" aria-labelledby="pay-title">
      <h3 id="pay-title" class="pay-title" ref={title} tabIndex={-1}>
        Order {shortIdOf(placed.orderId)} is placed
      </h3>
      <p>One step left. The demo payment provider takes play money only.</p>
      {problem && <Failure problem={problem} />}
      <button
        type="button"
        class="button button-primary button-wide"
        data-testid="pay"
        aria-disabled={isSending}
        onClick={() => void checkout.pay()}
      >
        {isSending ? "Paying…" : `Pay ${formatMoney(placed.total)}`}
      </button>
      <button type="button" class="button button-quiet button-wide" onClick={checkout.payLater}>
        Pay later, show the order
      </button>
    </section>
  );
}

/** Leads back to an order that was placed here and, when last seen, still waited for its payment. */
function UnpaidOrder() {
  const { unpaid } = useRecentOrders();
  if (unpaid === null) return null;
  return (
    <div class="notice notice-warn">
      <div class="notice-body">
        <p class="notice-title">
          Order {shortIdOf(unpaid.orderId)} waits for {formatMoney(unpaid.total)}
        </p>
        <Link href={trackerPath(unpaid.orderId)}>Go to its payment</Link>
      </div>
    </div>
  );
}
