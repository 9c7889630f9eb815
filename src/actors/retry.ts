/** When to try again: exponential backoff with full jitter, so that many who failed together do not return together. */
import type { Clock, Random } from "./ports.ts";

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** How long to wait before attempt `attempt + 1`: between half and all of base × 2^(attempt - 1), at most `maxMs`. */
export function backoffMs({ baseMs, maxMs }: Backoff, attempt: number, random: Random): number {
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.ceil(ceilingMs * (0.5 + random.fraction() / 2));
}

/** Something that waits for a wake-up, for a time at most. A wake-up while nobody waits is remembered. */
export interface WakeUp {
  wake(): void;
  wait(timeoutMs: number): Promise<void>;
}

export function createWakeUp(clock: Clock): WakeUp {
  let pending = false;
  let resume: (() => void) | null = null;
  return {
    wake() {
      if (resume === null) pending = true;
      else resume();
    },
    wait(timeoutMs) {
      if (pending) {
        pending = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const finish = (): void => {
          cancel();
          resume = null;
          resolve();
        };
        const cancel = clock.schedule(timeoutMs, finish);
        resume = finish;
      });
    },
  };
}
