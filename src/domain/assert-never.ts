/** Ends an exhaustive switch: the compiler rejects a missed case, and a value from outside the types crashes loudly. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
