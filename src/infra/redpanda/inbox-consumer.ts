/**
 * Consumes the inbox as a member of the consumer group. What is fetched goes into the buffers of its shard, and fetching
 * goes on at once, with its heartbeats, whatever the handlers do. Rebalances are eager: each one ends the assignment
 * and begins another, whose records come again from the committed offsets on.
 */
import type { InboxConsumer, InboxHandlers, NewRecord } from "../../actors/ports.ts";
import { withDeadline } from "../waiting.ts";
import { type AssignedPartition, type Assignment, createAssignment, type OwnedShard, readWith } from "./assignment.ts";
import {
  createGroupConsumer,
  type FetchedBatch,
  type GroupConsumer,
  type GroupConsumerDeps,
  type SkippedOffsets,
} from "./group-consumer.ts";
import { createHandOut } from "./hand-out.ts";
import { type InboxPartition, skipMarks } from "./inbox-partition.ts";
import { logUnavailable } from "./log-errors.ts";
import type { LogQueries } from "./log-queries.ts";
import { createMembership } from "./membership.ts";
import { createOffsetCommits } from "./offset-commits.ts";
import { createPartitionFeed } from "./partition-feed.ts";
import { watchProgress } from "./progress-watchdog.ts";
import { watchTopics } from "./topic-watch.ts";
import { waitingPartitions } from "./waiting-partitions.ts";

const LAST_COMMIT_DEADLINE_MS = 3_000;

export interface InboxConsumerDeps extends Omit<GroupConsumerDeps, "claims"> {
  readonly handlers: InboxHandlers;
  readonly queries: LogQueries;
  /** Stores dead letters. */
  readonly produce: (records: readonly NewRecord[]) => Promise<void>;
  /** The consumer is dead, and only a new process helps. */
  readonly onCrash: (error: Error) => void;
  readonly onError: (error: unknown) => void;
  /** Nothing may happen for so long in a partition while records wait there. */
  readonly stalledAfterMs: number;
}

/** Joins the group. @throws OperationalError `log_unavailable` when no broker answers. */
export async function startInboxConsumer(deps: InboxConsumerDeps): Promise<InboxConsumer> {
  const { handlers, queries, clock, onCrash } = deps;
  const membership = createMembership(deps);
  let assignment = createAssignment([], async () => {});
  // Until it has joined it is no member, which the watchdog must notice, too.
  assignment.end();
  let claims: readonly number[] = [];
  let joins = 0;
  let stopping = false;

  const commits = createOffsetCommits(deps);
  const feed = createPartitionFeed({ ...deps, group: () => group });
  const handOut = createHandOut({
    ...deps,
    onBatch: (batch) => handlers.onBatch(batch),
    park: deps.produce,
    isHeld: membership.isHeld,
    onDrained(from, { partitions }) {
      if (!from.ended.aborted && !stopping) feed.refill(partitions);
    },
    onProcessed: (from) => commits.schedule(from),
    onDead: onCrash,
  });
  const wakeAll = (): void => {
    for (const owned of assignment.shards.values()) handOut.wake(assignment, owned);
  };
  const ownerOf = (partition: number): OwnedShard | undefined =>
    assignment.ended.aborted || stopping ? undefined : assignment.shards.get(readWith(partition, deps.shards));

  const leave = (): void => {
    if (assignment.ended.aborted) return;
    // What is processed is committed while the generation still holds: the request is sent before anything else happens.
    void commits.flush(assignment);
    assignment.end();
    for (const shard of assignment.shards.keys()) handlers.onRevoked(shard);
  };
  const join = (assigned: readonly AssignedPartition[]): void => {
    leave();
    joins += 1;
    const extras = assigned.filter(({ partition }) => partition >= deps.shards);
    const usual = assigned.filter(({ topic, partition }) => topic === "orders" && partition < deps.shards);
    const shards = usual.map(({ partition }) => partition);
    const commit: Assignment["commit"] = (request) => group.commit(request);
    assignment = createAssignment(shards, commit, (shard) =>
      extras.filter(({ partition }) => readWith(partition, deps.shards) === shard),
    );
    claims = shards;
    if (stopping) {
      feed.holdAll(assignment);
      return;
    }
    for (const shard of shards) handlers.onAssigned(shard);
    void begin(assignment);
  };
  const begin = async (joined: Assignment): Promise<void> => {
    await feed.begin(joined);
    for (const owned of joined.shards.values()) settle(joined, owned);
    wakeAll();
  };
  const take = (batch: FetchedBatch): void => {
    const owned = ownerOf(batch.shard);
    const partition = owned && partitionOf(owned, batch);
    if (owned === undefined || partition === undefined) return;
    assignment.commit = batch.commit;
    feed.take(assignment, partition, batch);
    handOut.wake(assignment, owned);
  };
  const skip = (skipped: SkippedOffsets): void => {
    const owned = ownerOf(skipped.shard);
    const partition = owned && partitionOf(owned, skipped);
    if (owned === undefined || partition === undefined) return;
    feed.skip(assignment, partition, skipped);
    settle(assignment, owned);
  };
  const settle = (from: Assignment, owned: OwnedShard): void => {
    for (const partition of owned.partitions) skipMarks(partition);
    commits.schedule(from);
  };

  const group: GroupConsumer = createGroupConsumer(
    { ...deps, claims: () => claims },
    {
      onLeft: leave,
      onJoined: join,
      onFetched: take,
      onSkipped: skip,
      onAlive(sentMs) {
        membership.prove(sentMs);
        wakeAll();
      },
      onCrashed: (error) => onCrash(new Error(`the consumer of the inbox ended: ${error.message}`, { cause: error })),
    },
  );
  await group.start();
  const stopWatchingTopics = watchTopics(deps);
  const stopWatching = watchProgress({
    ...deps,
    findWaiting: () => waitingPartitions(queries, () => ({ assignment, joins })),
    onStalled: (waiting) => onCrash(new Error(`the consumer of the inbox stands still: ${waiting}`)),
  });

  const stop = async (): Promise<void> => {
    stopping = true;
    stopWatching();
    stopWatchingTopics();
    if (!assignment.ended.aborted) feed.holdAll(assignment);
    await handOut.stop();
    const late = (): Error => logUnavailable("commit its last offsets", new Error("no broker answers in time"));
    await withDeadline(clock, LAST_COMMIT_DEADLINE_MS, commits.flush(assignment), late).catch(deps.onError);
    await group.stop();
    leave();
  };
  let stopped: Promise<void> | null = null;
  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** The partition of a fetch. An extra one may be fetched before this process has heard that it is its own. */
function partitionOf({ partitions }: OwnedShard, { topic, shard }: SkippedOffsets): InboxPartition | undefined {
  return partitions.find((partition) => partition.topic === topic && partition.shard === shard);
}
