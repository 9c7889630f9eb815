import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatMoney as formatInMail } from "../../../src/domain/money.ts";
import { formatMoney } from "../../../web/src/money.ts";

test("an amount reads on the page as it does in the mail, with the decimals of its currency", () => {
  expect(formatMoney({ amountMinor: 2_130, currency: "EUR" })).toBe("21.30\u00a0EUR");
  const currencies = fc.constantFrom("EUR", "JPY", "KWD", "CLF", "HUF", "ISK", "UYW", "XPF", "TND");
  fc.assert(
    fc.property(fc.maxSafeNat(), currencies, (amountMinor, currency) => {
      const money = { amountMinor, currency };
      expect(formatMoney(money).replace("\u00a0", " ")).toBe(formatInMail(money));
    }),
  );
});
