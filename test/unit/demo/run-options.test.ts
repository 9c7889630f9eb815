import { describe, expect, test } from "vitest";
import { DEFAULT_MIX, EVERYTHING } from "../../../src/demo/mix.ts";
import { checkRun, deadlinesOf, type RunOptions } from "../../../src/demo/run-options.ts";

const OPTIONS: RunOptions = {
  ...{
    url: "http://127.0.0.1:1",
    limit: 1,
    seed: 1,
    mix: DEFAULT_MIX,
    rate: 0,
    everyMs: 0,
    concurrency: 8,
    quiet: true,
  },
};

describe("checkRun", () => {
  test("keeps the name of a run, and makes up a new one when there is none", () => {
    expect(checkRun({ ...OPTIONS, run: "r1" })).toBe("r1");
    expect(checkRun(OPTIONS)).toMatch(/^[0-9a-f]{8}$/);
    expect(checkRun(OPTIONS)).not.toBe(checkRun(OPTIONS));
  });

  test.each([
    { limit: 0 },
    { concurrency: 0 },
    { concurrency: 1_001 },
    { run: "" },
    { run: "Big One" },
    { run: "a".repeat(17) },
  ])("refuses %j", (change) => {
    expect(() => checkRun({ ...OPTIONS, ...change })).toThrow(
      expect.objectContaining({ code: "invalid_configuration" }),
    );
  });

  test("refuses kinds of orders that the service cannot be shown, and says what they need", () => {
    const mix = EVERYTHING;
    const deadlines = deadlinesOf({ PAYMENT_WINDOW_S: 20, WATERMARK_S: 5 });
    const webhookSecret = Buffer.alloc(24);
    expect(() => checkRun({ ...OPTIONS, mix, webhookSecret })).toThrow("PAYMENT_WINDOW_S");
    expect(() => checkRun({ ...OPTIONS, mix, deadlines })).toThrow("PAYMENT_WEBHOOK_SECRETS");
    expect(checkRun({ ...OPTIONS, mix, deadlines, webhookSecret, run: "r1" })).toBe("r1");
  });
});

describe("deadlinesOf", () => {
  test("knows the deadlines that a run can wait for", () => {
    const short = { paymentWindowMs: 20_000, expiresAfterMs: 25_000 };
    expect(deadlinesOf({ PAYMENT_WINDOW_S: 20, WATERMARK_S: 5 })).toEqual(short);
    expect(deadlinesOf({ PAYMENT_WINDOW_S: 600, WATERMARK_S: 600 })).toBeUndefined();
  });
});
