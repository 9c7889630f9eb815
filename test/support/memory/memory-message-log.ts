/** The message log as arrays. It consumes as real logs do: a batch that throws comes again, and offsets follow batches. */
import {
  type Clock,
  INBOX_TOPICS,
  type InboxHandlers,
  type LogRecord,
  type MessageLog,
  type Topic,
} from "../../../src/actors/ports.ts";
import { shardOf } from "../../../src/actors/sharding.ts";

const REDELIVER_AFTER_MS = 100;

interface Partition {
  readonly records: LogRecord[];
  committed: number;
}

export function createMemoryMessageLog(deps: { clock: Clock; shards: number; batchRecords?: number }): MessageLog {
  const { clock, shards, batchRecords = 100 } = deps;
  const partitions = new Map<string, Partition>();
  const arrivals = new Set<() => void>();

  const partitionOf = (topic: Topic, shard: number): Partition => {
    const key = `${topic}/${shard}`;
    const partition = partitions.get(key) ?? { records: [], committed: 0 };
    partitions.set(key, partition);
    return partition;
  };
  const unread = (shard: number): LogRecord[] =>
    INBOX_TOPICS.flatMap((topic) => {
      const { records, committed } = partitionOf(topic, shard);
      return records.slice(committed);
    })
      .toSorted((a, b) => a.timestampMs - b.timestampMs)
      .slice(0, batchRecords);

  return {
    async produce(records) {
      const timestampMs = clock.nowMs();
      for (const record of records) {
        const shard = shardOf(record.key, shards);
        const partition = partitionOf(record.topic, shard);
        partition.records.push({ ...structuredClone(record), shard, offset: partition.records.length, timestampMs });
      }
      for (const wake of [...arrivals]) wake();
    },
    async consumeInbox(handlers) {
      const commit = (records: readonly LogRecord[]): void => {
        for (const { topic, shard, offset } of records) partitionOf(topic, shard).committed = offset + 1;
      };
      return consume({ clock, shards, handlers, unread, arrivals, commit });
    },
    async inboxLag() {
      return Array.from({ length: shards }, (_, shard) =>
        INBOX_TOPICS.map((topic) => {
          const { records, committed } = partitionOf(topic, shard);
          const oldestUnreadMs = records[committed]?.timestampMs ?? null;
          return { shard, topic, endOffset: records.length, committedOffset: committed, oldestUnreadMs, owner: null };
        }),
      ).flat();
    },
    async read(topic, shard, fromOffset, limit) {
      return partitionOf(topic, shard).records.slice(fromOffset, fromOffset + limit);
    },
    async endOffsets(topic) {
      return new Map(Array.from({ length: shards }, (_, shard) => [shard, partitionOf(topic, shard).records.length]));
    },
    asConsumed: async (records) => records,
  };
}

interface Consumption {
  readonly clock: Clock;
  readonly shards: number;
  readonly handlers: InboxHandlers;
  readonly unread: (shard: number) => readonly LogRecord[];
  readonly arrivals: Set<() => void>;
  readonly commit: (records: readonly LogRecord[]) => void;
}

function consume({ clock, shards, handlers, unread, arrivals, commit }: Consumption) {
  const shardNumbers = Array.from({ length: shards }, (_, shard) => shard);
  const busy = new Map<number, Promise<void>>();
  let stopping = false;

  const work = async (shard: number): Promise<void> => {
    try {
      for (let records = unread(shard); !stopping && records.length > 0; records = unread(shard)) {
        await handlers.onBatch({ shard, records });
        commit(records);
      }
    } catch {
      clock.schedule(REDELIVER_AFTER_MS, wake);
    } finally {
      busy.delete(shard);
    }
  };
  const wake = (): void => {
    for (const shard of shardNumbers) {
      if (!stopping && !busy.has(shard) && unread(shard).length > 0) busy.set(shard, work(shard));
    }
  };

  for (const shard of shardNumbers) handlers.onAssigned(shard);
  arrivals.add(wake);
  wake();
  return {
    async stop() {
      if (stopping) return;
      stopping = true;
      arrivals.delete(wake);
      await Promise.all(busy.values());
    },
  };
}
