import * as fc from "fast-check";
import { expect, test } from "vitest";
import { copyOfJson } from "../../support/memory/copy-of-json.ts";

test("a copy is what comes back from a text, and shares nothing with what was copied", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy = copyOfJson(value);
      expect(copy).toEqual(value);
      if (typeof value === "object" && value !== null) expect(copy).not.toBe(value);
    }),
  );
  const awkward: unknown = JSON.parse('{"__proto__":{"a":1},"constructor":2}');
  expect(copyOfJson(awkward)).toEqual(awkward);
  const nested = { list: [{ a: 1 }] };
  expect(copyOfJson(nested).list[0]).not.toBe(nested.list[0]);
});

test("what is undefined is left out, as in a text", () => {
  expect(Object.keys(copyOfJson({ there: null, not: undefined }))).toEqual(["there"]);
});

test("what a text does not give back as it was is a mistake", () => {
  for (const value of [new Date(0), Number.NaN, 1n, () => 1, new Map()]) {
    expect(() => copyOfJson({ value })).toThrow(TypeError);
  }
});
