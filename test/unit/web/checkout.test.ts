import * as fc from "fast-check";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { Customer } from "../../../src/schemas/customer.ts";
import { problemOf } from "../../../web/src/api/problem.ts";
import {
  attemptFor,
  attemptFrom,
  customerFrom,
  errorsOf,
  refusedFields,
  trimmed,
} from "../../../web/src/storefront/checkout.ts";

const ORDER = { customer: { name: "Ada", email: "ada@shop.example" }, items: [{ sku: "soup", quantity: 1 }] };

describe("checking out", () => {
  test("asks for a name and an address that can be mailed to", () => {
    expect(errorsOf({ name: "Ada", email: "ada@shop.example" })).toEqual({});
    expect(Object.keys(errorsOf({ name: "", email: "" }))).toEqual(["name", "email"]);
    for (const email of [
      "ada",
      "ada@shop",
      "a b@shop.example",
      "<ada@shop.example>",
      "a@shop.example,b@shop.example",
    ]) {
      expect(errorsOf({ name: "Ada", email }), email).toHaveProperty("email");
    }
    expect(errorsOf({ name: "x".repeat(201), email: "ada@shop.example" })).toHaveProperty("name");
  });

  test("takes and refuses exactly what the service does", () => {
    const taken = Compile(Customer);
    const names = fc.oneof(
      fc.constantFrom(
        "Ada",
        "a\u0085b",
        "Ada\u202e",
        "\ud83d",
        "\u{1f600}".repeat(150),
        "a".repeat(201),
        "\u{1f600}".repeat(201),
      ),
      fc.string({ unit: "binary", maxLength: 8 }),
    );
    const sign = fc.constantFrom(...Array.from("aZ9.-_@'\"+ ä<,()\u00df\n"));
    const part = fc.string({ unit: sign, maxLength: 6 });
    const emails = fc.oneof(
      fc.constantFrom(
        "ä@b.example",
        "o'neil@example.com",
        "a..b@shop.example",
        `${"a".repeat(65)}@b.example`,
        "a@b-.io",
      ),
      fc.tuple(part, part, part).map(([local, host, top]) => `${local}@${host}.${top}`),
      fc.tuple(part, part).map(([local, host]) => `a${local}@b${host}.io`),
    );
    fc.assert(
      fc.property(names, emails, (name, email) => {
        const customer = trimmed({ name, email });
        expect([customer, Object.keys(errorsOf(customer)).length === 0]).toEqual([customer, taken.Check(customer)]);
      }),
      { numRuns: 500 },
    );
  });

  test("tells shoppers in sentences what the service refused, never in its words for programs", () => {
    const detail = "does not have the right form: One plain e-mail address, without a display name, quotes or brackets";
    const problem = problemOf(400, { code: "invalid_request", errors: [{ pointer: "/customer/email", detail }] });
    expect(refusedFields(problem)).toEqual({ email: expect.stringMatching(/^Please enter a plain e-mail address/) });
    expect(refusedFields(problemOf(503, null))).toEqual({});
  });

  test("drops the blanks around what was typed", () => {
    expect(trimmed({ name: " Ada ", email: "ada@shop.example " })).toEqual({ name: "Ada", email: "ada@shop.example" });
  });

  test("keeps the key of an attempt for the same content, and takes a new one for another", () => {
    const first = attemptFor(ORDER, null, () => "key-1");
    expect(attemptFor({ ...ORDER }, first, () => "key-2").key).toBe("key-1");
    const other = { ...ORDER, items: [{ sku: "soup", quantity: 2 }] };
    expect(attemptFor(other, first, () => "key-2").key).toBe("key-2");
  });

  test("reads what it stored, and nothing else", () => {
    expect(attemptFrom({ key: "k", content: "c" })).toEqual({ key: "k", content: "c" });
    for (const stored of [null, undefined, 1, "k", { key: "k" }]) expect(attemptFrom(stored)).toBeNull();
    expect(customerFrom({ name: "Ada", email: 7 })).toEqual({ name: "Ada", email: "" });
  });
});
