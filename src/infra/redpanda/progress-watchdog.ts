/**
 * Notices a consumer that leaves records alone: kafkajs can stop consuming without a word (#1443, #1613), all partitions
 * or one of them while the others flow on. Brokers that do not answer are no reason: then nobody can tell whether
 * anything waits.
 */
import type { Clock } from "../../actors/ports.ts";

/** Something that waits for the consumer. */
export interface Waiting {
  /** Names it: the same from one look to the next. */
  readonly key: string;
  /** A number that changes with everything that happens to it. */
  readonly progress: number;
  /** In words. */
  readonly what: string;
}

export interface ProgressWatchdogDeps {
  readonly clock: Clock;
  /** Nothing may happen for so long to what waits. */
  readonly stalledAfterMs: number;
  /** What waits and is not with the handlers: however long they take, the consumer is alive. */
  readonly findWaiting: () => Promise<readonly Waiting[]>;
  readonly onStalled: (waiting: string) => void;
  readonly onError: (error: unknown) => void;
}

/** @returns a function that ends the watch. */
export function watchProgress(deps: ProgressWatchdogDeps): () => void {
  const { clock, stalledAfterMs, onStalled, onError } = deps;
  let standing = new Map<string, { readonly progress: number; readonly sinceMs: number }>();
  let stopped = false;
  let cancel = (): void => {};

  const findWaiting = async (): Promise<readonly Waiting[]> => {
    try {
      return await deps.findWaiting();
    } catch (error) {
      onError(error);
      return [];
    }
  };

  const look = async (): Promise<void> => {
    const waiting = await findWaiting();
    const nowMs = clock.nowMs();
    const before = standing;
    standing = new Map(
      waiting.map(({ key, progress }) => {
        const last = before.get(key);
        return [key, last?.progress === progress ? last : { progress, sinceMs: nowMs }];
      }),
    );
    const stalled = waiting.find(({ key }) => nowMs - (standing.get(key)?.sinceMs ?? nowMs) >= stalledAfterMs);
    if (stalled === undefined || stopped) return;
    standing.clear();
    onStalled(stalled.what);
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
