import { describe, expect, test } from "vitest";
import { currencyExponent } from "../../../src/domain/money.ts";
import { formatMoney } from "../../../web/src/money.ts";

describe("an amount on the page", () => {
  test.each([
    ["EUR", 2_130, "€21.30"],
    ["EUR", 5, "€0.05"],
    ["JPY", 2_130, "¥2,130"],
    ["HUF", 100_000, "HUF 1,000.00"],
    ["EUR", Number.MAX_SAFE_INTEGER, "€90,071,992,547,409.91"],
  ])("of %s %d minor units reads %s", (currency, amountMinor, shown) => {
    expect(formatMoney({ amountMinor, currency }, "en-US").replaceAll(/\s/g, " ")).toBe(shown);
  });

  test("has as many decimals as the service counts", () => {
    for (const currency of ["EUR", "JPY", "KWD", "CLF", "HUF", "ISK", "UYW", "XPF", "TND"]) {
      const { length } = /\.(\d+)$/.exec(formatMoney({ amountMinor: 1, currency }, "en-US"))?.[1] ?? "";
      expect([currency, length]).toEqual([currency, currencyExponent(currency)]);
    }
  });
});
