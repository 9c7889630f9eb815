import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createMailPace } from "../../../src/actors/mail-pace.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";

test("a rate of 0 is no limit", () => {
  const pace = createMailPace({ clock: createManualClock(), ratePerS: 0 });
  pace.take(1_000_000);
  expect(pace.free()).toBe(Number.POSITIVE_INFINITY);
});

test("in any stretch of time at most the rate and one burst leave, however the asking goes", async () => {
  const anyWaits = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 500 }), anyWaits, async (ratePerS, waitsMs) => {
      const clock = createManualClock();
      const pace = createMailPace({ clock, ratePerS });
      const left: { readonly atMs: number; readonly mails: number }[] = [];
      for (const waitMs of waitsMs) {
        clock.step(waitMs);
        const mails = pace.free();
        pace.take(mails);
        left.push({ atMs: clock.nowMs(), mails });
      }
      for (const [i, first] of left.entries()) {
        let sum = 0;
        for (const { atMs, mails } of left.slice(i)) {
          sum += mails;
          expect(sum).toBeLessThanOrEqual(((atMs - first.atMs) * ratePerS) / 1_000 + pace.burst + 1e-6);
        }
      }
    }),
  );
});

test("what was given back leaves later, and a clock that is set back takes nothing away", () => {
  const clock = createManualClock();
  const pace = createMailPace({ clock, ratePerS: 100 });
  pace.take(10);
  expect(pace.free()).toBe(0);
  pace.giveBack(4);
  clock.step(-60_000);
  expect(pace.free()).toBe(4);
  clock.step(1_000);
  expect(pace.free()).toBe(10);
});
