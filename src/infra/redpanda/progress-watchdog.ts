/**
 * Notices a consumer that does nothing although records wait: kafkajs can stop consuming without a word (#1443, #1613).
 * Brokers that do not answer are no reason: then nobody can tell whether anything waits.
 */
import type { Clock } from "../../actors/ports.ts";

export interface ProgressWatchdogDeps {
  readonly clock: Clock;
  /** Nothing may happen for so long while records wait. */
  readonly stalledAfterMs: number;
  /** A number that changes with everything that happens. */
  readonly progress: () => number;
  /** True while records are with the handlers: however long that takes, the consumer is alive. */
  readonly isBusy: () => boolean;
  /** What waits, in words; null when nothing does. */
  readonly findWaiting: () => Promise<string | null>;
  readonly onStalled: (waiting: string) => void;
  readonly onError: (error: unknown) => void;
}

/** @returns a function that ends the watch. */
export function watchProgress(deps: ProgressWatchdogDeps): () => void {
  const { clock, stalledAfterMs, progress, isBusy, onStalled, onError } = deps;
  let lastProgress = progress();
  let waitingSinceMs: number | null = null;
  let stopped = false;
  let cancel = (): void => {};

  const findWaiting = async (): Promise<string | null> => {
    try {
      return await deps.findWaiting();
    } catch (error) {
      onError(error);
      return null;
    }
  };

  const look = async (): Promise<void> => {
    const waiting = isBusy() || progress() !== lastProgress ? null : await findWaiting();
    // It may have gone on while the brokers were asked.
    if (waiting === null || isBusy() || progress() !== lastProgress) {
      lastProgress = progress();
      waitingSinceMs = null;
      return;
    }
    waitingSinceMs ??= clock.nowMs();
    if (clock.nowMs() - waitingSinceMs >= stalledAfterMs && !stopped) {
      waitingSinceMs = null;
      onStalled(waiting);
    }
  };

  const schedule = (): void => {
    cancel = clock.schedule(stalledAfterMs / 4, () => {
      void look().then(() => {
        if (!stopped) schedule();
      });
    });
  };
  schedule();
  return () => {
    stopped = true;
    cancel();
  };
}
