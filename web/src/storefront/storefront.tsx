/** The shop: the menu, and beside it (or, on a phone, in a sheet from below) the order as it grows. */
import { useEffect, useState } from "preact/hooks";
import { getCatalogue } from "../api/client.ts";
import type { Problem } from "../api/problem.ts";
import type { Catalogue, CatalogueItem } from "../api/wire.ts";
import { useAnnounce } from "../shell/announcer.tsx";
import { Failure, Skeleton } from "../shell/notices.tsx";
import { useTitle } from "../shell/router.tsx";
import { useStored } from "../shell/stored.ts";
import { useMedia, WIDE } from "../shell/use-media.ts";
import { cartFrom, offeredOf, withQuantity } from "./cart.ts";
import { Menu } from "./menu.tsx";
import { OrderPanel } from "./order-panel.tsx";
import { OrderSheet } from "./order-sheet.tsx";
import { useCheckout } from "./use-checkout.ts";

export function Storefront() {
  useTitle("Menu");
  const { catalogue, problem, load } = useCatalogue();
  return (
    <>
      <section class="hero">
        <div class="hero-label">
          <h1>Supper, woven to order</h1>
          <p>Pick a few plates, pay with play money, and watch your order travel thread by thread.</p>
        </div>
      </section>
      {catalogue !== null && <Shop catalogue={catalogue} />}
      {catalogue === null && problem !== null && (
        <div class="column">
          <Failure problem={problem} onRetry={load} />
        </div>
      )}
      {catalogue === null && problem === null && (
        <div class="shop" aria-busy="true">
          <p class="visually-hidden">Loading the menu</p>
          <Skeleton count={6} kind="card" />
        </div>
      )}
    </>
  );
}

function Shop({ catalogue }: { readonly catalogue: Catalogue }) {
  const [stored, updateCart] = useStored("orderloom.cart", cartFrom);
  const cart = offeredOf(stored, catalogue);
  const checkout = useCheckout(cart, updateCart);
  const isWide = useMedia(WIDE);
  const announce = useAnnounce();

  const setQuantity = (item: CatalogueItem, quantity: number) => {
    updateCart((current) => withQuantity(current, item.sku, quantity));
    announce(quantity > 0 ? `${quantity} × ${item.name} in your order` : `${item.name} removed from your order`);
  };
  const panel = { catalogue, cart, checkout, onQuantity: setQuantity };
  return (
    <div class="shop">
      <Menu catalogue={catalogue} cart={cart} onQuantity={setQuantity} />
      {isWide ? <OrderPanel {...panel} /> : <OrderSheet {...panel} />}
    </div>
  );
}

function useCatalogue() {
  const [catalogue, setCatalogue] = useState<Catalogue | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const left = new AbortController();
    setProblem(null);
    void getCatalogue(left.signal).then((answer) => {
      if (left.signal.aborted) return;
      if (answer.type === "ok") setCatalogue(answer.value);
      else setProblem(answer.problem);
    });
    return () => left.abort();
  }, [turn]);
  return { catalogue, problem, load: () => setTurn((current) => current + 1) };
}
