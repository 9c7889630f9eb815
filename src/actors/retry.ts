/** When to try again: exponential backoff with full jitter, so that many who failed together do not return together. */
import type { Clock, Random } from "./ports.ts";

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** How long to wait before attempt `attempt + 1`: between half and all of base × 2^(attempt - 1), at most `maxMs`. */
export function backoffMs({ baseMs, maxMs }: Backoff, attempt: number, random: Pick<Random, "fraction">): number {
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.ceil(ceilingMs * (0.5 + random.fraction() / 2));
}

/** Lets work wait for a wake-up, for a time at most. A wake-up while nobody waits is remembered. */
export interface WakeUp {
  wake(): void;
  wait(timeoutMs: number): Promise<"woken" | "timeout">;
}

export function createWakeUp(clock: Clock): WakeUp {
  const waiting = new Set<() => void>();
  let pending = false;
  return {
    wake() {
      pending = waiting.size === 0;
      for (const finish of [...waiting]) finish();
    },
    wait(timeoutMs) {
      if (pending) {
        pending = false;
        return Promise.resolve("woken");
      }
      return new Promise((resolve) => {
        const wake = (): void => {
          cancel();
          waiting.delete(wake);
          resolve("woken");
        };
        const cancel = clock.schedule(timeoutMs, () => {
          waiting.delete(wake);
          resolve("timeout");
        });
        waiting.add(wake);
      });
    },
  };
}
