/**
 * Shows amounts of money as the service writes them, so that a customer can compare page and mail at a glance: browsers
 * write other signs in each locale, and count other decimals for some currencies than ISO 4217.
 */
import type { Money } from "./api/wire.ts";

/** Decimals by currency where ISO 4217 does not say 2. */
const UNUSUAL_EXPONENTS: readonly (readonly [exponent: number, codes: string])[] = [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
  [4, "CLF UYW"],
];

/** The amount as the mails and the service's sentences write it, for example `21.30 EUR`, never broken over two lines. */
export function formatMoney({ amountMinor, currency }: Money): string {
  const exponent = exponentOf(currency);
  const digits = String(amountMinor).padStart(exponent + 1, "0");
  const point = digits.length - exponent;
  return `${exponent === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`}\u00a0${currency}`;
}

function exponentOf(currency: string): number {
  return UNUSUAL_EXPONENTS.find(([, codes]) => codes.split(" ").includes(currency))?.[0] ?? 2;
}
