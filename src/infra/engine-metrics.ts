/** What the adapters of the production engines report of their work: the batching that their speed depends on can be seen. */
export interface EngineMetrics {
  /** A send to the log was acknowledged, with so many records in it. */
  sent(topic: string, records: number): void;
  /** A fetch from the log brought so many records. */
  fetched(topic: string, records: number): void;
  /** An insert into the event store was acknowledged, with so many commits in it. */
  inserted(commits: number): void;
  /** A request to an engine was sent: `operation` is a short fixed name such as `insert` or `commitOffsets`. */
  roundTrip(engine: "redpanda" | "mongodb" | "registry", operation: string): void;
}
