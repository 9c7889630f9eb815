/**
 * The clock as deadlines go by it. A clock that leaps ahead (it was set, or the machine slept) would make everything due
 * at once: such a leap is held back, while time goes on as before, until the clock has run steadily for a while. A clock
 * that is set back takes back what is held first.
 */
import type { Clock } from "./ports.ts";

/** More than any pause between two looks in a process that runs, and more than what a payment's usual slack takes up. */
export const LEAP_MS = 900_000;

export interface SteadyClock {
  /** The time now, less a leap that is held back. To be called every few seconds: a longer silence is a leap. */
  tick(): number;
}

/** @param holdMs how long the clock must run steadily before a leap counts. */
export function createSteadyClock({ clock, holdMs }: { clock: Pick<Clock, "nowMs">; holdMs: number }): SteadyClock {
  let lastMs = clock.nowMs();
  let heldBackMs = 0;
  let releaseAtMs = 0;
  return {
    tick() {
      const nowMs = clock.nowMs();
      const stepMs = nowMs - lastMs;
      lastMs = nowMs;
      if (stepMs > LEAP_MS) {
        heldBackMs += stepMs;
        releaseAtMs = nowMs + holdMs;
      } else if (stepMs < 0) {
        heldBackMs = Math.max(0, heldBackMs + stepMs);
        releaseAtMs += stepMs;
      }
      if (nowMs >= releaseAtMs) heldBackMs = 0;
      return nowMs - heldBackMs;
    },
  };
}
