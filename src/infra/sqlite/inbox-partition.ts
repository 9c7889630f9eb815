/** What the process remembers of one inbox topic in one shard: how far it was written, read ahead, processed and committed. */
import type { InboxTopic, LogRecord } from "../../actors/ports.ts";

export interface InboxPartition {
  readonly topic: InboxTopic;
  readonly shard: number;
  /** The offset that the next stored record gets. */
  endOffset: number;
  /** Stored: where a restart begins. */
  committedOffset: number;
  /** The offset of the first record that is not processed. */
  processedOffset: number;
  /** The offset of the first record that has not been read into `buffer`. */
  nextOffset: number;
  /** Records that have been read and wait to be handed out. */
  buffer: LogRecord[];
}

const MAX_BUFFERED = 1_000;

/** Takes a record that was just stored straight into the buffer when it is the next one; otherwise it is fetched later. */
export function offer(partition: InboxPartition, record: LogRecord): void {
  if (record.offset === partition.nextOffset && partition.buffer.length < MAX_BUFFERED) take(partition, record);
}

/** Takes the next record into the buffer. */
export function take(partition: InboxPartition, record: LogRecord): void {
  partition.buffer.push(record);
  partition.nextOffset = record.offset + 1;
}

/** True when stored records wait that are not in the buffer. */
export function isBehind(partition: InboxPartition): boolean {
  return partition.nextOffset < partition.endOffset;
}

/** Takes up to `limit` records out of the buffers of one shard, oldest first, so that no topic holds up another. */
export function drain(partitions: readonly InboxPartition[], limit: number): LogRecord[] {
  const records: LogRecord[] = [];
  const taken = partitions.map(() => 0);
  while (records.length < limit) {
    let oldest = -1;
    let record: LogRecord | undefined;
    for (const [i, { buffer }] of partitions.entries()) {
      const candidate = buffer[taken[i] as number];
      if (candidate !== undefined && (record === undefined || candidate.timestampMs < record.timestampMs)) {
        oldest = i;
        record = candidate;
      }
    }
    if (record === undefined) break;
    records.push(record);
    taken[oldest] = (taken[oldest] as number) + 1;
  }
  for (const [i, { buffer }] of partitions.entries()) buffer.splice(0, taken[i]);
  return records;
}
