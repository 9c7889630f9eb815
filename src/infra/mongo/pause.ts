/** Waits by the clock of the service. */
import type { Clock } from "../../actors/ports.ts";

export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(delayMs, resolve);
  });
}
