import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countKinds,
  DEFAULT_MIX,
  EVERYTHING,
  type Mix,
  ORDER_KINDS,
  parseMix,
  unplayableKinds,
  withoutKinds,
} from "../../../src/demo/mix.ts";

const NONE = parseMix("normal=1,mismatch=0");

describe("parseMix", () => {
  test("reads weights and gives nothing to kinds that are not named", () => {
    const mix = parseMix("normal=90, mismatch = 2.5,payment-first=3");
    expect(mix).toEqual({ ...NONE, normal: 90, mismatch: 2.5, "payment-first": 3 });
  });

  test("reads the default mix from the words that document it", () => {
    expect(parseMix("normal=90,mismatch=4,duplicate=3,payment-first=3")).toEqual(DEFAULT_MIX);
  });

  test("knows everything by its name", () => {
    const mix = parseMix("everything");
    expect(mix).toBe(EVERYTHING);
    for (const kind of ORDER_KINDS) expect(mix[kind], kind).toBeGreaterThan(0);
  });

  test("tells what of a mix a service cannot be shown, and leaves it out", () => {
    const none = { deadlines: false, webhooks: false };
    expect(unplayableKinds(EVERYTHING, { deadlines: true, webhooks: true })).toEqual([]);
    expect(unplayableKinds(DEFAULT_MIX, none)).toEqual([]);
    expect(unplayableKinds(EVERYTHING, none)).toEqual(["late-payment", "webhook"]);
    expect(withoutKinds(EVERYTHING, ["webhook"])).toEqual({ ...EVERYTHING, webhook: 0 });
  });

  test.each([
    ["", "is not one of normal, mismatch"],
    ["normal", "is not one of normal, mismatch"],
    ["abnormal=1", "'abnormal=1' is not one of normal, mismatch"],
    ["__proto__=1", "is not one of"],
    ["normal=-1", "'-1' is not a weight for normal"],
    ["normal=", "'' is not a weight for normal"],
    ["normal=1e3", "'1e3' is not a weight for normal"],
    ["normal=many", "'many' is not a weight for normal"],
    ["normal=1,normal=2", "normal is named twice"],
    ["normal=0,mismatch=0", "every weight is 0"],
  ])("refuses '%s' and says why", (text, reason) => {
    expect(() => parseMix(text)).toThrow(
      expect.objectContaining({ code: "invalid_configuration", message: expect.stringContaining(reason) }),
    );
  });
});

describe("countKinds", () => {
  test("divides a run exactly by the weights", () => {
    expect(countKinds(DEFAULT_MIX, 200)).toEqual({
      ...{ normal: 180, mismatch: 8, duplicate: 6, "payment-first": 6 },
      ...{ "unpaid-cancel": 0, "double-payment": 0, partial: 0, overpaid: 0, "late-payment": 0, orphan: 0 },
      ...{ "reused-id": 0, deposit: 0, repaid: 0, webhook: 0, refunded: 0 },
    });
  });

  test("gives every kind of the mix an order when there are enough for all", () => {
    expect(countKinds(DEFAULT_MIX, 4)).toMatchObject({ normal: 1, mismatch: 1, duplicate: 1, "payment-first": 1 });
    expect(countKinds(DEFAULT_MIX, 20)).toMatchObject({ normal: 17, mismatch: 1, duplicate: 1, "payment-first": 1 });
  });

  test("counts exactly as many orders as are asked for, each kind within one order of its share or given just one", () => {
    const weights = fc.record(Object.fromEntries(ORDER_KINDS.map((kind) => [kind, fc.nat(100)])));
    fc.assert(
      fc.property(weights, fc.nat(5_000), (drawn, limit) => {
        const mix = drawn as Mix;
        const sum = Object.values(mix).reduce((a, b) => a + b, 0);
        fc.pre(sum > 0);
        const counts = countKinds(mix, limit);
        expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(limit);
        for (const kind of ORDER_KINDS) {
          expect(counts[kind]).toBeGreaterThanOrEqual(0);
          if (mix[kind] === 0) expect(counts[kind]).toBe(0);
          else if (counts[kind] !== 1) expect(counts[kind] - (limit * mix[kind]) / sum).toBeLessThan(1);
        }
      }),
    );
  });
});
