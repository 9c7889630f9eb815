/**
 * How far in time each shard has come. The watermark is the smaller of the newest event times of its two input streams,
 * orders and payments, less `watermarkMs`; it never moves back. A stream that has been read to its end counts up to the
 * clock, so that the orders of a quiet shop expire, too; one that lags counts up to the newest event that was read, and
 * never past the time at which its first unread record was stored. Each process keeps it for the shards that it owns;
 * the store has it as a checkpoint, which no other process can take back.
 */
import { eventTimeOf } from "../domain/event-time.ts";
import type { Message } from "../domain/messages.ts";
import type { OwnedShards } from "./owned-shards.ts";
import type { InboxLag, LogRecord, MessageLog, ViewStore } from "./ports.ts";
import type { SteadyClock } from "./steady-clock.ts";

/** The checkpoint's name. Its positions are instants, in milliseconds since 1970. */
export const WATERMARK = "watermark";

const STREAMS = ["orders", "payments"] as const;
type Stream = (typeof STREAMS)[number];

export interface Watermark {
  readonly shard: number;
  /** Milliseconds since 1970. */
  readonly watermarkMs: number;
  /** How far it is behind where it would be if its streams were read to their ends. */
  readonly lagMs: number;
}

export interface Watermarks {
  /** Takes note of messages of a shard that have been processed. Costs no call of any port. */
  observe(shard: number, processed: readonly { readonly record: LogRecord; readonly message: Message }[]): void;
  /** The watermarks of the shards that this process owns, taken on to where they are now. */
  advance(): Promise<ReadonlyMap<number, Watermark>>;
  /** Stores them, where they have moved since they were stored. */
  store(): Promise<void>;
  /** The watermark of any shard: of those of other processes, as it was stored last. Null while it is unknown. */
  watermarkOf(shard: number): Promise<number | null>;
}

/** What is known of an owned shard. */
interface Known {
  readonly newestMs: Map<Stream, number>;
  /** Null until the store was asked; 0 while nothing is known of the shard. */
  watermarkMs: number | null;
  storedMs: number;
}

export function createWatermarks(deps: {
  readonly log: Pick<MessageLog, "inboxLag">;
  readonly viewStore: Pick<ViewStore, "apply" | "checkpoint">;
  readonly shards: Pick<OwnedShards, "has" | "list" | "onChange">;
  readonly steadyClock: SteadyClock;
  readonly watermarkMs: number;
}): Watermarks {
  const { log, viewStore, shards, steadyClock, watermarkMs } = deps;
  const known = new Map<number, Known>();
  shards.onChange((shard) => known.delete(shard));

  const knownOf = (shard: number): Known => {
    const found = known.get(shard) ?? { newestMs: new Map(), watermarkMs: null, storedMs: 0 };
    known.set(shard, found);
    return found;
  };

  /** Takes over what the store has, where another process was further than this one knows. */
  const restore = async (owned: ReadonlyMap<number, Known>): Promise<void> => {
    const stored = await viewStore.checkpoint(WATERMARK);
    for (const [shard, memory] of owned) {
      memory.storedMs = stored.get(shard) ?? 0;
      memory.watermarkMs = Math.max(memory.watermarkMs ?? 0, memory.storedMs);
    }
  };

  return {
    observe(shard, processed) {
      const { newestMs } = knownOf(shard);
      for (const { record, message } of processed) {
        const eventTime = eventTimeOf(message);
        if (eventTime === null || !isStream(record.topic)) continue;
        newestMs.set(record.topic, Math.max(newestMs.get(record.topic) ?? 0, Date.parse(eventTime)));
      }
    },
    async advance() {
      // Before the log is asked: what it stores from now on is not older than this.
      const nowMs = steadyClock.tick();
      const owned = new Map(shards.list().map((shard) => [shard, knownOf(shard)]));
      if ([...owned.values()].some((memory) => memory.watermarkMs === null)) await restore(owned);
      const lags = owned.size === 0 ? [] : await log.inboxLag();
      for (const lag of byShard(lags)) {
        const memory = owned.get(lag.shard);
        if (memory === undefined) continue;
        const reachedMs = Math.min(...lag.streams.map((stream) => timeOf(stream, memory.newestMs, nowMs)));
        memory.watermarkMs = Math.max(memory.watermarkMs ?? 0, reachedMs - watermarkMs);
      }
      const reached = [...owned].map(([shard, memory]): [number, Watermark] => {
        const reachedMs = memory.watermarkMs ?? 0;
        return [shard, { shard, watermarkMs: reachedMs, lagMs: Math.max(0, nowMs - watermarkMs - reachedMs) }];
      });
      return new Map(reached);
    },
    async store() {
      const moved = new Map(
        [...known].filter(([shard, { watermarkMs: reachedMs, storedMs }]) => {
          return shards.has(shard) && reachedMs !== null && reachedMs > storedMs;
        }),
      );
      if (moved.size === 0) return;
      const positions = new Map([...moved].map(([shard, memory]) => [shard, memory.watermarkMs ?? 0]));
      const { type } = await viewStore.apply([], { reactor: WATERMARK, positions });
      if (type === "behind") return restore(moved);
      for (const [shard, memory] of moved) memory.storedMs = positions.get(shard) ?? 0;
    },
    async watermarkOf(shard) {
      const own = shards.has(shard) ? (known.get(shard)?.watermarkMs ?? 0) : 0;
      return own > 0 ? own : ((await viewStore.checkpoint(WATERMARK)).get(shard) ?? null);
    },
  };
}

function isStream(topic: string): topic is Stream {
  return topic === "orders" || topic === "payments";
}

/** The lag of the two streams of each shard. */
function byShard(lags: readonly InboxLag[]): { shard: number; streams: readonly InboxLag[] }[] {
  const streams = lags.filter(({ topic }) => isStream(topic));
  return [...Map.groupBy(streams, ({ shard }) => shard)].map(([shard, ofShard]) => ({ shard, streams: ofShard }));
}

/** How far in time a stream has been read. */
function timeOf(lag: InboxLag, newestMs: ReadonlyMap<Stream, number>, nowMs: number): number {
  if (lag.oldestUnreadMs === null) return nowMs;
  return Math.min(newestMs.get(lag.topic as Stream) ?? 0, lag.oldestUnreadMs, nowMs);
}
