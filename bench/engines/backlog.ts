/** Tells whether a system kept up with a rate: orders that are under way grow in number where it did not. */
import type { FinishedOrder } from "../order-journey.ts";

export interface Backlog {
  /** Orders under way when half of them, and when all of them, had been started. */
  readonly atHalf: number;
  readonly atEnd: number;
  /** True when the rate is above what the system can do, so that its times only say how long the run was. */
  readonly grows: boolean;
}

export function backlogOf(finished: readonly FinishedOrder[], ratePerS: number): Backlog {
  const startsMs = finished.map(({ startedAtMs }) => startedAtMs).toSorted((a, b) => a - b);
  const underWayAt = (atMs: number): number =>
    finished.filter((order) => order.startedAtMs <= atMs && order.mailedAtMs > atMs).length;
  const atHalf = underWayAt(startsMs[Math.floor(startsMs.length / 2)] ?? 0);
  const atEnd = underWayAt(startsMs.at(-1) ?? 0);
  // A backlog that grows evenly doubles in the second half; less than a second's orders may be chance.
  return { atHalf, atEnd, grows: atEnd > 1.25 * atHalf && atEnd > ratePerS };
}
