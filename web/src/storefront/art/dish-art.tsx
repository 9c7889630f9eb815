/** The picture of an article. The catalogue carries none, so the page draws those it knows and covers the rest. */
import type { ComponentType } from "preact";
import { CoveredDish, Espresso, Lemonade } from "./drinks.tsx";
import { Diavola, Focaccia, Funghi, Margherita } from "./pizzas.tsx";
import { Burrata, Caesar, Gnocchi, Lasagne, PannaCotta, Tiramisu } from "./plates.tsx";

interface Picture {
  readonly Dish: ComponentType;
  /** Which of the cloths in the style sheet lies below. */
  readonly cloth: "plain" | "check" | "stripe";
}

const PICTURES: ReadonlyMap<string, Picture> = new Map([
  ["margherita", { Dish: Margherita, cloth: "check" }],
  ["diavola", { Dish: Diavola, cloth: "stripe" }],
  ["funghi", { Dish: Funghi, cloth: "plain" }],
  ["lasagne", { Dish: Lasagne, cloth: "stripe" }],
  ["gnocchi", { Dish: Gnocchi, cloth: "plain" }],
  ["caesar", { Dish: Caesar, cloth: "check" }],
  ["burrata", { Dish: Burrata, cloth: "plain" }],
  ["focaccia", { Dish: Focaccia, cloth: "check" }],
  ["tiramisu", { Dish: Tiramisu, cloth: "stripe" }],
  ["panna-cotta", { Dish: PannaCotta, cloth: "check" }],
  ["lemonade", { Dish: Lemonade, cloth: "stripe" }],
  ["espresso", { Dish: Espresso, cloth: "plain" }],
]);

const COVERED: Picture = { Dish: CoveredDish, cloth: "plain" };

export function DishArt({ sku }: { readonly sku: string }) {
  const { Dish, cloth } = PICTURES.get(sku) ?? COVERED;
  return (
    <div class={`art art-${cloth}`}>
      <svg viewBox="0 0 200 150" aria-hidden="true" focusable="false">
        <Dish />
      </svg>
    </div>
  );
}
