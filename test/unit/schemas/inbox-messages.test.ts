import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/domain/messages.ts";
import { decodeMessage, encodeMessage } from "../../../src/schemas/inbox-messages.ts";
import { CURRENCIES } from "../../../src/schemas/money.ts";
import { orderIdFromKey } from "../../../src/schemas/order-id.ts";

const orderId = orderIdFromKey("checkout-1");

const PAYMENT: Message = {
  type: "ReceivePayment",
  orderId,
  paymentId: "pay_1",
  amount: { amountMinor: 1900, currency: "EUR" },
  paidAt: "2026-11-21T09:30:00.000Z",
};

const decodeJson = (topic: string, value: unknown, key = orderId) =>
  decodeMessage({ topic, key, value: JSON.stringify(value) });

const anyOrderId = fc.string().map(orderIdFromKey);
const anyId = fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/).filter((id) => !/^\.+$/.test(id));
const anyInstant = fc
  .date({ min: new Date(0), max: new Date(253_402_300_799_999), noInvalidDate: true })
  .map((date) => date.toISOString());
const anyMoney = fc.record({
  amountMinor: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  currency: fc.constantFrom(...CURRENCIES),
});
const anyName = fc.stringMatching(/^[A-Za-zéüß山 .'-]{0,50}[A-Za-zéüß山]$/);
const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record(
    {
      type: fc.constant("SubmitOrder" as const),
      orderId: anyOrderId,
      customer: fc.record({ name: anyName, email: fc.constant("ada@example.com") }),
      items: fc.array(
        fc.record({ sku: fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/), quantity: fc.integer({ min: 1, max: 999 }) }),
        { minLength: 1, maxLength: 100 },
      ),
      quotedTotal: anyMoney,
      submittedAt: anyInstant,
    },
    { requiredKeys: ["type", "orderId", "customer", "items", "submittedAt"] },
  ),
  fc.record({
    type: fc.constant("ReceivePayment" as const),
    orderId: anyOrderId,
    paymentId: anyId,
    amount: anyMoney,
    paidAt: anyInstant,
  }),
  fc.record({ type: fc.constant("RecordRefund" as const), orderId: anyOrderId, refundId: anyId, amount: anyMoney }),
  fc.record({
    type: fc.constant("CancelOrder" as const),
    orderId: anyOrderId,
    commandId: anyId,
    reason: fc.option(fc.string({ maxLength: 100 })),
  }),
  fc.record(
    {
      type: fc.constant("RecordMail" as const),
      orderId: anyOrderId,
      kind: fc.constant("confirmation" as const),
      messageId: fc.constant("<confirmation.1@orderloom.example>"),
      outcome: fc.constantFrom("accepted" as const, "refused" as const, "dropped" as const),
      response: fc.string({ unit: "binary", maxLength: 500 }),
      round: fc.integer({ min: 1, max: 1_000_000 }),
    },
    { requiredKeys: ["type", "orderId", "kind", "messageId", "outcome", "response"] },
  ),
  fc.record({
    type: fc.constant("ReachDeadline" as const),
    orderId: anyOrderId,
    name: fc.constant("payment" as const),
    deadline: anyInstant,
  }),
);

describe("a message that is written", () => {
  test("is read back as it was", () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual({ type: "message", message });
      }),
    );
  });

  test.each([
    ["SubmitOrder", "orders"],
    ["ReceivePayment", "payments"],
    ["RecordRefund", "payments"],
    ["CancelOrder", "order-commands"],
    ["RecordMail", "order-commands"],
    ["ReachDeadline", "order-commands"],
  ])("%s goes to %s under its order id, and may be forwarded to order-commands", (type, topic) => {
    const messages = fc.sample(anyMessage, 200).filter((message) => message.type === type);
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) {
      const record = encodeMessage(message);
      expect(record).toMatchObject({ topic, key: message.orderId, headers: { "content-type": "application/json" } });
      expect(decodeMessage({ ...record, topic: "order-commands" })).toEqual({ type: "message", message });
    }
  });

  test("keeps the first thousand characters of what a mail server said", () => {
    const mail: Message = {
      type: "RecordMail",
      orderId,
      kind: "confirmation",
      messageId: "<a@b>",
      outcome: "refused",
      response: "5".repeat(5_000),
    };
    expect(decodeMessage(encodeMessage(mail))).toEqual({
      type: "message",
      message: { ...mail, response: "5".repeat(1_000) },
    });
  });
});

describe("a message that somebody else wrote", () => {
  test("may spell its time with an offset", () => {
    const decoded = decodeJson("payments", { ...PAYMENT, paidAt: "2026-11-21T11:30:00+02:00" });
    expect(decoded).toEqual({ type: "message", message: PAYMENT });
  });

  test.each(["100.00000000000000001", "9007199254740993", "99.99999999999999999"])(
    "is unreadable for an amount that would be rounded, which the detail tells: %s",
    (literal) => {
      const value = JSON.stringify(PAYMENT).replace("1900", literal);
      const detail = `ReceivePayment/amount/amountMinor must be an integer that is counted exactly, and is written as ${literal}`;
      expect(decodeMessage({ topic: "payments", key: orderId, value })).toEqual({
        type: "unreadable",
        code: "unreadable_message",
        detail,
      });
    },
  );

  test("may write a whole number in another way", () => {
    const value = JSON.stringify(PAYMENT).replace("1900", "1.9e3");
    expect(decodeMessage({ topic: "payments", key: orderId, value })).toEqual({ type: "message", message: PAYMENT });
  });

  test.each([
    ["is not JSON", "orders", "{"],
    ["is empty", "orders", ""],
    ["is an Avro record", "orders", "\u0000\u0000\u0000\u0001\u0002abc"],
    ["is null", "payments", "null"],
    ["is a list", "payments", "[]"],
    ["is text", "payments", '"ReceivePayment"'],
    ["has no type", "payments", "{}"],
    ["has a type from the prototype of objects", "payments", '{"type":"constructor"}'],
    ["has the type __proto__", "payments", '{"type":"__proto__"}'],
    ["has a type that is no text", "payments", '{"type":{"toString":"SubmitOrder"}}'],
    ["has a type that nobody knows", "payments", '{"type":"DropTables"}'],
    ["has its type in a prototype", "payments", `{"__proto__":${JSON.stringify(PAYMENT)}}`],
    ["nests without an end", "orders", "[".repeat(30_000) + "]".repeat(30_000)],
    [
      "nests inside a field",
      "payments",
      JSON.stringify({ ...PAYMENT, amount: "x" }).replace('"x"', `${"[".repeat(9_000)}${"]".repeat(9_000)}`),
    ],
    ["is longer than any message", "orders", `${JSON.stringify(PAYMENT)}${" ".repeat(70_000)}`],
    ["belongs to another topic", "orders", JSON.stringify(PAYMENT)],
    ["has a field too many", "payments", JSON.stringify({ ...PAYMENT, note: "x" })],
    ["has the key __proto__", "payments", JSON.stringify(PAYMENT).replace("{", '{"__proto__":{"admin":true},')],
    ["has the key constructor", "payments", JSON.stringify({ ...PAYMENT, constructor: { prototype: {} } })],
    ["lacks a field", "payments", JSON.stringify({ ...PAYMENT, paymentId: undefined })],
    ["has an operator for an id", "payments", JSON.stringify({ ...PAYMENT, paymentId: { $gt: "" } })],
    ["has no money", "payments", JSON.stringify({ ...PAYMENT, amount: { amountMinor: 0, currency: "EUR" } })],
    [
      "has a fraction of a cent",
      "payments",
      JSON.stringify({ ...PAYMENT, amount: { amountMinor: 0.5, currency: "EUR" } }),
    ],
    ["has more money than integers carry", "payments", JSON.stringify(PAYMENT).replace("1900", "9007199254740993")],
    [
      "has a currency in lower case",
      "payments",
      JSON.stringify({ ...PAYMENT, amount: { amountMinor: 1, currency: "eur" } }),
    ],
    [
      "has a currency that is none",
      "payments",
      JSON.stringify({ ...PAYMENT, amount: { amountMinor: 1, currency: "XXX" } }),
    ],
    ["has a day that does not exist", "payments", JSON.stringify({ ...PAYMENT, paidAt: "2026-02-30T00:00:00.000Z" })],
    ["has a malformed order id", "payments", JSON.stringify({ ...PAYMENT, orderId: "1" })],
  ])("and that %s is unreadable", (_what, topic, value) => {
    const decoded = decodeMessage({ topic, key: orderId, value });
    expect(decoded).toMatchObject({ type: "unreadable", code: "unreadable_message" });
    expect(decoded.type === "unreadable" && decoded.detail.length).toBeLessThan(400);
  });

  test("is unreadable under the key of another order", () => {
    const decoded = decodeJson("payments", PAYMENT, orderIdFromKey("another"));
    expect(decoded).toMatchObject({ type: "unreadable", code: "unreadable_message" });
  });

  test("is unreadable on a topic without a meaning", () => {
    expect(decodeJson("invoices", PAYMENT)).toMatchObject({ type: "unreadable", code: "unknown_topic" });
    expect(decodeJson("dead-letters", PAYMENT)).toMatchObject({ type: "unreadable", code: "unknown_topic" });
  });

  test("is never worth an exception, whatever it holds", () => {
    const topics = fc.constantFrom("orders", "payments", "order-commands", "elsewhere");
    fc.assert(
      fc.property(topics, fc.oneof(fc.string(), fc.json()), (topic, value) => {
        expect(decodeMessage({ topic, key: orderId, value }).type).toBe("unreadable");
      }),
    );
  });

  test.each([
    ["-1", "must be >= 1"],
    ["0", "must be >= 1"],
    ["0.5", "must be integer"],
    ["9007199254740992", "must be <= 9007199254740991"],
    ["1e999", "must be integer"],
  ])("is unreadable with the amount %s, and says that it %s, for a payment as for a refund", (amount, reason) => {
    const refund = { type: "RecordRefund", orderId, refundId: "ref_1", amount: PAYMENT.amount };
    for (const message of [PAYMENT, refund]) {
      const value = JSON.stringify(message).replace("1900", amount);
      expect(decodeMessage({ topic: "payments", key: orderId, value })).toEqual({
        type: "unreadable",
        code: "unreadable_message",
        detail: `${message.type}/amount/amountMinor ${reason}`,
      });
    }
  });

  test("names the first field that is wrong", () => {
    expect(decodeJson("payments", { ...PAYMENT, amount: { amountMinor: "1900", currency: "EUR" } })).toMatchObject({
      detail: "ReceivePayment/amount/amountMinor must be integer",
    });
  });
});
