/**
 * The one clock of the bench. A mail's latency begins in one process and ends in another, so every process reads
 * the system's monotonic clock, which they share and which no time server adjusts in the middle of a run.
 */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
