import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message } from "../../../../src/domain/messages.ts";
import { frame } from "../../../../src/infra/avro/framing.ts";
import { createMessageReaders, type MessageReader } from "../../../../src/infra/avro/message-reader.ts";
import { ownType } from "../../../../src/infra/avro/own-types.ts";
import { INBOX_NAMESPACE, readSchemaFiles } from "../../../../src/infra/avro/schema-files.ts";
import { decodeMessage, encodeMessage } from "../../../../src/schemas/inbox-messages.ts";
import {
  anyWireMessage,
  avroOf,
  framedAvro,
  ORDER_SCHEMA,
  PAYMENT,
  PAYMENT_FIELDS,
  PAYMENT_SCHEMA,
  REFUND_SCHEMA,
  type Schema,
  withField,
} from "../../../support/avro-messages.ts";

const readerOf = createMessageReaders();
const FILES = new Map(readSchemaFiles().map((file) => [file.recordName, file]));

function textOf(schema: Message["type"]): string {
  return String(FILES.get(INBOX_NAMESPACE + schema)?.text);
}

function read(schema: unknown, framed: Uint8Array) {
  const reader = readerOf(typeof schema === "string" ? schema : JSON.stringify(schema));
  return reader.type === "reader" ? reader.read(framed) : reader;
}

/** What a record with this value is for the pipeline. */
function decoded(schema: unknown, value: unknown, topic = "payments") {
  const reading = read(schema, framedAvro(1, schema, value));
  return reading.type === "json" ? decodeMessage({ topic, key: PAYMENT_FIELDS.orderId, value: reading.text }) : reading;
}

describe("a message in Avro", () => {
  test("is the message that was written, whichever it is", () => {
    const readers = new Map<string, MessageReader>();
    fc.assert(
      fc.property(anyWireMessage, (message) => {
        const { topic, key } = encodeMessage(message);
        const text = textOf(message.type);
        const reader = readers.get(message.type) ?? readerOf(text);
        readers.set(message.type, reader);
        if (reader.type !== "reader") throw new Error(reader.reason);
        const reading = reader.read(frame(7, ownType(text).toBuffer(message)));
        expect(reading.type).toBe("json");
        const value = reading.type === "json" ? reading.text : "";
        expect(decodeMessage({ topic, key, value })).toEqual({ type: "message", message });
      }),
    );
  });

  test("may be written by another library from our schema", () => {
    expect(decoded(PAYMENT_SCHEMA, PAYMENT_FIELDS)).toEqual({ type: "message", message: PAYMENT });
  });

  test("may be a view of larger memory, as clients of brokers hand it out", () => {
    const framed = framedAvro(1, PAYMENT_SCHEMA, PAYMENT_FIELDS);
    const memory = new Uint8Array(framed.length + 20).fill(255);
    memory.set(framed, 10);
    expect(read(PAYMENT_SCHEMA, memory.subarray(10, 10 + framed.length))).toMatchObject({ type: "json" });
  });

  test("carries the largest amount that can be counted exactly, and none beyond it", () => {
    const withAmount = (amountMinor: bigint) => {
      const bytes = avroOf(
        {
          type: "record",
          name: "R",
          fields: [
            { name: "a", type: "string" },
            { name: "b", type: "string" },
          ],
        },
        { a: PAYMENT_FIELDS.orderId, b: "pay_1" },
      );
      // The time of the payment, no part, and no webhook.
      return frame(
        1,
        Buffer.concat([bytes, varint(amountMinor), avroOf("string", "EUR"), ...[0n, 0n, 0n].map(varint)]),
      );
    };
    const largest = BigInt(Number.MAX_SAFE_INTEGER);
    expect(read(PAYMENT_SCHEMA, withAmount(largest))).toMatchObject({ text: expect.stringContaining(String(largest)) });
    for (const amount of [largest + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      expect(read(PAYMENT_SCHEMA, withAmount(amount))).toEqual({
        type: "unreadable",
        reason: expect.stringContaining("beyond what can be counted exactly"),
      });
    }
  });
});

describe("an amount in Avro", () => {
  const refund = { orderId: PAYMENT_FIELDS.orderId, refundId: "ref_1" };

  test.each([-1, 0])("of %d is unreadable, for a payment as for a refund, and the reason names it", (amountMinor) => {
    const amount = { amountMinor, currency: "EUR" };
    const unreadable = (type: string) => ({
      type: "unreadable",
      code: "unreadable_message",
      detail: `${type}/amount/amountMinor must be >= 1`,
    });
    expect(decoded(PAYMENT_SCHEMA, { ...PAYMENT_FIELDS, amount })).toEqual(unreadable("ReceivePayment"));
    expect(decoded(REFUND_SCHEMA, { ...refund, amount })).toEqual(unreadable("RecordRefund"));
  });

  test("cannot be a fraction: a schema that writes one is refused as a whole", () => {
    for (const schema of [PAYMENT_SCHEMA, REFUND_SCHEMA]) {
      const money = (schema.fields.find((field) => field["name"] === "amount") as { type: Schema }).type;
      const reader = readerOf(JSON.stringify(withField(schema, "amount", withField(money, "amountMinor", "double"))));
      expect(reader).toEqual({ type: "unusable", reason: expect.stringContaining("cannot be read as ours") });
    }
  });
});

describe("another schema of the writer", () => {
  test("may have fields that we do not know", () => {
    const fields = [
      { name: "till", type: "string" },
      ...PAYMENT_SCHEMA.fields,
      { name: "clerk", type: ["null", "long"] },
    ];
    expect(decoded({ ...PAYMENT_SCHEMA, fields }, { ...PAYMENT_FIELDS, till: "3", clerk: null })).toEqual({
      type: "message",
      message: PAYMENT,
    });
  });

  test("may leave out fields that have a default, and order the others as it likes", () => {
    const fields = ORDER_SCHEMA.fields.filter(({ name }) => name !== "quotedTotal").toReversed();
    const order = {
      orderId: PAYMENT_FIELDS.orderId,
      customer: { name: "Ada", email: "ada@example.com" },
      items: [{ sku: "soup", quantity: 2 }],
      submittedAt: 0,
    };
    expect(decoded({ ...ORDER_SCHEMA, fields }, order, "orders")).toEqual({
      type: "message",
      message: { type: "SubmitOrder", ...order, submittedAt: "1970-01-01T00:00:00.000Z" },
    });
  });

  test("may be a union that holds our records beside others", () => {
    const voucher = { type: "record", name: "pos.Voucher", fields: [{ name: "code", type: "string" }] };
    const refund = {
      ...REFUND_SCHEMA,
      fields: REFUND_SCHEMA.fields.map((field) =>
        field["name"] === "amount" ? { ...field, type: "orderloom.inbox.Money" } : field,
      ),
    };
    const union = [voucher, PAYMENT_SCHEMA, refund];
    expect(decoded(union, { "orderloom.inbox.ReceivePayment": PAYMENT_FIELDS })).toEqual({
      type: "message",
      message: PAYMENT,
    });
    expect(decoded(union, { "pos.Voucher": { code: "x" } })).toEqual({
      type: "unreadable",
      reason: "pos.Voucher is no message of the inbox",
    });
  });

  test.each([
    ["a long without a logical type", "long", PAYMENT_FIELDS.paidAt],
    ["microseconds", { type: "long", logicalType: "timestamp-micros" }, PAYMENT_FIELDS.paidAt * 1_000 + 999],
  ])("may write instants as %s", (_, type, paidAt) => {
    expect(decoded(withField(PAYMENT_SCHEMA, "paidAt", type), { ...PAYMENT_FIELDS, paidAt })).toEqual({
      type: "message",
      message: PAYMENT,
    });
  });

  test.each(["local-timestamp-millis", "local-timestamp-micros", "timestamp-nanos", "time-micros"])(
    "cannot write instants as %s, which would be another time",
    (logicalType) => {
      const schema = withField(PAYMENT_SCHEMA, "paidAt", { type: "long", logicalType });
      expect(decoded(schema, PAYMENT_FIELDS)).toMatchObject({
        type: "unusable",
        reason: expect.stringContaining("orderloom.inbox.ReceivePayment cannot be read as ours"),
      });
    },
  );

  test("cannot put an instant outside the calendar", () => {
    expect(decoded(PAYMENT_SCHEMA, { ...PAYMENT_FIELDS, paidAt: 9e15 })).toMatchObject({ type: "unreadable" });
    expect(decoded(PAYMENT_SCHEMA, { ...PAYMENT_FIELDS, paidAt: -1 })).toMatchObject({ type: "unreadable" });
  });

  test.each<[string, unknown, string]>([
    [
      "of a record that is not ours",
      { ...PAYMENT_SCHEMA, namespace: "pos" },
      "pos.ReceivePayment is no message of the inbox",
    ],
    ["of an event of ours", { ...PAYMENT_SCHEMA, namespace: "orderloom.events" }, "is no message of the inbox"],
    ["that is no record", "string", "string is no message of the inbox"],
    [
      "that lacks a field",
      { ...PAYMENT_SCHEMA, fields: PAYMENT_SCHEMA.fields.slice(1) },
      "no matching field for default-less",
    ],
    ["with a field of another type", withField(PAYMENT_SCHEMA, "paymentId", "int"), "cannot read"],
    ["that does not exist", { type: "nonsense" }, "unknown type"],
  ])("is refused with a reason: %s", (_, schema, reason) => {
    expect(readerOf(JSON.stringify(schema))).toEqual({ type: "unusable", reason: expect.stringContaining(reason) });
  });

  test("gives reasons that fit into a header", () => {
    const fields = [{ name: "a", type: { type: "enum", name: "E", symbols: ["x"], default: "ü\r\n".repeat(500) } }];
    const { reason } = readerOf(JSON.stringify({ ...PAYMENT_SCHEMA, fields })) as Extract<
      MessageReader,
      { type: "unusable" }
    >;
    expect(reason).toMatch(/^[\x20-\x7e]{1,200}$/);
  });
});

/** A long in Avro's zigzag encoding. */
function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}
