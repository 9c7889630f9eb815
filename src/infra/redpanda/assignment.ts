/**
 * The shards that the group has given to this process, from one rebalance to the next. It is the token that everything
 * done for these shards holds: once it has ended, nothing is handed out and no offset is committed for it, even where
 * the same shards come back.
 */
import { INBOX_TOPICS, type InboxTopic } from "../../actors/ports.ts";
import { createInboxPartition, type InboxPartition } from "./inbox-partition.ts";

export interface OwnedShard {
  readonly shard: number;
  readonly partitions: readonly InboxPartition[];
  /** True while its records are being handed out. */
  busy: boolean;
}

/** A partition of an inbox topic in the log. */
export interface AssignedPartition {
  readonly topic: InboxTopic;
  readonly partition: number;
}

/**
 * The shard with which a partition is read. That is its own, unless somebody has given the topic more partitions than
 * there are shards: what is written there goes through the worker of one shard, which forwards what belongs to others.
 */
export function readWith(partition: number, shards: number): number {
  return partition % shards;
}

/** Offsets as kafkajs commits them. */
export interface CommitRequest {
  topics: { topic: string; partitions: { partition: number; offset: string }[] }[];
}

export interface Assignment {
  readonly shards: ReadonlyMap<number, OwnedShard>;
  /** Aborted when the assignment has ended. */
  readonly ended: AbortSignal;
  /** Sends offsets under the group's generation of this assignment. */
  commit: (request: CommitRequest) => Promise<void>;
  end(): void;
}

/** @param extrasOf the partitions beyond the shards that are read with one. */
export function createAssignment(
  shards: readonly number[],
  commit: Assignment["commit"],
  extrasOf: (shard: number) => readonly AssignedPartition[] = () => [],
): Assignment {
  const ending = new AbortController();
  const owned = shards.map((shard): [number, OwnedShard] => {
    const usual = INBOX_TOPICS.map((topic) => createInboxPartition(topic, shard));
    const extra = extrasOf(shard).map(({ topic, partition }) => createInboxPartition(topic, partition));
    return [shard, { shard, partitions: [...usual, ...extra], busy: false }];
  });
  return { shards: new Map(owned), ended: ending.signal, commit, end: () => ending.abort() };
}

export function partitionsOf({ shards }: Assignment): InboxPartition[] {
  return [...shards.values()].flatMap(({ partitions }) => partitions);
}
