/** Messages as a point-of-sale system writes them in Avro: with our schemas, or with any other that a test makes up. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import avro from "avsc";
import * as fc from "fast-check";
import type { Message } from "../../src/domain/messages.ts";
import { frame } from "../../src/infra/avro/framing.ts";
import { SCHEMAS_FOLDER } from "../../src/infra/avro/schema-files.ts";
import { CURRENCIES } from "../../src/schemas/money.ts";
import { orderIdFromKey } from "../../src/schemas/order-id.ts";

export type Schema = Readonly<Record<string, unknown>> & {
  readonly fields: readonly Readonly<Record<string, unknown>>[];
};

/** One of our schemas by its subject, for tests to change. */
export function ownSchema(subject: string): Schema {
  return JSON.parse(readFileSync(join(SCHEMAS_FOLDER, `${subject}.avsc`), "utf8")) as Schema;
}

export const PAYMENT_SCHEMA = ownSchema("payments-orderloom.inbox.ReceivePayment");
export const REFUND_SCHEMA = ownSchema("payments-orderloom.inbox.RecordRefund");
export const ORDER_SCHEMA = ownSchema("orders-orderloom.inbox.SubmitOrder");

/** Our schema with another type for one of its fields. */
export function withField(schema: Schema, name: string, type: unknown): Schema {
  return { ...schema, fields: schema.fields.map((field) => (field["name"] === name ? { ...field, type } : field)) };
}

/** Bytes that another library wrote: plain longs, no logical types of ours. */
export function avroOf(schema: unknown, value: unknown): Buffer {
  return avro.Type.forSchema(schema as Parameters<typeof avro.Type.forSchema>[0], { wrapUnions: "auto" }).toBuffer(
    value,
  );
}

export function framedAvro(id: number, schema: unknown, value: unknown): Uint8Array {
  return frame(id, avroOf(schema, value));
}

export const PAYMENT_FIELDS = {
  orderId: orderIdFromKey("checkout-1"),
  paymentId: "pay_1",
  amount: { amountMinor: 1_900, currency: "EUR" },
  paidAt: Date.parse("2026-11-21T09:30:00.000Z"),
};
/** What `PAYMENT_FIELDS` are as a message. */
export const PAYMENT: Message = { type: "ReceivePayment", ...PAYMENT_FIELDS, paidAt: "2026-11-21T09:30:00.000Z" };

const orderId = fc.string().map(orderIdFromKey);
const id = fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/).filter((text) => !/^\.+$/.test(text));
const instant = fc
  .date({ min: new Date(0), max: new Date(253_402_300_799_999), noInvalidDate: true })
  .map((date) => date.toISOString());
const money = fc.record({
  amountMinor: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  currency: fc.constantFrom(...CURRENCIES),
});
const item = fc.record({
  sku: fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/),
  quantity: fc.integer({ min: 1, max: 999 }),
});
const customer = fc.record({
  name: fc.stringMatching(/^[A-Za-zéüß山🚚 .'-]{0,50}[A-Za-zéüß山]$/u),
  email: fc.constant("ada@example.com"),
});

/** Any message that the wire carries. */
export const anyWireMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record(
    {
      type: fc.constant("SubmitOrder" as const),
      orderId,
      customer,
      items: fc.array(item, { minLength: 1, maxLength: 100 }),
      quotedTotal: money,
      submittedAt: instant,
    },
    { requiredKeys: ["type", "orderId", "customer", "items", "submittedAt"] },
  ),
  fc.record({ type: fc.constant("ReceivePayment" as const), orderId, paymentId: id, amount: money, paidAt: instant }),
  fc.record({ type: fc.constant("RecordRefund" as const), orderId, refundId: id, amount: money }),
  fc.record({
    type: fc.constant("CancelOrder" as const),
    orderId,
    commandId: id,
    reason: fc.option(fc.string({ unit: "binary", maxLength: 100 }).map((text) => text.replaceAll("\0", ""))),
  }),
  fc.record(
    {
      type: fc.constant("RecordMail" as const),
      orderId,
      kind: fc.constant("confirmation" as const),
      messageId: fc.constant("<a.confirmation@orderloom.example>"),
      outcome: fc.constantFrom("accepted" as const, "refused" as const, "dropped" as const),
      response: fc.string({ maxLength: 100 }),
      round: fc.integer({ min: 1, max: 1_000_000 }),
    },
    { requiredKeys: ["type", "orderId", "kind", "messageId", "outcome", "response"] },
  ),
  fc.record({
    type: fc.constant("ReachDeadline" as const),
    orderId,
    name: fc.constant("payment" as const),
    deadline: instant,
  }),
);
