/** Spreads work evenly over time, so that it never goes faster than asked, however many ask at once. */
import type { Clock } from "./ports.ts";
import { createWakeUp } from "./retry.ts";

/** Nobody is put off for longer than this: a clock that was set back must not stop everything. */
const MAX_WAIT_MS = 60_000;

export interface RatePacer {
  /** Resolves when it is this caller's turn, at most so often a second. */
  turn(ratePerS: number): Promise<void>;
}

export function createRatePacer(clock: Clock): RatePacer {
  let freeAtMs = Number.NEGATIVE_INFINITY;
  return {
    async turn(ratePerS) {
      const nowMs = clock.nowMs();
      const isBelievable = freeAtMs - nowMs <= MAX_WAIT_MS;
      const turnMs = isBelievable ? Math.max(freeAtMs, nowMs) : nowMs;
      freeAtMs = turnMs + 1_000 / ratePerS;
      if (turnMs > nowMs) await createWakeUp(clock).wait(Math.ceil(turnMs - nowMs));
    },
  };
}
