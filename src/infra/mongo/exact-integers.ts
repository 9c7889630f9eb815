/**
 * Keeps whole numbers whole in the store. The driver stores a number beyond 32 bits as a double, in which sums of the
 * database would lose their last digits; as a 64-bit integer it stays exact and reads back as the same number.
 */
import { Long } from "mongodb";

const MAX_INT32 = 0x7fff_ffff;

/** The number as the store should have it. */
export function exactInteger(value: number): number | Long {
  return Number.isSafeInteger(value) && (value > MAX_INT32 || value < -MAX_INT32) ? Long.fromNumber(value) : value;
}

/** A value of JSON with all its whole numbers exact; the same value where there is nothing to change. */
export function withExactIntegers(value: unknown): unknown {
  if (typeof value === "number") return exactInteger(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withExactIntegers);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withExactIntegers(inner)]));
}
