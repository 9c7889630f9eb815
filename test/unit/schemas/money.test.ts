import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { currencyExponent } from "../../../src/domain/money.ts";
import { CURRENCIES, Currency } from "../../../src/schemas/money.ts";

const currency = Compile(Currency);

describe("a currency", () => {
  test.each(["EUR", "USD", "JPY", "KWD", "CLF", "XAF", "XCG", "SLE"])("may be %s", (code) => {
    expect(currency.Check(code)).toBe(true);
  });

  test.each([
    ["no currency", "XXX"],
    ["the code for tests", "XTS"],
    ["gold", "XAU"],
    ["special drawing rights", "XDR"],
    ["a currency of the past", "DEM"],
    ["made up", "ABC"],
    ["in lower case", "eur"],
    ["followed by something", "EUR "],
    ["empty", ""],
    ["no text", 978],
    ["the name of an object's own", "constructor"],
  ])("may not be %s: %s", (_what, code) => {
    expect(currency.Check(code)).toBe(false);
  });

  test("is known to whoever formats codes, and is listed once", () => {
    const names = new Intl.DisplayNames("en", { type: "currency", fallback: "none" });
    expect(new Set(CURRENCIES).size).toBe(CURRENCIES.length);
    expect(CURRENCIES.filter((code) => names.of(code) === undefined)).toEqual([]);
  });

  test("has the unusual number of digits that the domain knows of", () => {
    const unusual = CURRENCIES.filter((code) => currencyExponent(code) !== 2);
    expect(unusual).toHaveLength(17 + 7 + 2);
  });
});
