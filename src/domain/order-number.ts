/**
 * What people call an order: short enough to say aloud, and the same on the page and in the mail. It is not unique; the
 * order's id is.
 */
const DIGITS = 6;

/** For example `#BA2035`. */
export function orderNumberOf(orderId: string): string {
  return `#${orderId.replaceAll("-", "").slice(-DIGITS).toUpperCase()}`;
}
