/** What a shop sells, and the only source of prices: a client never names one. */
import { isAmount, type Money } from "./money.ts";

export interface CatalogueItem {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly priceMinor: number;
}

export interface Catalogue {
  /** ISO 4217 code of every price in this catalogue. */
  readonly currency: string;
  readonly items: readonly CatalogueItem[];
}

/** What was asked for: an article and how many of it. */
export interface RequestedItem {
  readonly sku: string;
  readonly quantity: number;
}

/** A requested item with the name and price it had when the order was received. */
export interface OrderLine extends RequestedItem {
  readonly name: string;
  readonly unitPriceMinor: number;
}

export type Pricing =
  | { readonly type: "priced"; readonly lines: readonly OrderLine[]; readonly total: Money }
  | { readonly type: "unknownItem"; readonly sku: string }
  | { readonly type: "tooLarge" };

/**
 * Prices a request from the catalogue.
 * @returns the lines with their prices and the total, or why there is no price: an item that is not
 *   in the catalogue, or a total beyond what integers carry exactly.
 */
export function priceItems(catalogue: Catalogue, items: readonly RequestedItem[]): Pricing {
  const lines: OrderLine[] = [];
  let amountMinor = 0;
  for (const { sku, quantity } of items) {
    const item = catalogue.items.find((candidate) => candidate.sku === sku);
    if (item === undefined) return { type: "unknownItem", sku };
    amountMinor += item.priceMinor * quantity;
    if (!isAmount(amountMinor)) return { type: "tooLarge" };
    lines.push({ sku, quantity, name: item.name, unitPriceMinor: item.priceMinor });
  }
  return { type: "priced", lines, total: { amountMinor, currency: catalogue.currency } };
}
