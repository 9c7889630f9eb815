import { describe, expect, test } from "vitest";
import { attemptFor, attemptFrom, customerFrom, errorsOf, trimmed } from "../../../web/src/storefront/checkout.ts";

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
