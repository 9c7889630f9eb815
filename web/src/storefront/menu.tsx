/** The menu: a card for each article, with its picture, its price and a stepper. */
import type { Catalogue, CatalogueItem } from "../api/wire.ts";
import { formatMoney } from "../money.ts";
import { Empty } from "../shell/notices.tsx";
import { DishArt } from "./art/dish-art.tsx";
import { type Cart, quantityOf } from "./cart.ts";
import { QuantityStepper } from "./quantity-stepper.tsx";

interface MenuProps {
  readonly catalogue: Catalogue;
  readonly cart: Cart;
  readonly onQuantity: (item: CatalogueItem, quantity: number) => void;
}

export function Menu({ catalogue, cart, onQuantity }: MenuProps) {
  return (
    <section class="menu" aria-labelledby="menu-title">
      <h2 id="menu-title" class="section-title">
        Menu
      </h2>
      {catalogue.items.length === 0 && (
        <Empty title="The menu is empty">
          <p>The kitchen has not put anything on it yet.</p>
        </Empty>
      )}
      <ul class="menu-grid">
        {catalogue.items.map((item) => {
          const quantity = quantityOf(cart, item.sku);
          return (
            <li key={item.sku} class={quantity > 0 ? "dish dish-picked" : "dish"}>
              <DishArt sku={item.sku} />
              <div class="dish-body">
                <h3 class="dish-name">{item.name}</h3>
                <p class="dish-text">{item.description}</p>
                <div class="dish-foot">
                  <span class="dish-price">
                    {formatMoney({ amountMinor: item.priceMinor, currency: catalogue.currency })}
                  </span>
                  <QuantityStepper
                    name={item.name}
                    quantity={quantity}
                    addTestId={`add-${item.sku}`}
                    onChange={(next) => onQuantity(item, next)}
                  />
                </div>
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
