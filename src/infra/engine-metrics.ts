/** What the adapters of the production engines report of their work: the batching that their speed depends on can be seen. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface EngineMetrics {
  /** A send to the log was acknowledged, with so many records in it. */
  sent(topic: string, records: number): void;
  /** A fetch from the log brought so many records. */
  fetched(topic: string, records: number): void;
  /** A topic of the log has so many partitions beyond the shards. */
  extraPartitions(topic: string, count: number): void;
  /** An insert into the event store was acknowledged, with so many commits in it. */
  inserted(commits: number): void;
  /** A request to an engine was sent: `operation` is a short fixed name such as `insert` or `commitOffsets`. */
  roundTrip(engine: "redpanda" | "mongodb" | "registry", operation: string): void;
}

/** Counts what the adapters report. */
export function createEngineMetrics(registers: Registry[]): EngineMetrics {
  const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const sends = counter("orderloom_log_sends_total", "Acknowledged sends to the log.", ["topic"]);
  const sentRecords = counter("orderloom_log_sent_records_total", "Records in acknowledged sends.", ["topic"]);
  const fetches = counter("orderloom_log_fetches_total", "Fetches from the log that brought records.", ["topic"]);
  const fetchedRecords = counter("orderloom_log_fetched_records_total", "Records that fetches brought.", ["topic"]);
  const extraPartitions = new Gauge({
    name: "orderloom_topic_extra_partitions",
    help: "Partitions that a topic has beyond the shards.",
    labelNames: ["topic"],
    registers,
  });
  const inserts = counter("orderloom_store_inserts_total", "Acknowledged inserts into the event store.");
  const insertedCommits = counter("orderloom_store_inserted_commits_total", "Commits in acknowledged inserts.");
  const roundTrips = counter("orderloom_engine_round_trips_total", "Requests sent to an engine.", [
    "engine",
    "operation",
  ]);
  return {
    sent(topic, records) {
      sends.inc({ topic });
      sentRecords.inc({ topic }, records);
    },
    fetched(topic, records) {
      fetches.inc({ topic });
      fetchedRecords.inc({ topic }, records);
    },
    extraPartitions: (topic, count) => extraPartitions.set({ topic }, count),
    inserted(commits) {
      inserts.inc();
      insertedCommits.inc(commits);
    },
    roundTrip: (engine, operation) => roundTrips.inc({ engine, operation }),
  };
}
