/** Counts the requests that kafkajs sends, by the protocol's names for them. */
import type { EngineMetrics } from "../engine-metrics.ts";

/** @param listen calls its listener with the name of each request that was answered. */
export function countRoundTrips(
  listen: (listener: (apiName: string) => void) => void,
  metrics: Pick<EngineMetrics, "roundTrip">,
): void {
  // `OffsetCommit` becomes `offsetCommit`, as the operations of other engines are named.
  listen((apiName) => metrics.roundTrip("redpanda", `${apiName.charAt(0).toLowerCase()}${apiName.slice(1)}`));
}
