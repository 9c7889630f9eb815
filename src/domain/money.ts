/**
 * Money is an integer number of minor units beside an ISO 4217 code. The exponent (how many minor
 * units make one unit) belongs to the currency: 2 for EUR, 0 for JPY, 3 for KWD. No floating point
 * ever holds an amount.
 */
export interface Money {
  /** Whole minor units, a safe integer of at least 0. */
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code, upper case. */
  readonly currency: string;
}

/** Codes whose exponent is not 2, by exponent, from the ISO 4217 list of active codes (SIX Group, list one). */
const UNUSUAL_EXPONENTS: readonly (readonly [exponent: number, codes: ReadonlySet<string>])[] = [
  [0, new Set("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" "))],
  [3, new Set("BHD IQD JOD KWD LYD OMR TND".split(" "))],
  [4, new Set("CLF UYW".split(" "))],
];

/** How many decimal digits the minor unit of `currency` has; 2 unless ISO 4217 says otherwise. */
export function currencyExponent(currency: string): number {
  return UNUSUAL_EXPONENTS.find(([, codes]) => codes.has(currency))?.[0] ?? 2;
}

/** True for an amount that arithmetic on integers can carry without loss. */
export function isAmount(amountMinor: number): boolean {
  return Number.isSafeInteger(amountMinor) && amountMinor >= 0;
}

/**
 * Adds amounts of one currency.
 * @throws RangeError when the sum no longer fits a safe integer: a bug at the edge, which must refuse it.
 */
export function sumMinor(amounts: readonly number[]): number {
  let sum = 0;
  for (const amount of amounts) {
    sum += amount;
    if (!isAmount(sum)) throw new RangeError("a sum of money left the range of safe integers");
  }
  return sum;
}

/** True when both are the same amount of the same currency. */
export function sameMoney(a: Money, b: Money): boolean {
  return a.amountMinor === b.amountMinor && a.currency === b.currency;
}

/** The amount as people read it, for example `12.50 EUR` or `1250 JPY`; exact, without a locale. */
export function formatMoney(money: Money): string {
  const exponent = currencyExponent(money.currency);
  const digits = String(money.amountMinor).padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  const fraction = digits.slice(digits.length - exponent);
  return exponent === 0 ? `${whole} ${money.currency}` : `${whole}.${fraction} ${money.currency}`;
}
