import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoffMs, createWakeUp } from "../../../src/actors/retry.ts";
import { createManualClock, settled } from "../../support/memory/manual-clock.ts";
import { createSeededRandom } from "../../support/memory/seeded-random.ts";

describe("a backoff", () => {
  const backoff = { baseMs: 100, maxMs: 5_000 };

  test.each([
    [1, 50, 100],
    [2, 100, 200],
    [3, 200, 400],
    [7, 2_500, 5_000],
    [1_000, 2_500, 5_000],
  ])("after attempt %i is between %i and %i ms", (attempt, leastMs, mostMs) => {
    const waitAt = (fraction: number) => backoffMs(backoff, attempt, { fraction: () => fraction });
    expect(waitAt(0)).toBe(leastMs);
    expect(waitAt(1 - Number.EPSILON)).toBe(mostMs);
  });

  test("is a whole number of milliseconds and never above the limit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(), (attempt, seed) => {
        const waitMs = backoffMs(backoff, attempt, createSeededRandom(seed));
        expect(Number.isInteger(waitMs) && waitMs > 0 && waitMs <= backoff.maxMs).toBe(true);
      }),
    );
  });
});

describe("a wake-up", () => {
  function createWaiter() {
    const clock = createManualClock();
    const wakeUp = createWakeUp(clock);
    const ended: ("woken" | "timeout")[] = [];
    const wait = (timeoutMs: number) => {
      void wakeUp.wait(timeoutMs).then((how) => ended.push(how));
    };
    return { clock, wakeUp, wait, ended };
  }

  test("ends a wait at once", async () => {
    const { wakeUp, wait, ended } = createWaiter();
    wait(1_000);
    await settled();
    expect(ended).toEqual([]);
    wakeUp.wake();
    await settled();
    expect(ended).toEqual(["woken"]);
  });

  test("that does not come lets the wait end in its time", async () => {
    const { clock, wait, ended } = createWaiter();
    wait(1_000);
    await clock.advance(999);
    expect(ended).toEqual([]);
    await clock.advance(1);
    expect(ended).toEqual(["timeout"]);
  });

  test("while nobody waits is remembered, once", async () => {
    const { clock, wakeUp, wait, ended } = createWaiter();
    wakeUp.wake();
    wakeUp.wake();
    wait(1_000);
    wait(1_000);
    await settled();
    expect(ended).toEqual(["woken"]);
    await clock.advance(1_000);
    expect(ended).toEqual(["woken", "timeout"]);
  });

  test("ends every wait that is under way, and is not remembered after that", async () => {
    const { clock, wakeUp, wait, ended } = createWaiter();
    wait(1_000);
    wait(2_000);
    wakeUp.wake();
    wait(1_000);
    await clock.advance(5_000);
    expect(ended).toEqual(["woken", "woken", "timeout"]);
  });
});
