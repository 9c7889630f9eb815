/** The log as the broker has it: partitions of durable records, and how far the group has committed each. */
import {
  INBOX_TOPICS,
  type InboxLag,
  type InboxTopic,
  type LogRecord,
  type NewRecord,
  OUTBOX_TOPICS,
  type Topic,
} from "../../../src/actors/ports.ts";
import { shardOf } from "../../../src/actors/sharding.ts";
import type { Timeline } from "../engine/kernel.ts";

export interface Partition {
  readonly topic: Topic;
  readonly shard: number;
  readonly records: LogRecord[];
  committedOffset: number;
}

export type Offsets = ReadonlyMap<InboxTopic, number>;

/** Who is told of everything that becomes durable, at once. */
export interface BrokerObserver {
  appended(record: LogRecord): void;
  committed(partition: Partition): void;
}

export interface Broker {
  /** Stores records, each in the shard of its key. */
  append(records: readonly NewRecord[]): void;
  /** Stores a record in any shard, as a client with another partitioner does. */
  inject(record: NewRecord, shard: number): void;
  partition(topic: Topic, shard: number): Partition;
  partitions(topic: Topic): readonly Partition[];
  committed(shard: number): Offsets;
  commit(shard: number, offsets: Offsets): void;
  inboxLag(ownerOf: (shard: number) => string | null): readonly InboxLag[];
  /** Calls back with the shard of every inbox record that comes; returns the unsubscription. */
  onArrival(listener: (shard: number) => void): () => void;
}

export function createBroker(deps: {
  readonly kernel: Pick<Timeline, "nowMs">;
  readonly shards: number;
  readonly observer: BrokerObserver;
}): Broker {
  const { kernel, shards, observer } = deps;
  const shardNumbers = Array.from({ length: shards }, (_, shard) => shard);
  const byTopic = new Map(
    [...INBOX_TOPICS, ...OUTBOX_TOPICS].map((topic): [Topic, Partition[]] => [
      topic,
      shardNumbers.map((shard) => ({ topic, shard, records: [], committedOffset: 0 })),
    ]),
  );
  const listeners = new Set<(shard: number) => void>();

  const partitions = (topic: Topic): Partition[] => byTopic.get(topic) as Partition[];
  const partition = (topic: Topic, shard: number): Partition => partitions(topic)[shard] as Partition;
  const store = (record: NewRecord, shard: number): void => {
    const { records } = partition(record.topic, shard);
    const stored: LogRecord = { ...record, shard, offset: records.length, timestampMs: kernel.nowMs() };
    records.push(stored);
    observer.appended(stored);
    for (const listener of [...listeners]) listener(shard);
  };

  return {
    append(records) {
      for (const record of records) store(record, shardOf(record.key, shards));
    },
    inject: store,
    partition,
    partitions,
    committed: (shard) => new Map(INBOX_TOPICS.map((topic) => [topic, partition(topic, shard).committedOffset])),
    commit(shard, offsets) {
      for (const [topic, offset] of offsets) {
        const committed = partition(topic, shard);
        committed.committedOffset = offset;
        observer.committed(committed);
      }
    },
    inboxLag: (ownerOf) =>
      shardNumbers.flatMap((shard) =>
        INBOX_TOPICS.map((topic) => {
          const { records, committedOffset } = partition(topic, shard);
          const oldestUnreadMs = records[committedOffset]?.timestampMs ?? null;
          return { shard, topic, endOffset: records.length, committedOffset, oldestUnreadMs, owner: ownerOf(shard) };
        }),
      ),
    onArrival(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
