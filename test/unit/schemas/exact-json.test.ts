import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mayHoldRoundedNumbers, parseJson, RoundedNumber, roundedNumberAt } from "../../../src/schemas/exact-json.ts";

const read = (literal: string): unknown =>
  (parseJson(`{"amountMinor": ${literal}}`) as { amountMinor: unknown }).amountMinor;

/** Above these, not even JSON.stringify writes what a double holds. */
const exactDouble = fc.double({ min: -1e15, max: 1e15, noNaN: true });

describe("a number in JSON", () => {
  test.each([
    "100.00000000000000001",
    "99.99999999999999999",
    "9007199254740993",
    "9007199254740990.6",
    "-9007199254740993",
    "12345678901234567890",
    "9007199254740993e1",
    "1e-400",
    `1.${"0".repeat(60_000)}1`,
  ])("that would be rounded to a whole one is not read as one: %s", (literal) => {
    expect(read(literal)).toEqual(new RoundedNumber(literal));
  });

  test.each([
    ["100", 100],
    ["100.0", 100],
    ["1e2", 100],
    ["1.5e1", 15],
    ["1500e-2", 15],
    ["0.0", 0],
    ["0e99", 0],
    ["-0.0", -0],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["9007199254740992", 2 ** 53],
    ["9007199254740991.000", Number.MAX_SAFE_INTEGER],
    ["0.5", 0.5],
    ["1.1", 1.1],
    ["1e999", Number.POSITIVE_INFINITY],
  ])("is what it says: %s", (literal, value) => {
    expect(read(literal)).toEqual(value);
  });

  test("is one that an integer has where its digits say so, and no other", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(6), fc.bigInt({ min: 0n, max: 10n ** 22n }), (value, zeros, behind) => {
        expect(read(`${value}.${"0".repeat(zeros + 1)}`)).toBe(value);
        const literal = `${value}.${"0".repeat(zeros)}${behind}`;
        const found = read(literal);
        if (behind === 0n) expect(found).toBe(value);
        else if (Number.isInteger(Number(literal))) expect(found).toEqual(new RoundedNumber(literal));
        else expect(found).toBe(Number(literal));
      }),
    );
  });
});

describe("JSON", () => {
  test("is read as ever where nothing is rounded", () => {
    fc.assert(
      fc.property(fc.object({ values: [fc.string(), fc.maxSafeInteger(), exactDouble] }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("of orders and payments is not read twice, whatever their times and ids look like", () => {
    const message = {
      orderId: "12345678-1234-5123-8123-123456789012",
      paymentId: "pay_12345678901234567890",
      amount: { amountMinor: 900_719_925_474_099, currency: "EUR" },
      paidAt: "2026-11-21T09:30:45.123+01:00",
      note: "see 1:45.5 or 1e5",
    };
    for (const space of [0, 2]) expect(mayHoldRoundedNumbers(JSON.stringify(message, null, space))).toBe(false);
  });

  test("that is no JSON is refused as ever", () => {
    expect(() => parseJson('{"a": 1.0')).toThrow(SyntaxError);
    expect(() => parseJson("{")).toThrow(SyntaxError);
  });
});

test("a rounded number is named as it is written, and shortened where it goes on for ever", () => {
  const value = parseJson(`{"lines": [{"quantity": 1.00000000000000000001}], "amountMinor": 2.${"0".repeat(100)}1}`);
  expect(roundedNumberAt(value, "/lines/0/quantity")).toMatch(/is written as 1\.00000000000000000001$/);
  expect(roundedNumberAt(value, "/amountMinor")).toMatch(/is written as 2\.0{38}…$/);
  expect([
    roundedNumberAt(value, "/lines"),
    roundedNumberAt(value, "/other/deep"),
    roundedNumberAt(null, "/a"),
  ]).toEqual([null, null, null]);
});
