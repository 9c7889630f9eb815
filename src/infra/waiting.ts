/** Waiting by the clock of the service, and with a limit: a client of brokers or stores may never answer. */
import type { Clock } from "../actors/ports.ts";

/** Settles as `promise` does, or rejects with `late()` after `deadlineMs`. What comes later is ignored. */
export function withDeadline<Value>(
  clock: Pick<Clock, "schedule">,
  deadlineMs: number,
  promise: Promise<Value>,
  late: () => Error,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(deadlineMs, () => reject(late()));
    promise.then(resolve, reject).finally(cancel);
  });
}

/** Resolves after a time, or as soon as one of the signals is aborted. */
export function pause(
  clock: Pick<Clock, "schedule">,
  delayMs: number,
  signals: readonly AbortSignal[] = [],
): Promise<void> {
  return new Promise((resolve) => {
    const signal = AbortSignal.any([...signals]);
    if (signal.aborted) return resolve();
    const cancel = clock.schedule(delayMs, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    function onAbort(): void {
      cancel();
      resolve();
    }
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
