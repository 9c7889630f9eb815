/**
 * Notices topics that get more partitions while the service runs. Brokers let nobody take partitions away again, and what
 * is written to one beyond the shards takes another way than it should, so people must hear of it.
 */
import { OperationalError } from "../../actors/errors.ts";
import type { Clock, Topic } from "../../actors/ports.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import type { LogQueries } from "./log-queries.ts";
import type { TopicNames } from "./topics.ts";

const LOOK_EVERY_MS = 10_000;

export interface TopicWatchDeps {
  readonly clock: Clock;
  readonly queries: Pick<LogQueries, "partitionCounts">;
  readonly shards: number;
  readonly names: TopicNames;
  readonly metrics: Pick<EngineMetrics, "extraPartitions">;
  readonly onError: (error: unknown) => void;
}

/** Tells of each number of partitions that is new and too large, once. @returns a function that ends the watch. */
export function watchTopics(deps: TopicWatchDeps): () => void {
  const { clock, queries, shards, names, metrics, onError } = deps;
  const told = new Map<Topic, number>();
  let stopped = false;
  let cancel = (): void => {};

  const look = async (): Promise<void> => {
    for (const [topic, partitions] of await queries.partitionCounts()) {
      metrics.extraPartitions(topic, Math.max(0, partitions - shards));
      if (partitions <= shards || told.get(topic) === partitions) continue;
      told.set(topic, partitions);
      onError(differs(names.nameOf(topic), partitions, shards));
    }
  };
  const schedule = (): void => {
    cancel = clock.schedule(LOOK_EVERY_MS, () => {
      // Brokers that do not answer are told of by all others who ask them.
      void look()
        .catch((error: unknown) => {
          if (!(error instanceof OperationalError)) throw error;
        })
        .then(() => {
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

function differs(name: string, partitions: number, shards: number): OperationalError {
  const message =
    `The topic ${name} has ${partitions} partitions now, and there are ${shards} shards. What is written to the others is ` +
    "read, and forwarded where it belongs, but nothing starts any more: create the topic anew as docs/operations.md says.";
  return new OperationalError("topics_differ", message, { retryable: false });
}
