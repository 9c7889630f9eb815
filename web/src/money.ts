/**
 * Shows amounts of money. The number of decimals comes from ISO 4217, as the service counts them: a
 * browser's own currency data differs for some (it shows a Hungarian forint without its two decimals).
 */
import type { Money } from "./api/wire.ts";

/** Decimals by currency where ISO 4217 does not say 2. */
const UNUSUAL_EXPONENTS: readonly (readonly [exponent: number, codes: string])[] = [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
  [4, "CLF UYW"],
];

/** The amount as the reader's locale writes it, for example `€21.30`; exact for every safe integer. */
export function formatMoney(money: Money, locale?: string): string {
  const exponent = exponentOf(money.currency);
  const digits = String(money.amountMinor).padStart(exponent + 1, "0");
  const point = digits.length - exponent;
  const decimal = exponent === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency: money.currency,
    minimumFractionDigits: exponent,
    maximumFractionDigits: exponent,
  });
  return format.format(decimal as Intl.StringNumericLiteral);
}

function exponentOf(currency: string): number {
  return UNUSUAL_EXPONENTS.find(([, codes]) => codes.split(" ").includes(currency))?.[0] ?? 2;
}
