/**
 * The message log of the embedded default. One process owns every shard, so the ends of the inbox are known
 * in memory, and a record that was just stored reaches the consumer without being read back.
 */
import {
  type Clock,
  INBOX_TOPICS,
  type InboxTopic,
  type LogRecord,
  type MessageLog,
  type NewRecord,
  type Random,
  type RecordValue,
  type Topic,
} from "../../actors/ports.ts";
import { shardOf } from "../../actors/sharding.ts";
import type { SqliteDatabase } from "./database.ts";
import { type StartedConsumer, startInboxConsumer } from "./inbox-consumer.ts";
import { type InboxPartition, offer } from "./inbox-partition.ts";
import { NEW_RECORD_CELLS, RECORD_CELLS } from "./log-operations.ts";
import type { Cell } from "./open-database.ts";

/** The `MessageLog` on a SQLite database, for the one process that has its data folder. */
export async function createSqliteMessageLog(
  database: SqliteDatabase,
  deps: {
    readonly shards: number;
    readonly clock: Clock;
    readonly random: Pick<Random, "fraction">;
    /** A batch threw and will come again, or a read or an offset commit failed and will be repeated. */
    readonly onError: (error: unknown) => void;
  },
): Promise<MessageLog> {
  const { shards, clock } = deps;
  const inbox = await loadInbox(database, shards);
  let consumer: StartedConsumer | null = null;

  async function produce(records: readonly NewRecord[]): Promise<void> {
    if (records.length === 0) return;
    const timestampMs = clock.nowMs();
    const cells: NonNullable<Cell>[] = [];
    for (const { topic, key, value, headers } of records)
      cells.push(topic, shardOf(key, shards), key, value, JSON.stringify(headers), timestampMs);
    const offsets = await database.write("log.produce", cells);
    for (const [i, record] of records.entries()) {
      const shard = cells[i * NEW_RECORD_CELLS + 1] as number;
      const partition = partitionOf(inbox, record.topic, shard);
      if (partition === undefined) continue;
      const offset = offsets[i] as number;
      if (consumer !== null) offer(partition, { ...record, shard, offset, timestampMs });
      partition.endOffset = Math.max(partition.endOffset, offset + 1);
    }
    consumer?.wake();
  }

  return {
    produce,
    async consumeInbox(handlers) {
      if (consumer !== null) throw new Error("the inbox is being consumed already");
      for (const partition of inbox.flat()) rewind(partition);
      const source = {
        shards: inbox,
        commit: (offsets: Parameters<typeof database.write<"log.commitOffsets">>[1]) =>
          database.write("log.commitOffsets", offsets),
        fetch: async (partitions: readonly InboxPartition[], limit: number) => {
          const from = partitions.map(({ topic, shard, nextOffset }) => ({ topic, shard, fromOffset: nextOffset }));
          return recordsOf(await database.read("log.fetch", { from, limit }));
        },
      };
      const started = startInboxConsumer({ ...deps, source, handlers });
      consumer = started;
      return {
        async stop() {
          await started.stop();
          if (consumer === started) consumer = null;
        },
      };
    },
    async inboxLag() {
      const partitions = inbox.flat();
      const behind = partitions.filter(({ committedOffset, endOffset }) => committedOffset < endOffset);
      const from = behind.map(({ topic, shard, committedOffset }) => ({ topic, shard, fromOffset: committedOffset }));
      const oldest = behind.length === 0 ? [] : await database.read("log.storedAt", from);
      return partitions.map((partition) => {
        const { shard, topic, endOffset, committedOffset } = partition;
        const oldestUnreadMs = oldest[behind.indexOf(partition)] ?? null;
        return { shard, topic, endOffset, committedOffset, oldestUnreadMs, owner: null };
      });
    },
    async read(topic, shard, fromOffset, limit) {
      const records: LogRecord[] = [];
      let next = fromOffset;
      while (records.length < limit) {
        const from = [{ topic, shard, fromOffset: next }];
        const page = recordsOf(await database.read("log.fetch", { from, limit: limit - records.length }));
        const last = page.at(-1);
        if (last === undefined) break;
        records.push(...page);
        next = last.offset + 1;
      }
      return records;
    },
    async endOffsets(topic) {
      const partitions = Array.from({ length: shards }, (_, shard) => ({ topic, shard }));
      const offsets = await database.read("log.offsets", partitions);
      return new Map(partitions.map(({ shard }) => [shard, offsets[shard * 2] as number]));
    },
    asConsumed: async (records) => records,
  };
}

async function loadInbox(database: SqliteDatabase, shards: number): Promise<readonly (readonly InboxPartition[])[]> {
  const partitions = Array.from({ length: shards }, (_, shard) => INBOX_TOPICS.map((topic) => ({ topic, shard })));
  const offsets = await database.read("log.offsets", partitions.flat());
  return partitions.map((topics, shard) =>
    topics.map(({ topic }, i) => {
      const at = (shard * INBOX_TOPICS.length + i) * 2;
      const [endOffset, committedOffset] = [offsets[at] as number, offsets[at + 1] as number];
      return {
        topic,
        shard,
        endOffset,
        committedOffset,
        processedOffset: committedOffset,
        nextOffset: committedOffset,
        buffer: [],
      };
    }),
  );
}

/** A new consumer begins at what is committed. */
function rewind(partition: InboxPartition): void {
  partition.nextOffset = partition.committedOffset;
  partition.processedOffset = partition.committedOffset;
  partition.buffer = [];
}

function partitionOf(
  inbox: readonly (readonly InboxPartition[])[],
  topic: Topic,
  shard: number,
): InboxPartition | undefined {
  return inbox[shard]?.[INBOX_TOPICS.indexOf(topic as InboxTopic)];
}

function recordsOf(cells: readonly Cell[]): LogRecord[] {
  const records: LogRecord[] = [];
  for (let i = 0; i < cells.length; i += RECORD_CELLS) {
    records.push({
      topic: cells[i] as Topic,
      shard: cells[i + 1] as number,
      offset: cells[i + 2] as number,
      key: cells[i + 3] as string,
      value: cells[i + 4] as RecordValue,
      headers: JSON.parse(cells[i + 5] as string) as Readonly<Record<string, string>>,
      timestampMs: cells[i + 6] as number,
    });
  }
  return records;
}
