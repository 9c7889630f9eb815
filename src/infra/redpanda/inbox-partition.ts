/** What a consumer knows of a partition that it reads: how far it was fetched, processed and committed. */
import type { OperationalError } from "../../actors/errors.ts";
import type { InboxTopic, LogRecord, NewRecord } from "../../actors/ports.ts";

/** A record of a fetch. One that nobody can process has the dead letter that is kept instead of it. */
export interface FetchedRecord {
  readonly record: LogRecord;
  readonly bytes: number;
  /** Null for a record that can be processed. */
  readonly parked: { readonly letter: NewRecord | null; readonly reason: OperationalError } | null;
}

export interface InboxPartition {
  readonly topic: InboxTopic;
  /** The number of the partition: its shard, but for those that a topic has beyond the shards. */
  readonly shard: number;
  /** Where the next fetch must begin; null before the first one. */
  nextOffset: number | null;
  /** Where the first fetch began. */
  firstOffset: number | null;
  /** The last record that was fetched. */
  lastRecordOffset: number | null;
  /** The offset of the first record that is not processed; null until the group's offset was read. */
  processedOffset: number | null;
  committedOffset: number;
  /** Records that have been fetched and wait to be handed out. */
  buffer: FetchedRecord[];
  bufferedBytes: number;
  /** True while kafkajs fetches no more of it. */
  paused: boolean;
}

/** Enough to keep a shard busy until the next fetch brings more. */
const MAX_BUFFERED_RECORDS = 1_000;
const MAX_BUFFERED_BYTES = 512 * 1_024;

export function createInboxPartition(topic: InboxTopic, shard: number): InboxPartition {
  return {
    topic,
    shard,
    nextOffset: null,
    firstOffset: null,
    lastRecordOffset: null,
    processedOffset: null,
    committedOffset: 0,
    buffer: [],
    bufferedBytes: 0,
    paused: false,
  };
}

export function isFull({ buffer, bufferedBytes }: InboxPartition): boolean {
  return buffer.length >= MAX_BUFFERED_RECORDS || bufferedBytes >= MAX_BUFFERED_BYTES;
}

export function isHalfEmpty({ buffer, bufferedBytes }: InboxPartition): boolean {
  return buffer.length <= MAX_BUFFERED_RECORDS / 2 && bufferedBytes <= MAX_BUFFERED_BYTES / 2;
}

/** Takes up to `limit` records out of the buffers of one shard, oldest first, so that no topic holds up another. */
export function drain(partitions: readonly InboxPartition[], limit: number): FetchedRecord[] {
  const drained: FetchedRecord[] = [];
  const taken = partitions.map(() => 0);
  while (drained.length < limit) {
    let oldest = -1;
    let next: FetchedRecord | null = null;
    for (const [i, { buffer }] of partitions.entries()) {
      const candidate = buffer[taken[i] as number];
      if (candidate === undefined) continue;
      if (next === null || candidate.record.timestampMs < next.record.timestampMs) {
        oldest = i;
        next = candidate;
      }
    }
    if (next === null) break;
    drained.push(next);
    taken[oldest] = (taken[oldest] as number) + 1;
  }
  for (const [i, partition] of partitions.entries()) {
    const removed = partition.buffer.splice(0, taken[i]);
    for (const { bytes } of removed) partition.bufferedBytes -= bytes;
  }
  return drained;
}

/** Moves a shard's partitions on after these records were processed. */
export function markProcessed(partitions: readonly InboxPartition[], processed: readonly FetchedRecord[]): void {
  for (const partition of partitions) {
    const last = processed.findLast(({ record: { topic, shard } }) => {
      return topic === partition.topic && shard === partition.shard;
    });
    if (last !== undefined) partition.processedOffset = last.record.offset + 1;
    skipMarks(partition);
  }
}

/**
 * Counts offsets that belong to no record, such as marks of transactions, as processed once the last record before
 * them is. That it has left the buffer is not enough: it may be with its handler, or given up by one that stops.
 */
export function skipMarks(partition: InboxPartition): void {
  const { lastRecordOffset, processedOffset, nextOffset } = partition;
  if (processedOffset === null || nextOffset === null) return;
  if (lastRecordOffset === null || lastRecordOffset < processedOffset) partition.processedOffset = nextOffset;
}

/** Adds a record behind the others. */
export function addRecord(partition: InboxPartition, fetched: FetchedRecord): void {
  partition.buffer.push(fetched);
  partition.bufferedBytes += fetched.bytes;
  partition.lastRecordOffset = fetched.record.offset;
}

/** Forgets what was fetched and not handed out, and goes on at an offset. */
export function startAt(partition: InboxPartition, offset: number): void {
  partition.buffer = [];
  partition.bufferedBytes = 0;
  partition.lastRecordOffset = null;
  partition.nextOffset = offset;
}
