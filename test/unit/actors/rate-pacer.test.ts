import { describe, expect, test } from "vitest";
import { createRatePacer } from "../../../src/actors/rate-pacer.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";

/** When each turn came, in milliseconds since the beginning. */
async function turns(askers: number, ratePerS: number, forMs: number): Promise<readonly number[]> {
  const clock = createManualClock();
  const startMs = clock.nowMs();
  const pacer = createRatePacer(clock);
  const cameMs: number[] = [];
  for (let i = 0; i < askers; i++) {
    void pacer.turn(ratePerS).then(() => cameMs.push(clock.nowMs() - startMs));
  }
  await clock.advance(forMs);
  return cameMs;
}

describe("a rate pacer", () => {
  test("spreads turns evenly, however many ask at once", async () => {
    expect(await turns(6, 2, 10_000)).toEqual([0, 500, 1_000, 1_500, 2_000, 2_500]);
  });

  test("lets nobody wait who comes late enough", async () => {
    const clock = createManualClock();
    const pacer = createRatePacer(clock);
    await pacer.turn(10);
    await clock.advance(100);
    const beforeMs = clock.nowMs();
    await pacer.turn(10);
    expect(clock.nowMs()).toBe(beforeMs);
  });

  test("does not stand still for as long as a clock was set back", async () => {
    const clock = createManualClock();
    const pacer = createRatePacer(clock);
    await pacer.turn(10);
    clock.step(-3_600_000);
    await pacer.turn(10);
    let came = false;
    void pacer.turn(10).then(() => {
      came = true;
    });
    await clock.advance(100);
    expect(came).toBe(true);
  });
});
