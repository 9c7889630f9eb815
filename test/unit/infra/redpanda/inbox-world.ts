/** Parts of an inbox consumer for tests, without brokers: an assignment, fetched batches, and scripted queries. */
import type { KafkaMessage } from "kafkajs";
import { INBOX_TOPICS, type InboxTopic } from "../../../../src/actors/ports.ts";
import { type Assignment, createAssignment, type OwnedShard } from "../../../../src/infra/redpanda/assignment.ts";
import type { FetchedBatch } from "../../../../src/infra/redpanda/group-consumer.ts";
import { addRecord, type FetchedRecord, type InboxPartition } from "../../../../src/infra/redpanda/inbox-partition.ts";
import type { LogQueries } from "../../../../src/infra/redpanda/log-queries.ts";
import { partitionKey } from "../../../../src/infra/redpanda/log-queries.ts";

/** An assignment of some shards whose partitions are at offset 0. */
export function assigned(shards: readonly number[], commit: Assignment["commit"] = async () => {}): Assignment {
  const assignment = createAssignment(shards, commit);
  for (const { partitions } of assignment.shards.values()) {
    for (const partition of partitions) {
      partition.processedOffset = 0;
      partition.nextOffset = 0;
    }
  }
  return assignment;
}

export function ownedIn(assignment: Assignment, shard: number): OwnedShard {
  return assignment.shards.get(shard) as OwnedShard;
}

export function partitionIn(assignment: Assignment, topic: InboxTopic, shard: number): InboxPartition {
  return ownedIn(assignment, shard).partitions.find((partition) => partition.topic === topic) as InboxPartition;
}

/** Puts so many more records into a partition's buffer. */
export function buffer(partition: InboxPartition, count: number, parts: Partial<FetchedRecord> = {}): void {
  for (let i = 0; i < count; i++) {
    const { topic, shard, nextOffset } = partition;
    const offset = nextOffset ?? 0;
    const record = { topic, shard, offset, key: "k", value: `${offset}`, headers: {}, timestampMs: offset };
    addRecord(partition, { record, bytes: 100, parked: null, ...parts });
    partition.nextOffset = offset + 1;
  }
}

/** A fetch that was asked for from one offset on and brought messages up to another. */
export function fetched(
  { topic, shard }: InboxPartition,
  fromOffset: number,
  nextOffset: number,
): FetchedBatch & { readonly accepted: () => boolean } {
  let accepted = false;
  return {
    topic,
    shard,
    fromOffset,
    nextOffset,
    messages: Array.from({ length: nextOffset - fromOffset }, (_, i) => message(fromOffset + i)),
    accept() {
      accepted = true;
    },
    accepted: () => accepted,
    commit: async () => {},
  };
}

export function message(offset: number, parts: Partial<KafkaMessage> = {}): KafkaMessage {
  const whole = { key: Buffer.from("k"), value: Buffer.from(`${offset}`), timestamp: "1", attributes: 0, headers: {} };
  return { ...whole, offset: String(offset), ...parts } as KafkaMessage;
}

export interface ScriptedQueries extends LogQueries {
  readonly asked: string[];
  /** The offsets of partitions, by what is asked for; 0 where there is none. */
  readonly offsetsOf: Record<"start" | "end" | "committed", Map<string, number>>;
  /** Thrown by the next questions, one each. */
  readonly failures: unknown[];
  messages: KafkaMessage[];
}

export function scriptedQueries(shards: number): ScriptedQueries {
  const asked: string[] = [];
  const failures: unknown[] = [];
  const offsetsOf = { start: new Map<string, number>(), end: new Map(), committed: new Map() };
  const ask = async <Answer>(question: string, answer: () => Answer): Promise<Answer> => {
    asked.push(question);
    // A question takes a while: what is asked at once is under way at once.
    await new Promise((resolve) => setImmediate(resolve));
    if (failures.length > 0) throw failures.shift();
    return answer();
  };
  const queries: ScriptedQueries = {
    asked,
    failures,
    offsetsOf,
    messages: [],
    offsets: (edge, topics) =>
      ask(edge, () => {
        const keys = topics.flatMap((topic) =>
          Array.from({ length: shards }, (_, shard) => partitionKey(topic, shard)),
        );
        return new Map(keys.map((key) => [key, offsetsOf[edge].get(key) ?? 0]));
      }),
    committed: () =>
      ask("committed", () => {
        const keys = INBOX_TOPICS.flatMap((topic) =>
          Array.from({ length: shards }, (_, shard) => partitionKey(topic, shard)),
        );
        return new Map(keys.map((key) => [key, offsetsOf.committed.get(key) ?? -1]));
      }),
    partitionCounts: () => ask("partitions", () => new Map()),
    owners: () => ask("owners", () => new Map([[0, "member-1"]])),
    fetch: (from) =>
      ask(`fetch ${from.map(({ topic, shard, offset }) => `${topic}/${shard}@${offset}`).join(" ")}`, () =>
        from.map(({ topic, shard }) => ({ topic, shard, messages: queries.messages })),
      ),
    stop() {},
  };
  return queries;
}
