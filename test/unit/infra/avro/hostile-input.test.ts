/** What somebody sends who wants to stop the service, or who is just broken: it costs little, and changes nothing. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frame } from "../../../../src/infra/avro/framing.ts";
import { createMessageReaders } from "../../../../src/infra/avro/message-reader.ts";
import {
  avroOf,
  framedAvro,
  ORDER_SCHEMA,
  PAYMENT_FIELDS,
  PAYMENT_SCHEMA,
  type Schema,
  withField,
} from "../../../support/avro-messages.ts";

/** Far above what a check of a few kilobytes takes, and far below a loop over billions. */
const SOON_MS = 5_000;

const readerOf = createMessageReaders();
const PAYMENT_BYTES = avroOf(PAYMENT_SCHEMA, PAYMENT_FIELDS);
/** Our payment with one more field at its end, which is skipped. */
const withExtra = (type: unknown): Schema => ({
  ...PAYMENT_SCHEMA,
  fields: [...PAYMENT_SCHEMA.fields, { name: "extra", type }],
});

function read(schema: unknown, bytes: readonly number[] | Uint8Array) {
  const reader = readerOf(JSON.stringify(schema));
  if (reader.type !== "reader") throw new Error(reader.reason);
  const startedMs = performance.now();
  const reading = reader.read(frame(1, Uint8Array.from(bytes)));
  expect(performance.now() - startedMs).toBeLessThan(SOON_MS);
  return reading;
}

const arrayOf = (items: unknown) => ({ type: "array", items });
const mapOf = (values: unknown) => ({ type: "map", values });
const NODE = { type: "record", name: "Node", fields: [{ name: "next", type: ["null", "Node"] }] };
const EMPTY = { type: "record", name: "Empty", fields: [] };
/** Zigzag varints: a count of 2^31 - 1, and one of 2^62. */
const TWO_BILLION = [0xfe, 0xff, 0xff, 0xff, 0x0f];
const HUGE = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];

describe("bytes", () => {
  test.each<[string, unknown, readonly number[], string]>([
    ["announce two billion items", arrayOf("string"), TWO_BILLION, "more than 10000 items"],
    ["announce two billion items of no bytes", arrayOf("null"), TWO_BILLION, "more than 10000 items"],
    ["announce two billion empty records", arrayOf(EMPTY), TWO_BILLION, "more than 10000 items"],
    ["announce two billion entries of a map", mapOf("null"), TWO_BILLION, "more than 10000 items"],
    ["announce more items than there are numbers", arrayOf("null"), HUGE, "too large for its place"],
    ["have a block that ends before it began", arrayOf("null"), [1, 9, 0], "another length than it says"],
    ["have a block of a map that ends before it began", mapOf("null"), [1, 9, 0, 0], "another length than it says"],
    ["have a text of negative length", "string", [1], "a length is negative"],
    ["have bytes of negative length", "bytes", [1], "a length is negative"],
    ["have a text that goes beyond the end", "string", [20, 65], "ends too early"],
    ["have a fixed value that goes beyond the end", { type: "fixed", name: "F", size: 9 }, [1], "ends too early"],
    ["end within a number", "long", [0x80], "ends too early"],
    ["hold a long of more than 64 bits", "long", Array(11).fill(0x80), "more than 64 bits"],
    ["hold an int of more than 32 bits", "int", [0xfe, 0xff, 0xff, 0xff, 0x7f], "too large for its place"],
    ["hold a boolean of 2", "boolean", [2], "neither 0 nor 1"],
    ["name a branch that there is not", ["null", "int"], [4], "no such branch"],
    ["name a symbol that there is not", { type: "enum", name: "E", symbols: ["a"] }, [2], "no such symbol"],
    ["hold a text that is not UTF-8", "string", [4, 0xc3, 0x28], "not UTF-8"],
    ["nest a record in itself without end", NODE, Array(60_000).fill(2), "more than 64 deep"],
    ["go on after their end", "null", [1, 2, 3], "3 bytes follow its end"],
  ])("that %s are refused soon", (_, type, bytes, reason) => {
    expect(read(withExtra(type), [...PAYMENT_BYTES, ...bytes])).toEqual({
      type: "unreadable",
      reason: expect.stringMatching(`^the bytes do not fit their schema: .*${reason}`),
    });
  });

  test("that announce two billion items of a field that we read are refused soon", () => {
    const head = avroOf(
      { type: "record", name: "R", fields: ["a", "b", "c"].map((name) => ({ name, type: "string" })) },
      { a: PAYMENT_FIELDS.orderId, b: "Ada", c: "ada@example.com" },
    );
    expect(read(ORDER_SCHEMA, [...head, ...TWO_BILLION])).toMatchObject({ type: "unreadable" });
  });

  test("that are longer than any message are not looked at", () => {
    const text = "x".repeat(70_000);
    expect(read(withExtra("string"), avroOf(withExtra("string"), { ...PAYMENT_FIELDS, extra: text }))).toEqual({
      type: "unreadable",
      reason: "the value is longer than 65536 bytes",
    });
  });

  test.each([PAYMENT_SCHEMA, ORDER_SCHEMA, withExtra(mapOf(NODE))])(
    "of chance, and ours with some of them changed, are JSON or refused, and nothing else",
    (schema) => {
      const reader = readerOf(JSON.stringify(schema));
      if (reader.type !== "reader") throw new Error(reader.reason);
      const changed = fc
        .array(fc.tuple(fc.nat(PAYMENT_BYTES.length - 1), fc.nat(255)), { maxLength: 4 })
        .map((changes) => {
          const bytes = Uint8Array.from(PAYMENT_BYTES);
          for (const [at, byte] of changes) bytes[at] = byte;
          return bytes;
        });
      fc.assert(
        fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), changed), (bytes) => {
          const reading = reader.read(frame(1, bytes));
          if (reading.type === "json") expect(() => JSON.parse(reading.text)).not.toThrow();
          else expect(reading.reason).toMatch(/^[\x20-\x7e]{1,200}$/);
        }),
        { numRuns: 2_000 },
      );
    },
  );

  test("cut off anywhere are refused", () => {
    const framed = framedAvro(1, PAYMENT_SCHEMA, PAYMENT_FIELDS);
    const reader = readerOf(JSON.stringify(PAYMENT_SCHEMA));
    if (reader.type !== "reader") throw new Error(reader.reason);
    for (let length = 5; length < framed.length; length++) {
      expect(reader.read(framed.subarray(0, length))).toMatchObject({ type: "unreadable" });
    }
  });

  test("with the key __proto__ in a map change no object", () => {
    const bytes = avroOf(mapOf("string"), JSON.parse('{"__proto__":"x","constructor":"y"}'));
    expect(read(withExtra(mapOf("string")), [...PAYMENT_BYTES, ...bytes])).toMatchObject({ type: "json" });
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
    expect({}.constructor).toBe(Object);
  });
});

describe("a schema", () => {
  const nested = (depth: number, innermost: unknown, extra = {}): unknown =>
    depth === 0 ? innermost : { type: "array", items: nested(depth - 1, innermost, extra), ...extra };
  const named = (name: string) => withExtra({ type: "record", name, fields: [] });
  const word = (text: string) => `it has the word ${JSON.stringify(text)}`;

  test.each<[string, string, string]>([
    ["is not JSON", "{", "it is not JSON"],
    ["is too long", `"${"x".repeat(200_000)}"`, "longer than 131072 characters"],
    ["is sixty thousand brackets", "[".repeat(60_000) + "]".repeat(60_000), "it is too large"],
    ["is nested too deeply", JSON.stringify(nested(500, "int")), "it is too large"],
    [
      "has too many parts",
      JSON.stringify({ type: "enum", name: "E", symbols: Array.from({ length: 6_000 }, (_, i) => `s${i}`) }),
      "it is too large",
    ],
    [
      "names a field __proto__",
      JSON.stringify({ ...PAYMENT_SCHEMA, fields: [{ name: "__proto__", type: PAYMENT_SCHEMA }] }),
      word("__proto__"),
    ],
    ["names a record constructor", JSON.stringify(named("constructor")), word("constructor")],
    ["names a namespace __proto__", JSON.stringify(named("a.__proto__.b")), word("a.__proto__.b")],
    ["has an alias toString", JSON.stringify({ ...PAYMENT_SCHEMA, aliases: ["toString"] }), word("toString")],
    ["has the type constructor", JSON.stringify(withExtra({ type: "constructor" })), word("constructor")],
    ["refers to the type valueOf", JSON.stringify(withExtra("valueOf")), word("valueOf")],
    [
      "has the logical type constructor",
      JSON.stringify(withExtra({ type: "int", logicalType: "constructor" })),
      word("constructor"),
    ],
    ["has code for a name", JSON.stringify(named("a(){};b")), word("a(){};b")],
    [
      "has code for a field",
      JSON.stringify(
        withField(PAYMENT_SCHEMA, "paidAt", { type: "record", name: "R", fields: [{ name: "a=1;b", type: "int" }] }),
      ),
      word("a=1;b"),
    ],
    ["has a name that is no text", JSON.stringify({ ...PAYMENT_SCHEMA, name: { toString: 1 } }), ""],
  ])("that %s is refused soon", (_, text, reason) => {
    const startedMs = performance.now();
    expect(readerOf(text)).toEqual({ type: "unusable", reason: expect.stringContaining(reason) });
    expect(performance.now() - startedMs).toBeLessThan(SOON_MS);
  });

  test("whose nested logical types all fail is refused soon", () => {
    const schema = nested(30, "nonsense", { logicalType: "timestamp-millis" });
    const startedMs = performance.now();
    expect(readerOf(JSON.stringify(schema))).toMatchObject({ type: "unusable" });
    expect(performance.now() - startedMs).toBeLessThan(SOON_MS);
  });

  test("may use such words where they are only words", () => {
    const fields = PAYMENT_SCHEMA.fields.map((field) => ({ ...field, doc: "constructor" }));
    const extra = { name: "note", type: "string", default: "__proto__" };
    expect(readerOf(JSON.stringify({ ...PAYMENT_SCHEMA, fields: [...fields, extra] }))).toMatchObject({
      type: "reader",
    });
  });

  test("of any JSON at all never throws", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(readerOf(text).type).toBe("unusable");
      }),
      { numRuns: 500 },
    );
  });
});
