import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { currencyExponent, formatMoney, isAmount, sameMoney, sumMinor } from "../../../src/domain/money.ts";

describe("a currency's exponent", () => {
  test.each([
    ["EUR", 2],
    ["USD", 2],
    ["JPY", 0],
    ["KRW", 0],
    ["KWD", 3],
    ["BHD", 3],
    ["CLF", 4],
  ])("of %s is %i", (currency, exponent) => {
    expect(currencyExponent(currency)).toBe(exponent);
  });

  test("is never read from what every object inherits", () => {
    expect(currencyExponent("constructor")).toBe(2);
    expect(currencyExponent("__proto__")).toBe(2);
  });
});

describe("formatted money", () => {
  test.each([
    [{ amountMinor: 1_250, currency: "EUR" }, "12.50 EUR"],
    [{ amountMinor: 5, currency: "EUR" }, "0.05 EUR"],
    [{ amountMinor: 0, currency: "EUR" }, "0.00 EUR"],
    [{ amountMinor: 1_250, currency: "JPY" }, "1250 JPY"],
    [{ amountMinor: 0, currency: "JPY" }, "0 JPY"],
    [{ amountMinor: 1_250, currency: "KWD" }, "1.250 KWD"],
    [{ amountMinor: 7, currency: "KWD" }, "0.007 KWD"],
    [{ amountMinor: Number.MAX_SAFE_INTEGER, currency: "EUR" }, "90071992547409.91 EUR"],
  ])("of %o reads %s", (money, text) => {
    expect(formatMoney(money)).toBe(text);
  });

  test("keeps every digit of every amount", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.constantFrom("EUR", "JPY", "KWD", "CLF"), (amountMinor, currency) => {
        const [digits = ""] = formatMoney({ amountMinor, currency }).split(" ");
        expect(Number(digits.replace(".", ""))).toBe(amountMinor);
        expect(digits.split(".")[1]?.length ?? 0).toBe(currencyExponent(currency));
      }),
    );
  });
});

describe("an amount", () => {
  test.each([0, 1, Number.MAX_SAFE_INTEGER])("can be %d", (amountMinor) => {
    expect(isAmount(amountMinor)).toBe(true);
  });

  test.each([-1, 0.5, Number.MAX_SAFE_INTEGER + 1, Number.NaN, Number.POSITIVE_INFINITY])(
    "cannot be %d",
    (amountMinor) => {
      expect(isAmount(amountMinor)).toBe(false);
    },
  );
});

describe("a sum of amounts", () => {
  test("of nothing is zero", () => {
    expect(sumMinor([])).toBe(0);
  });

  test("is exact up to the largest safe integer", () => {
    expect(sumMinor([Number.MAX_SAFE_INTEGER - 3, 1, 2])).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("beyond that is a bug and throws, rather than lose a cent", () => {
    expect(() => sumMinor([Number.MAX_SAFE_INTEGER, 1])).toThrow(RangeError);
  });
});

test("money is the same only in amount and currency", () => {
  const twelveEuros = { amountMinor: 1_200, currency: "EUR" };
  expect(sameMoney(twelveEuros, { ...twelveEuros })).toBe(true);
  expect(sameMoney(twelveEuros, { ...twelveEuros, amountMinor: 1_201 })).toBe(false);
  expect(sameMoney(twelveEuros, { ...twelveEuros, currency: "USD" })).toBe(false);
});
