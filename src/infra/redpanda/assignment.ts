/**
 * The shards that the group has given to this process, from one rebalance to the next. It is the token that everything
 * done for these shards holds: once it has ended, nothing is handed out and no offset is committed for it, even where
 * the same shards come back.
 */
import { INBOX_TOPICS } from "../../actors/ports.ts";
import { createInboxPartition, type InboxPartition } from "./inbox-partition.ts";

export interface OwnedShard {
  readonly shard: number;
  readonly partitions: readonly InboxPartition[];
  /** True while its records are being handed out. */
  busy: boolean;
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

export function createAssignment(shards: readonly number[], commit: Assignment["commit"]): Assignment {
  const ending = new AbortController();
  const owned = shards.map((shard): [number, OwnedShard] => {
    const partitions = INBOX_TOPICS.map((topic) => createInboxPartition(topic, shard));
    return [shard, { shard, partitions, busy: false }];
  });
  return { shards: new Map(owned), ended: ending.signal, commit, end: () => ending.abort() };
}

export function partitionsOf({ shards }: Assignment): InboxPartition[] {
  return [...shards.values()].flatMap(({ partitions }) => partitions);
}
