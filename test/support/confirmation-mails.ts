/** Confirmation mails for tests. */
import type { ConfirmationMail } from "../../src/actors/ports.ts";

/** A mail of an order whose id ends in `number`. */
export function confirmationMail(number: number, changes: Partial<ConfirmationMail> = {}): ConfirmationMail {
  const orderId = `0d3cbf5e-7d5c-5a43-9c47-${String(number).padStart(12, "0")}`;
  return {
    kind: "confirmation",
    messageId: `<${orderId}.confirmation@orderloom.example>`,
    orderId,
    customer: { name: "Ada Lovelace", email: `ada${number}@customer.example` },
    lines: [
      { sku: "margherita", name: "Pizza Margherita", quantity: 2, unitPriceMinor: 950 },
      { sku: "tiramisu", name: "Tiramisù", quantity: 1, unitPriceMinor: 610 },
    ],
    total: { amountMinor: 2_510, currency: "EUR" },
    ...changes,
  };
}

/** Stands in for the built template where a test is about how mails travel. */
export function plainTemplate({ orderId, customer }: ConfirmationMail) {
  return { subject: `Order ${orderId}`, text: `Hello ${customer.name}`, html: "<p>Hello</p>" };
}
