/**
 * How far the inbox was written and read, from the brokers. It is asked often: calls that come while the brokers are
 * being asked share the next round of questions, and only the next one, since what a caller knows to be stored must
 * be counted. A round is two requests, one more for records that wait and one more for owners now and then.
 *
 * `oldestUnreadMs` is read from the record itself. While a partition moves on, the answer of the last quarter of a
 * second is given again: it is that of an earlier record, so it is never too late.
 */
import { type Clock, INBOX_TOPICS, type InboxLag, type InboxTopic } from "../../actors/ports.ts";
import { readWith } from "./assignment.ts";
import { protocolErrorOf } from "./log-errors.ts";
import { type FetchFrom, type LogQueries, partitionKey, partitionsIn } from "./log-queries.ts";
import { createSharedRounds } from "./shared-rounds.ts";
import { startOffsets } from "./start-offsets.ts";

const OWNERS_MAX_AGE_MS = 1_000;
const OLDEST_MAX_AGE_MS = 250;
/** Enough for the first batch of most partitions; a larger one is asked for by itself. */
const FIRST_BATCH_BYTES = 32 * 1_024;

export interface InboxLagDeps {
  readonly queries: LogQueries;
  readonly shards: number;
  readonly clock: Clock;
}

interface OldestUnread {
  readonly offset: number;
  readonly timestampMs: number;
  readonly readMs: number;
}

interface Offsets {
  readonly topic: InboxTopic;
  readonly shard: number;
  readonly endOffset: number;
  readonly committedOffset: number;
}

/** @returns the lag of every shard and inbox topic, by shard. */
export function createInboxLag(deps: InboxLagDeps): () => Promise<readonly InboxLag[]> {
  const { queries, shards, clock } = deps;
  const oldestUnread = new Map<string, OldestUnread>();
  let owners = { readMs: Number.NEGATIVE_INFINITY, byShard: new Map<number, string>() as ReadonlyMap<number, string> };

  const readOffsets = async (): Promise<Offsets[]> => {
    const [ends, starts] = await Promise.all([queries.offsets("end", INBOX_TOPICS), startOffsets(queries)]);
    return partitionsIn(ends).map(({ topic, shard }) => {
      const key = partitionKey(topic, shard);
      return { topic, shard, endOffset: ends.get(key) ?? 0, committedOffset: starts.get(key) ?? 0 };
    });
  };

  const readOwners = async (): Promise<void> => {
    if (clock.nowMs() - owners.readMs < OWNERS_MAX_AGE_MS) return;
    owners = { readMs: clock.nowMs(), byShard: await queries.owners() };
  };

  /** Reads the time of the first unread record of partitions where it is not known. */
  const readOldest = async (behind: readonly Offsets[]): Promise<void> => {
    const isKnown = ({ topic, shard, committedOffset }: Offsets): boolean => {
      const known = oldestUnread.get(partitionKey(topic, shard));
      if (known === undefined || known.offset > committedOffset) return false;
      return known.offset === committedOffset || clock.nowMs() - known.readMs < OLDEST_MAX_AGE_MS;
    };
    const fetch = async (unknown: readonly Offsets[], maxBytes: number): Promise<void> => {
      const from = unknown.map(({ topic, shard, committedOffset: offset }): FetchFrom => {
        return { topic, shard, offset, maxBytes };
      });
      for (const { topic, shard, messages } of await queries.fetch(from)) {
        const offset = unknown.find((one) => one.topic === topic && one.shard === shard)?.committedOffset ?? 0;
        const first = messages.find((message) => Number(message.offset) >= offset);
        if (first === undefined) continue;
        const timestampMs = Number(first.timestamp);
        oldestUnread.set(partitionKey(topic, shard), { offset, timestampMs, readMs: clock.nowMs() });
      }
    };
    const unknown = behind.filter((partition) => !isKnown(partition));
    if (unknown.length > 0) await fetch(unknown, FIRST_BATCH_BYTES);
    // A broker cuts off a batch that is longer than asked for, unless it is the only one that was asked for.
    for (const partition of unknown) if (!isKnown(partition)) await fetch([partition], FIRST_BATCH_BYTES);
  };

  /** The same partitions; one whose next records have been deleted unread goes on with the oldest that there is. */
  const skipDeleted = async (partitions: readonly Offsets[]): Promise<Offsets[]> => {
    const starts = await queries.offsets("start", INBOX_TOPICS);
    return partitions.map((partition) => {
      const start = starts.get(partitionKey(partition.topic, partition.shard)) ?? 0;
      return { ...partition, committedOffset: Math.max(partition.committedOffset, start) };
    });
  };

  return createSharedRounds(async () => {
    let [offsets] = await Promise.all([readOffsets(), readOwners()]);
    try {
      await readOldest(offsets.filter(isBehind));
    } catch (error) {
      if (protocolErrorOf(error) !== "OFFSET_OUT_OF_RANGE") throw error;
      offsets = await skipDeleted(offsets);
      await readOldest(offsets.filter(isBehind));
    }
    const lags = offsets.map((partition) => {
      const oldest = oldestUnread.get(partitionKey(partition.topic, partition.shard));
      // What cannot be told, because only marks of a transaction are there for example, must not seem recent.
      const oldestUnreadMs = isBehind(partition) ? (oldest?.timestampMs ?? 0) : null;
      return { ...partition, oldestUnreadMs, owner: owners.byShard.get(partition.shard) ?? null };
    });
    const extras = lags.filter(({ shard }) => shard >= shards);
    return lags.filter(({ shard }) => shard < shards).map((lag) => withExtras(lag, extras, shards));
  });
}

/** The lag of a shard and topic with that of the partitions beyond all shards that are read with it. */
function withExtras(lag: InboxLag, extras: readonly InboxLag[], shards: number): InboxLag {
  const own = extras.filter(({ topic, shard }) => topic === lag.topic && readWith(shard, shards) === lag.shard);
  if (own.length === 0) return lag;
  const all = [lag, ...own];
  const unreadMs = all.flatMap(({ oldestUnreadMs }) => oldestUnreadMs ?? []);
  return {
    ...lag,
    endOffset: all.reduce((sum, { endOffset }) => sum + endOffset, 0),
    committedOffset: all.reduce((sum, { committedOffset }) => sum + committedOffset, 0),
    oldestUnreadMs: unreadMs.length === 0 ? null : Math.min(...unreadMs),
  };
}

function isBehind({ committedOffset, endOffset }: Offsets): boolean {
  return committedOffset < endOffset;
}
