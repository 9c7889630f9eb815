/**
 * Fills the buffers of an assignment. kafkajs is not believed about where a fetch began: after a rebalance it can hand
 * over one that was under way before, and when records were deleted it goes to another place without a word. To accept
 * such a fetch could skip records for good, so only what goes on exactly where the last batch ended is taken.
 */
import { OperationalError } from "../../actors/errors.ts";
import type { Clock, Random } from "../../actors/ports.ts";
import { backoffMs } from "../../actors/retry.ts";
import { pause } from "../waiting.ts";
import { type Assignment, partitionsOf } from "./assignment.ts";
import { fetchedRecordOf } from "./fetched-records.ts";
import type { FetchedBatch, GroupConsumer, SkippedOffsets } from "./group-consumer.ts";
import { addRecord, type InboxPartition, isFull, isHalfEmpty, startAt } from "./inbox-partition.ts";
import { type LogQueries, partitionKey } from "./log-queries.ts";
import { startOffsets } from "./start-offsets.ts";

const BACKOFF = { baseMs: 100, maxMs: 5_000 };

export interface PartitionFeed {
  /** Reads where the group is, and lets every partition begin there. Until then nothing of them can be processed. */
  begin(assignment: Assignment): Promise<void>;
  /** Takes a batch into its partition's buffer, or lets it be fetched again from the right place. */
  take(assignment: Assignment, partition: InboxPartition, batch: FetchedBatch): void;
  /** Notes offsets that belong to no record, under the same condition. */
  skip(assignment: Assignment, partition: InboxPartition, skipped: SkippedOffsets): void;
  /** Goes on fetching partitions whose buffers have room again. */
  refill(partitions: readonly InboxPartition[]): void;
  /** Fetches no more of any partition. */
  holdAll(assignment: Assignment): void;
}

export interface PartitionFeedDeps {
  readonly group: () => Pick<GroupConsumer, "pause" | "resume" | "seek">;
  readonly queries: LogQueries;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
  readonly onError: (error: unknown) => void;
}

export function createPartitionFeed(deps: PartitionFeedDeps): PartitionFeed {
  const { group, queries, clock, random, onError } = deps;

  const hold = (partition: InboxPartition): void => {
    partition.paused = true;
    group().pause(partition.topic, partition.shard);
  };

  const resume = (partition: InboxPartition): void => {
    partition.paused = false;
    group().resume(partition.topic, partition.shard);
  };

  const untilAnswered = async ({ ended }: Assignment, ask: () => Promise<void>): Promise<void> => {
    for (let failures = 1; !ended.aborted; failures++) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error;
        onError(error);
        await pause(clock, backoffMs(BACKOFF, failures, random), [ended]);
      }
    }
  };

  /** Fetches from what comes next, or from the oldest record when that has been deleted. */
  const goBack = (assignment: Assignment, partition: InboxPartition): Promise<void> => {
    const { topic, shard } = partition;
    hold(partition);
    return untilAnswered(assignment, async () => {
      const key = partitionKey(topic, shard);
      const [starts, ends] = await Promise.all([queries.offsets("start", [topic]), queries.offsets("end", [topic])]);
      if (assignment.ended.aborted) return;
      const [start, end] = [starts.get(key) ?? 0, ends.get(key) ?? 0];
      const wanted = partition.nextOffset ?? start;
      const isThere = start <= wanted && wanted <= end;
      if (!isThere) onError(deletedUnread(partition, wanted, start));
      partition.nextOffset = isThere ? wanted : start;
      group().seek(topic, shard, partition.nextOffset);
      resume(partition);
    });
  };

  /** True for a fetch that goes on where the last one ended; the first one is believed until `begin` knows better. */
  const isNext = (assignment: Assignment, partition: InboxPartition, fromOffset: number): boolean => {
    if (partition.nextOffset === null) partition.firstOffset = fromOffset;
    else if (partition.nextOffset !== fromOffset) {
      void goBack(assignment, partition);
      return false;
    }
    return true;
  };

  return {
    begin(assignment) {
      const partitions = partitionsOf(assignment);
      // kafkajs remembers what was paused before.
      for (const partition of partitions) resume(partition);
      return untilAnswered(assignment, async () => {
        const offsets = await startOffsets(queries);
        if (assignment.ended.aborted) return;
        for (const partition of partitions) {
          const offset = offsets.get(partitionKey(partition.topic, partition.shard)) ?? 0;
          partition.committedOffset = offset;
          partition.processedOffset = offset;
          partition.nextOffset ??= offset;
          if (partition.firstOffset === null || partition.firstOffset === offset) continue;
          startAt(partition, offset);
          void goBack(assignment, partition);
        }
      });
    },
    take(assignment, partition, batch) {
      // While it is paused, what comes is dropped, and comes again.
      if (partition.paused || !isNext(assignment, partition, batch.fromOffset)) return;
      for (const message of batch.messages) {
        const fetched = fetchedRecordOf(batch.topic, batch.shard, message);
        if (fetched.parked !== null && fetched.parked.letter !== null) onError(fetched.parked.reason);
        addRecord(partition, fetched);
      }
      partition.nextOffset = batch.nextOffset;
      batch.accept();
      if (isFull(partition)) hold(partition);
    },
    skip(assignment, partition, { fromOffset, nextOffset }) {
      if (isNext(assignment, partition, fromOffset)) partition.nextOffset = nextOffset;
    },
    refill(partitions) {
      for (const partition of partitions) if (partition.paused && isHalfEmpty(partition)) resume(partition);
    },
    holdAll(assignment) {
      for (const partition of partitionsOf(assignment)) hold(partition);
    },
  };
}

function deletedUnread({ topic, shard }: InboxPartition, wanted: number, start: number): OperationalError {
  const message =
    `The message log no longer has offset ${wanted} of ${topic}, shard ${shard}, which comes next; reading goes on at ` +
    `${start}. Records may have been deleted unread: look at the topic's retention.`;
  return new OperationalError("log_unavailable", message, { retryable: false });
}
