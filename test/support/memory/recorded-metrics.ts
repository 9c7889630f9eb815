/** Counts what the pipeline reports, so that a test can ask for it by words. */
import type { PipelineMetrics } from "../../../src/actors/pipeline-metrics.ts";

export interface RecordedMetrics extends PipelineMetrics {
  /** How often it happened, by words: `count("message", "orders", "applied")`. */
  count(...words: readonly string[]): number;
}

export function createRecordedMetrics(): RecordedMetrics {
  const counts = new Map<string, number>();
  const add = (words: readonly string[], by = 1): void => {
    const key = words.join(" ");
    counts.set(key, (counts.get(key) ?? 0) + by);
  };
  return {
    message: (topic, result) => add(["message", topic, result]),
    order: (status, previous) => add(["order", previous ?? "none", status]),
    mail: (outcome) => add(["mail", outcome]),
    reactor: (name, commits) => add(["reactor", name], commits),
    deadLetter: ({ topic, shard, offset, code }) => add(["dead letter", topic, String(shard), String(offset), code]),
    error: (code, where) => add(["error", code, where]),
    count: (...words) => counts.get(words.join(" ")) ?? 0,
  };
}
