/**
 * Reads JSON without taking a number for another one. JSON.parse rounds what a double cannot hold, so that 100.00000000000000001
 * would be a whole number of cents. Such a number is handed on as what it was, which no schema takes for an integer; so unknown
 * fields of a webhook may hold whatever they like.
 */

/** Stands where a number stood that JSON.parse rounds to a whole one. */
export class RoundedNumber {
  /** As it is written. */
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** A property's number with sixteen digits or more, a fraction or an exponent: only such ones can be rounded to a whole one. */
const SUSPECT = /"\s*:\s*-?(?:\d{16}|\d+[.eE])/;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const MAX_SHOWN = 40;

/** True when `parseJson` may read a text otherwise than JSON.parse does. To ask costs a fifth of reading it. */
export function mayHoldRoundedNumbers(text: string): boolean {
  return SUSPECT.test(text);
}

/** @throws SyntaxError as JSON.parse does, or RangeError for a text with a suspect number that is nested thousands deep. */
export function parseJson(text: string): unknown {
  return mayHoldRoundedNumbers(text) ? JSON.parse(text, keepRounded as Reviver) : JSON.parse(text);
}

/** What is wrong with the value at a JSON pointer, in words that follow its name; null where no rounded number is. */
export function roundedNumberAt(value: unknown, pointer: string): string | null {
  let place = value;
  for (const step of pointer.split("/").slice(1)) place = (place as Readonly<Record<string, unknown>> | null)?.[step];
  if (!(place instanceof RoundedNumber)) return null;
  const { source } = place;
  const shown = source.length > MAX_SHOWN ? `${source.slice(0, MAX_SHOWN)}…` : source;
  return `must be an integer that is counted exactly, and is written as ${shown}`;
}

/** Its third argument is not in the types yet. */
type Reviver = (key: string, value: unknown) => unknown;

function keepRounded(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  return typeof value === "number" && source !== undefined && isRounded(value, source)
    ? new RoundedNumber(source)
    : value;
}

/** True when a whole number was read, and another number is written. */
function isRounded(value: number, source: string): boolean {
  if (!Number.isInteger(value)) return false;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = NUMBER.exec(source) ?? [];
  const digits = `${whole}${fraction}`;
  // Not by a regular expression: that would take its time with a hundred thousand zeros before the last digit.
  let end = digits.length;
  while (digits[end - 1] === "0") end -= 1;
  if (end === 0) return false;
  const power = Number(exponent) - fraction.length + (digits.length - end);
  // A whole number that is a double is below 10 to the power of 309.
  return power < 0 || BigInt(`${sign}${digits.slice(0, end)}`) * 10n ** BigInt(power) !== BigInt(value);
}
