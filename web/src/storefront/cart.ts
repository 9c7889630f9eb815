/** What the customer has picked: quantities by article, in the order of picking. Prices stay in the catalogue. */
import type { Catalogue, CatalogueItem, Money, RequestedItem } from "../api/wire.ts";

export type Cart = readonly RequestedItem[];

export const EMPTY_CART: Cart = [];
/** The most of one article that the page lets a customer pick. */
export const MAX_QUANTITY = 20;

/** A picked article with its place in the catalogue. */
export interface CartLine {
  readonly item: CatalogueItem;
  readonly quantity: number;
  readonly totalMinor: number;
}

export function quantityOf(cart: Cart, sku: string): number {
  return cart.find((picked) => picked.sku === sku)?.quantity ?? 0;
}

/** Sets how many of an article are picked, held between none and the most allowed; with none its line goes. */
export function withQuantity(cart: Cart, sku: string, quantity: number): Cart {
  const held = Math.min(Math.max(Math.trunc(quantity), 0), MAX_QUANTITY);
  if (held === 0) return cart.filter((picked) => picked.sku !== sku);
  if (quantityOf(cart, sku) === 0) return [...cart, { sku, quantity: held }];
  return cart.map((picked) => (picked.sku === sku ? { sku, quantity: held } : picked));
}

/** The cart without what the catalogue no longer offers. */
export function offeredOf(cart: Cart, catalogue: Catalogue): Cart {
  return cart.filter(({ sku }) => catalogue.items.some((item) => item.sku === sku));
}

/** The lines to show; an article that the catalogue does not offer has none. */
export function linesOf(cart: Cart, catalogue: Catalogue): readonly CartLine[] {
  return cart.flatMap(({ sku, quantity }) => {
    const item = catalogue.items.find((candidate) => candidate.sku === sku);
    return item === undefined ? [] : [{ item, quantity, totalMinor: item.priceMinor * quantity }];
  });
}

export function totalOf(lines: readonly CartLine[], currency: string): Money {
  return { amountMinor: lines.reduce((sum, { totalMinor }) => sum + totalMinor, 0), currency };
}

export function countOf(cart: Cart): number {
  return cart.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Reads a stored cart; whatever is not a line of one is left out. */
export function cartFrom(stored: unknown): Cart {
  if (!Array.isArray(stored)) return EMPTY_CART;
  return stored.reduce<Cart>((cart, entry: unknown) => {
    const { sku, quantity } = (entry ?? {}) as { sku?: unknown; quantity?: unknown };
    return typeof sku === "string" && Number.isSafeInteger(quantity)
      ? withQuantity(cart, sku, quantity as number)
      : cart;
  }, EMPTY_CART);
}
