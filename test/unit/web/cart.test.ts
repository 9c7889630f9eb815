import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Cart,
  cartFrom,
  countOf,
  EMPTY_CART,
  linesOf,
  MAX_QUANTITY,
  offeredOf,
  quantityOf,
  totalOf,
  withQuantity,
} from "../../../web/src/storefront/cart.ts";

const CATALOGUE = {
  currency: "EUR",
  items: [
    { sku: "soup", name: "Soup", description: "", priceMinor: 450 },
    { sku: "bread", name: "Bread", description: "", priceMinor: 120 },
  ],
};

describe("a cart", () => {
  test("keeps articles in the order of picking, and drops one with quantity 0", () => {
    const cart = withQuantity(withQuantity(EMPTY_CART, "soup", 2), "bread", 1);
    expect(cart).toEqual([
      { sku: "soup", quantity: 2 },
      { sku: "bread", quantity: 1 },
    ]);
    expect(withQuantity(cart, "soup", 0)).toEqual([{ sku: "bread", quantity: 1 }]);
    expect(countOf(cart)).toBe(3);
  });

  test("shows lines and a total from the catalogue's prices", () => {
    const lines = linesOf(
      [
        { sku: "soup", quantity: 2 },
        { sku: "gone", quantity: 5 },
        { sku: "bread", quantity: 1 },
      ],
      CATALOGUE,
    );
    expect(lines.map(({ totalMinor }) => totalMinor)).toEqual([900, 120]);
    expect(totalOf(lines, "EUR")).toEqual({ amountMinor: 1_020, currency: "EUR" });
  });

  test("loses what the catalogue no longer offers", () => {
    expect(
      offeredOf(
        [
          { sku: "gone", quantity: 1 },
          { sku: "soup", quantity: 1 },
        ],
        CATALOGUE,
      ),
    ).toEqual([{ sku: "soup", quantity: 1 }]);
  });

  test("holds quantities between none and the most allowed, whatever is asked for", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom("soup", "bread"), fc.integer({ min: -5, max: 50 }))), (steps) => {
        const cart = steps.reduce<Cart>((before, [sku, quantity]) => withQuantity(before, sku, quantity), EMPTY_CART);
        expect(new Set(cart.map(({ sku }) => sku)).size).toBe(cart.length);
        for (const { sku, quantity } of cart) {
          expect(quantity).toBeGreaterThan(0);
          expect(quantity).toBeLessThanOrEqual(MAX_QUANTITY);
          expect(quantityOf(cart, sku)).toBe(quantity);
        }
      }),
    );
  });

  test("reads only lines from what a browser stored", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (stored) => {
        for (const line of cartFrom(stored))
          expect(line).toEqual({ sku: expect.any(String), quantity: expect.any(Number) });
      }),
    );
    expect(cartFrom([{ sku: "soup", quantity: 2 }, { sku: 1 }, null])).toEqual([{ sku: "soup", quantity: 2 }]);
  });
});
