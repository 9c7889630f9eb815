import { expect, test } from "vitest";
import { createSteadyClock, LEAP_MS } from "../../../src/actors/steady-clock.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";

const HOUR_MS = 3_600_000;
const HOLD_MS = 600_000;
/** Just short of being held no more. */
const STILL_HELD_MS = HOLD_MS - 1_000;

function createClocks() {
  const clock = createManualClock();
  const startMs = clock.nowMs();
  const steady = createSteadyClock({ clock, holdMs: HOLD_MS });
  return {
    clock,
    steady,
    /** Sets the clock, just after a tick. */
    step(byMs: number): void {
      clock.step(byMs);
      steady.tick();
    },
    /** Lets so much time pass with a tick each second; returns how far the steady clock is from its start. */
    async run(forMs: number): Promise<number> {
      for (let passedMs = 0; passedMs < forMs; passedMs += 1_000) {
        await clock.advance(1_000);
        steady.tick();
      }
      return steady.tick() - startMs;
    },
  };
}

test("goes with the clock", async () => {
  expect(await createClocks().run(60_000)).toBe(60_000);
});

test("holds back a leap while time goes on, and takes it once the clock has run steadily", async () => {
  const { step, run } = createClocks();
  step(HOUR_MS);
  expect(await run(STILL_HELD_MS)).toBe(STILL_HELD_MS);
  expect(await run(1_000)).toBe(HOUR_MS + HOLD_MS);
});

test("follows at once a clock that moves on by less than a leap", async () => {
  const { clock, steady, run } = createClocks();
  clock.step(LEAP_MS);
  expect(await run(0)).toBe(LEAP_MS);
  expect(steady.tick()).toBe(clock.nowMs());
});

test("has lost nothing when a leap was a mistake that is mended", async () => {
  const { step, run } = createClocks();
  step(HOUR_MS);
  await run(60_000);
  step(-HOUR_MS);
  expect(await run(60_000)).toBe(120_000);
});

test("follows a clock that is set back", async () => {
  const { step, run } = createClocks();
  step(-HOUR_MS);
  expect(await run(60_000)).toBe(60_000 - HOUR_MS);
});

test("takes a second leap with the first", async () => {
  const { step, run } = createClocks();
  step(HOUR_MS);
  await run(HOLD_MS / 2);
  step(HOUR_MS);
  expect(await run(STILL_HELD_MS)).toBe(HOLD_MS / 2 + STILL_HELD_MS);
  expect(await run(1_000)).toBe(2 * HOUR_MS + HOLD_MS * 1.5);
});
