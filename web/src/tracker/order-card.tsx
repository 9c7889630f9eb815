/** What was ordered, by whom, and what it costs. */
import type { OrderView } from "../api/wire.ts";
import { formatMoney } from "../money.ts";
import { DishArt } from "../storefront/art/dish-art.tsx";

export function OrderCard({ order }: { readonly order: OrderView }) {
  const { items, total, paid, customer, orderId } = order;
  return (
    <section class="card order-card" aria-labelledby="order-card-title">
      <h2 id="order-card-title" class="card-title">
        What you ordered
      </h2>
      {items.length === 0 && <p class="soft">The articles appear once the order has been read.</p>}
      <ul class="order-lines">
        {items.map(({ sku, quantity, name, unitPriceMinor }) => (
          <li key={sku} class="order-line">
            <DishArt sku={sku} />
            <span class="order-line-name">
              {name ?? sku}
              <span class="soft">
                {quantity} ×
                {unitPriceMinor !== undefined && total !== null
                  ? ` ${formatMoney({ amountMinor: unitPriceMinor, currency: total.currency })}`
                  : ""}
              </span>
            </span>
            {unitPriceMinor !== undefined && total !== null && (
              <span class="line-total">
                {formatMoney({ amountMinor: unitPriceMinor * quantity, currency: total.currency })}
              </span>
            )}
          </li>
        ))}
      </ul>
      {total !== null && (
        <p class="total">
          <span>Total</span>
          <strong>{formatMoney(total)}</strong>
        </p>
      )}
      <dl class="facts">
        {paid !== null && (
          <>
            <dt>Paid</dt>
            <dd>{formatMoney(paid)}</dd>
          </>
        )}
        {customer !== null && (
          <>
            <dt>For</dt>
            <dd>
              {customer.name}
              <br />
              {customer.email}
            </dd>
          </>
        )}
        <dt>Order id</dt>
        <dd class="mono">{orderId}</dd>
      </dl>
    </section>
  );
}
