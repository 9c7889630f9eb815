/**
 * Hands the inbox to its handlers. Shards are handled side by side, the batches of one shard one after the
 * other; a batch that throws comes again, and offsets are committed only after their batch was processed.
 * It never polls: a stored record wakes it, and what was stored before it began is fetched at once.
 */
import type { Clock, InboxConsumer, InboxHandlers, LogRecord, Random, ShardBatch } from "../../actors/ports.ts";
import { backoffMs } from "../../actors/retry.ts";
import { drain, type InboxPartition, isBehind, take } from "./inbox-partition.ts";

const MAX_BATCH_RECORDS = 500;
const BACKOFF = { baseMs: 100, maxMs: 5_000 };
/** Offsets wait this long for company: a commit of its own costs an fsync, and a crash only repeats a little. */
const OFFSET_COMMIT_DELAY_MS = 20;

export interface InboxSource {
  /** The inbox partitions of every shard, grouped by shard. */
  readonly shards: readonly (readonly InboxPartition[])[];
  /** Up to `limit` records of each partition from its `nextOffset` on. */
  fetch(partitions: readonly InboxPartition[], limit: number): Promise<readonly LogRecord[]>;
  commit(
    offsets: readonly { readonly topic: string; readonly shard: number; readonly nextOffset: number }[],
  ): Promise<void>;
}

export interface StartedConsumer extends InboxConsumer {
  /** Hands out what has come into the buffers. */
  wake(): void;
}

export function startInboxConsumer(deps: {
  readonly source: InboxSource;
  readonly handlers: InboxHandlers;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
  readonly onError: (error: unknown) => void;
}): StartedConsumer {
  const { source, handlers, clock, random, onError } = deps;
  const allPartitions = source.shards.flat();
  const stopping = new AbortController();
  const busy = new Set<number>();
  const running = new Set<Promise<void>>();
  const offsets = startOffsetCommits(deps);
  let woken = false;
  let fetching: Promise<void> | null = null;
  let stopped: Promise<void> | null = null;

  const wake = () => {
    if (woken || stopping.signal.aborted) return;
    woken = true;
    // Records that were stored together are offered one after the other: they make one batch.
    queueMicrotask(() => {
      woken = false;
      for (const [shard, partitions] of source.shards.entries()) {
        if (busy.has(shard) || partitions.every(({ buffer }) => buffer.length === 0)) continue;
        const run = runShard(shard, partitions).finally(() => running.delete(run));
        running.add(run);
      }
      prefetch();
    });
  };

  async function runShard(shard: number, partitions: readonly InboxPartition[]): Promise<void> {
    busy.add(shard);
    while (!stopping.signal.aborted) {
      const records = drain(partitions, MAX_BATCH_RECORDS);
      prefetch();
      if (records.length === 0) break;
      await process({ shard, records }, partitions);
    }
    // In the same turn as the last look at the buffers: a record that comes after it finds the shard idle.
    busy.delete(shard);
  }

  async function process(batch: ShardBatch, partitions: readonly InboxPartition[]): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      try {
        await handlers.onBatch(batch);
        for (const partition of partitions) {
          const last = batch.records.findLast(({ topic }) => topic === partition.topic);
          if (last !== undefined) partition.processedOffset = last.offset + 1;
        }
        offsets.schedule();
        return;
      } catch (error) {
        onError(error);
        await delay(clock, backoffMs(BACKOFF, failures + 1, random), stopping.signal);
      }
    }
  }

  function prefetch(): void {
    if (fetching !== null || stopping.signal.aborted) return;
    const hungry = allPartitions.filter((partition) => isBehind(partition) && partition.buffer.length === 0);
    if (hungry.length === 0) return;
    fetching = fetchInto(hungry).finally(() => {
      fetching = null;
      wake();
    });
  }

  async function fetchInto(hungry: readonly InboxPartition[]): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      try {
        const records = await source.fetch(hungry, MAX_BATCH_RECORDS);
        if (records.length === 0) throw new Error("the log has fewer records than its offsets say");
        for (const record of records) {
          const partition = hungry.find(({ topic, shard }) => topic === record.topic && shard === record.shard);
          if (partition !== undefined) take(partition, record);
        }
        return;
      } catch (error) {
        onError(error);
        await delay(clock, backoffMs(BACKOFF, failures + 1, random), stopping.signal);
      }
    }
  }

  for (const shard of source.shards.keys()) handlers.onAssigned(shard);
  wake();
  return {
    wake,
    stop() {
      stopped ??= (async () => {
        stopping.abort();
        await Promise.all([...running, fetching]);
        await offsets.stop();
      })();
      return stopped;
    },
  };
}

/** Commits the offsets of processed records, those of all shards together and one commit at a time. */
function startOffsetCommits(deps: {
  readonly source: InboxSource;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}) {
  const { source, clock, onError } = deps;
  const allPartitions = source.shards.flat();
  const uncommitted = () =>
    allPartitions.filter(({ processedOffset, committedOffset }) => processedOffset > committedOffset);
  let cancel: (() => void) | null = null;
  let inFlight: Promise<void> | null = null;

  async function commit(): Promise<void> {
    const partitions = uncommitted();
    if (partitions.length === 0) return;
    const sent = partitions.map(({ topic, shard, processedOffset }) => ({ topic, shard, nextOffset: processedOffset }));
    await source.commit(sent);
    for (const [i, partition] of partitions.entries()) partition.committedOffset = sent[i]?.nextOffset ?? 0;
  }

  function schedule(delayMs = OFFSET_COMMIT_DELAY_MS): void {
    if (cancel !== null || inFlight !== null) return;
    cancel = clock.schedule(delayMs, () => {
      cancel = null;
      inFlight = commit()
        .then(
          () => OFFSET_COMMIT_DELAY_MS,
          (error: unknown) => {
            onError(error);
            return BACKOFF.maxMs;
          },
        )
        .then((nextDelayMs) => {
          inFlight = null;
          if (uncommitted().length > 0) schedule(nextDelayMs);
        });
    });
  }

  return {
    schedule: () => schedule(),
    async stop() {
      await inFlight;
      cancel?.();
      cancel = null;
      await commit().catch(onError);
    },
  };
}

/** Resolves after a time, or as soon as `signal` is aborted. */
function delay(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = clock.schedule(delayMs, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    function onAbort(): void {
      cancel();
      resolve();
    }
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
