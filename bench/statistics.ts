/** The few statistics the bench reports. Percentiles are of all values, not of a histogram's buckets. */

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Nearest-rank percentiles; zeros when there are no values. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

/** How many per second finished between the first and the last tenth of `finishedMs`. */
export function sustainedPerS(finishedMs: readonly number[]): number {
  const sorted = finishedMs.toSorted((a, b) => a - b);
  const first = Math.floor(sorted.length * 0.1);
  const last = Math.floor(sorted.length * 0.9);
  const tookMs = (sorted[last] ?? 0) - (sorted[first] ?? 0);
  return tookMs > 0 ? ((last - first) * 1_000) / tookMs : 0;
}

/** The least-squares slope of y over x; 0 when there are fewer than two different x. */
export function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): number {
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const varianceX = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const covariance = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  return varianceX > 0 ? covariance / varianceX : 0;
}
