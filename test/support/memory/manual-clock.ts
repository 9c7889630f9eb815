/** A clock that stands still until a test moves it. What is scheduled runs in the order of its time, then of its scheduling. */
import type { Clock } from "../../../src/actors/ports.ts";

export interface ManualClock extends Clock {
  /** Moves time on, running what falls due on the way; after each callback, promises settle. */
  advance(byMs: number): Promise<void>;
  /** Sets the clock forward or back; what is scheduled runs as long after now as it would have. */
  step(byMs: number): void;
  /** The time now as an ISO 8601 instant. */
  nowIso(): string;
}

export const TEST_EPOCH = "2026-01-05T12:00:00.000Z";

interface Scheduled {
  readonly dueMs: number;
  readonly callback: () => void;
}

export function createManualClock(start = TEST_EPOCH): ManualClock {
  /** How far the clock has been set from the time that runs. */
  let offsetMs = 0;
  let nowMs = Date.parse(start);
  const scheduled = new Set<Scheduled>();

  const takeNext = (untilMs: number): Scheduled | undefined => {
    const [next] = [...scheduled].filter(({ dueMs }) => dueMs <= untilMs).toSorted((a, b) => a.dueMs - b.dueMs);
    if (next !== undefined) scheduled.delete(next);
    return next;
  };

  return {
    nowMs: () => nowMs + offsetMs,
    nowIso: () => new Date(nowMs + offsetMs).toISOString(),
    step(byMs) {
      offsetMs += byMs;
    },
    schedule(delayMs, callback) {
      const entry = { dueMs: nowMs + Math.max(0, delayMs), callback };
      scheduled.add(entry);
      return () => scheduled.delete(entry);
    },
    async advance(byMs) {
      const untilMs = nowMs + byMs;
      await settled();
      for (let next = takeNext(untilMs); next !== undefined; next = takeNext(untilMs)) {
        nowMs = next.dueMs;
        next.callback();
        await settled();
      }
      nowMs = untilMs;
    },
  };
}

/** Resolves once every promise that can go on without time or input has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
