/** What the bench orders: made from a number, so that every run sends the same requests. */

const NAMES = ["Ada Lovelace", "Grace Hopper", "Zoë Müller", "Edsger Dijkstra", "Barbara Liskov", "José Álvarez"];

/** The body of `POST /orders` for the order with this number: one to three items. */
export function orderBody(number: number, skus: readonly string[]) {
  const items = Array.from({ length: 1 + (number % 3) }, (_, index) => ({
    sku: skus[(number + index) % skus.length] ?? "",
    quantity: 1 + ((number + index) % 4),
  }));
  const name = NAMES[number % NAMES.length] ?? "";
  return { customer: { name, email: `customer-${number % 5_000}@example.com` }, items };
}
