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

/** Exponents that differ from 2, from the ISO 4217 list of active codes (SIX Group, list one). */
const UNUSUAL_EXPONENTS: Readonly<Record<string, number>> = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0,
  VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
  BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3,
  CLF: 4, UYW: 4,
};

/** How many decimal digits the minor unit of `currency` has; 2 unless ISO 4217 says otherwise. */
export function currencyExponent(currency: string): number {
  return Object.hasOwn(UNUSUAL_EXPONENTS, currency) ? (UNUSUAL_EXPONENTS[currency] as number) : 2;
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
