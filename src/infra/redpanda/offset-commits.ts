/**
 * Commits the offsets of processed records, those of all shards together and off the path of the records. Offsets are
 * never committed for an assignment that has ended: kafkajs would send them under the new generation, the broker would
 * accept them (kafkajs #1046), and records that nobody processed could be skipped.
 */
import type { Clock } from "../../actors/ports.ts";
import { type Assignment, type CommitRequest, partitionsOf } from "./assignment.ts";
import type { InboxPartition } from "./inbox-partition.ts";
import { logUnavailable, protocolErrorOf } from "./log-errors.ts";
import type { TopicNames } from "./topics.ts";

/** Offsets wait this long for company; a crash in between only repeats a little. */
const GATHER_MS = 100;
const RETRY_MS = 1_000;
/** The group is about to give the shards out anew, or has done so: nothing is wrong, and the records come again. */
const REBALANCED = new Set(["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID"]);

export interface OffsetCommits {
  /** Records were processed. */
  schedule(assignment: Assignment): void;
  /** Commits at once what is not committed yet. The request is sent before this returns; resolves when it ended. */
  flush(assignment: Assignment): Promise<void>;
}

export function createOffsetCommits(deps: {
  readonly clock: Clock;
  readonly names: TopicNames;
  readonly onError: (error: unknown) => void;
}): OffsetCommits {
  const { clock, names, onError } = deps;
  const scheduled = new WeakSet<Assignment>();

  const commit = async (assignment: Assignment): Promise<void> => {
    const behind = partitionsOf(assignment).filter(isUncommitted);
    if (behind.length === 0 || assignment.ended.aborted) return;
    const sent = behind.map((partition) => ({ partition, offset: partition.processedOffset as number }));
    await assignment.commit(requestOf(sent, names));
    for (const { partition, offset } of sent) partition.committedOffset = Math.max(partition.committedOffset, offset);
  };

  const flush = async (assignment: Assignment): Promise<boolean> => {
    try {
      await commit(assignment);
      return true;
    } catch (error) {
      if (!REBALANCED.has(protocolErrorOf(error) ?? "")) onError(logUnavailable("commit offsets", error));
      return false;
    }
  };

  const commitLater = (assignment: Assignment, delayMs: number): void => {
    if (scheduled.has(assignment)) return;
    scheduled.add(assignment);
    clock.schedule(delayMs, () => void commitAgain(assignment));
  };

  const commitAgain = async (assignment: Assignment): Promise<void> => {
    const ok = await flush(assignment);
    scheduled.delete(assignment);
    const isBehind = !assignment.ended.aborted && partitionsOf(assignment).some(isUncommitted);
    if (isBehind) commitLater(assignment, ok ? GATHER_MS : RETRY_MS);
  };

  return {
    schedule: (assignment) => commitLater(assignment, GATHER_MS),
    async flush(assignment) {
      await flush(assignment);
    },
  };
}

function isUncommitted({ processedOffset, committedOffset }: InboxPartition): boolean {
  return processedOffset !== null && processedOffset > committedOffset;
}

function requestOf(
  offsets: readonly { readonly partition: InboxPartition; readonly offset: number }[],
  names: TopicNames,
): CommitRequest {
  const topics = new Map<string, { partition: number; offset: string }[]>();
  for (const { partition, offset } of offsets) {
    const name = names.nameOf(partition.topic);
    const partitions = topics.get(name) ?? [];
    partitions.push({ partition: partition.shard, offset: String(offset) });
    topics.set(name, partitions);
  }
  return { topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) };
}
