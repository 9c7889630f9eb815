/** Handlers that note all they are given, for tests with real brokers. */
import { expect, onTestFinished, vi } from "vitest";
import type { InboxConsumer, LogRecord, MessageLog, ShardBatch } from "../../../src/actors/ports.ts";

export const WAIT = { timeout: 30_000, interval: 10 };

export interface InboxProbe {
  /** What `onBatch` has resolved for, in that order. */
  readonly records: readonly LogRecord[];
  /** The shards that are assigned now. */
  readonly shards: ReadonlySet<number>;
  /** Calls of the handlers in their order, such as `assigned 3`, `batch 3` and `revoked 3`. */
  readonly calls: readonly string[];
  /** Batches of shards that were not assigned when they came. */
  readonly strays: readonly ShardBatch[];
  /** Resolves once so many records are processed. */
  received(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Consumes the inbox of a log until the test ends. */
export async function probeInbox(
  log: MessageLog,
  onBatch: (batch: ShardBatch) => Promise<void> = async () => {},
): Promise<InboxProbe> {
  const records: LogRecord[] = [];
  const shards = new Set<number>();
  const calls: string[] = [];
  const strays: ShardBatch[] = [];
  const consumer: InboxConsumer = await log.consumeInbox({
    async onBatch(batch) {
      calls.push(`batch ${batch.shard}`);
      if (!shards.has(batch.shard)) strays.push(batch);
      await onBatch(batch);
      records.push(...batch.records);
    },
    onAssigned(shard) {
      calls.push(`assigned ${shard}`);
      shards.add(shard);
    },
    onRevoked(shard) {
      calls.push(`revoked ${shard}`);
      shards.delete(shard);
    },
  });
  onTestFinished(() => consumer.stop());
  return {
    records,
    shards,
    calls,
    strays,
    received: (count) => vi.waitFor(() => expect(records.length).toBeGreaterThanOrEqual(count), WAIT),
    stop: () => consumer.stop(),
  };
}
