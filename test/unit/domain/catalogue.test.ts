import { describe, expect, test } from "vitest";
import { type Catalogue, priceItems } from "../../../src/domain/catalogue.ts";
import { CATALOGUE, ITEMS, TOTAL } from "../../support/order-messages.ts";

describe("pricing a request", () => {
  test("takes names and prices from the catalogue and adds them up", () => {
    expect(priceItems(CATALOGUE, ITEMS)).toEqual({
      type: "priced",
      lines: [
        { sku: "margherita", quantity: 2, name: "Pizza Margherita", unitPriceMinor: 950 },
        { sku: "tiramisu", quantity: 1, name: "Tiramisù", unitPriceMinor: 550 },
      ],
      total: TOTAL,
    });
  });

  test("keeps an article that is asked for twice as two lines", () => {
    const priced = priceItems(
      CATALOGUE,
      [ITEMS[1], ITEMS[1]].filter((item) => item !== undefined),
    );
    expect(priced).toMatchObject({ lines: [{ sku: "tiramisu" }, { sku: "tiramisu" }], total: { amountMinor: 1_100 } });
  });

  test.each(["pizza-hawaii", "constructor", "__proto__"])("knows no article %s", (sku) => {
    expect(priceItems(CATALOGUE, [...ITEMS, { sku, quantity: 1 }])).toEqual({ type: "unknownItem", sku });
  });

  test("refuses a total that integers cannot carry exactly", () => {
    const dear: Catalogue = {
      currency: "EUR",
      items: [{ sku: "palace", name: "Palace", description: "", priceMinor: Number.MAX_SAFE_INTEGER }],
    };
    expect(priceItems(dear, [{ sku: "palace", quantity: 1 }])).toMatchObject({ type: "priced" });
    expect(priceItems(dear, [{ sku: "palace", quantity: 2 }])).toEqual({ type: "tooLarge" });
  });

  test.each([
    ["JPY", 1_250],
    ["KWD", 1_250],
  ])("counts in the minor unit of %s", (currency, priceMinor) => {
    const catalogue: Catalogue = { currency, items: [{ sku: "tea", name: "Tea", description: "", priceMinor }] };
    const total = { amountMinor: 3_750, currency };
    expect(priceItems(catalogue, [{ sku: "tea", quantity: 3 }])).toMatchObject({ total });
  });
});
