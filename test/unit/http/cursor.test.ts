import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCursorSeal } from "../../../src/http/cursor.ts";
import { orderIdFromKey } from "../../../src/schemas/order-id.ts";

const seal = createCursorSeal(new Uint8Array(32).fill(1));
const place = { receivedAtMs: 1_767_614_400_000, orderId: orderIdFromKey("a") };
const filters = { status: "paid", customerEmail: "ada@example.com" };
const invalid = expect.objectContaining({ code: "invalid_cursor" });

describe("a cursor", () => {
  test("opens to the place it was made of", () => {
    const places = fc.record({ receivedAtMs: fc.nat({ max: 8.64e15 }), orderId: fc.string().map(orderIdFromKey) });
    fc.assert(
      fc.property(places, (any) => {
        expect(seal.open(seal.seal(any, filters), filters)).toEqual(any);
      }),
    );
  });

  test("shows no order id and needs no escaping in a URL", () => {
    expect(seal.seal(place, filters)).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(seal.seal(place, filters)).not.toContain(place.orderId);
  });

  test("is refused after a change of any character", () => {
    const cursor = seal.seal(place, filters);
    for (let i = 0; i < cursor.length; i++) {
      const changed = `${cursor.slice(0, i)}${cursor[i] === "A" ? "B" : "A"}${cursor.slice(i + 1)}`;
      expect(() => seal.open(changed, filters), `character ${i}`).toThrow(invalid);
    }
  });

  test.each([
    ["under other filters", () => seal.open(seal.seal(place, filters), { status: "paid" })],
    ["with filters that run together", () => seal.open(seal.seal(place, { status: "a" }), { customerEmail: "a" })],
    ["under another key", () => createCursorSeal(new Uint8Array(32)).open(seal.seal(place, filters), filters)],
    ["with something behind it", () => seal.open(`${seal.seal(place, filters)}A`, filters)],
    ["with a character that decoding skips", () => seal.open(`${seal.seal(place, filters)}=`, filters)],
    ["cut short", () => seal.open(seal.seal(place, filters).slice(0, 30), filters)],
    ["of a few letters", () => seal.open("abc", filters)],
    ["of nothing", () => seal.open("", filters)],
  ])("is refused %s", (_what, open) => {
    expect(open).toThrow(invalid);
  });
});
