/** What a store gives back that writes its values down: the same value, apart from the one that was handed in. */

/**
 * A copy of plain data, without what is undefined. It comes much sooner than by way of a text.
 * @throws TypeError for what JSON does not hold: no store would give it back as it was.
 */
export function copyOfJson<Value>(value: Value): Value {
  return copy(value) as Value;
}

/** A field like any other: an assignment to `__proto__` would set no field. */
const OWN = { configurable: true, enumerable: true, writable: true };

function copy(value: unknown): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) {
    throw new TypeError(`JSON does not hold a value of type ${typeof value} that is no plain object`);
  }
  const copied: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    if (key === "__proto__") Object.defineProperty(copied, key, { ...OWN, value: copy(item) });
    else copied[key] = copy(item);
  }
  return copied;
}
