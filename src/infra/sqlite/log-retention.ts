/**
 * Keeps the log from growing for ever: records that are old and processed are deleted, a slice at a time so
 * that no write waits long for it. Dead letters stay, for they are the only copy of what nobody processed.
 */
import { type Clock, INBOX_TOPICS, type Topic } from "../../actors/ports.ts";
import type { SqliteDatabase } from "./database.ts";

const SWEEP_INTERVAL_MS = 60_000;
const SLICE_RECORDS = 1_000;
const DEFAULT_RETENTION_MS = 7 * 24 * 60 * 60 * 1_000;

export interface LogRetention {
  /** Lets the slice in progress finish and stops. Idempotent. */
  stop(): Promise<void>;
}

/** Sweeps the log every minute. */
export function startLogRetention(
  database: SqliteDatabase,
  deps: {
    readonly shards: number;
    readonly clock: Clock;
    readonly onError: (error: unknown) => void;
    readonly retentionMs?: number;
  },
): LogRetention {
  const { shards, clock, onError, retentionMs = DEFAULT_RETENTION_MS } = deps;
  let stopped = false;
  let sweeping: Promise<void> = Promise.resolve();
  let cancel = scheduleSweep();

  function scheduleSweep(): () => void {
    return clock.schedule(SWEEP_INTERVAL_MS, () => {
      sweeping = sweep()
        .catch(onError)
        .finally(() => {
          if (!stopped) cancel = scheduleSweep();
        });
    });
  }

  async function sweep(): Promise<void> {
    const beforeMs = clock.nowMs() - retentionMs;
    for (const topic of [...INBOX_TOPICS, "order-events"] as const satisfies readonly Topic[]) {
      for (let shard = 0; shard < shards; shard++) {
        const processedOnly = topic !== "order-events";
        let deleted = SLICE_RECORDS;
        while (deleted === SLICE_RECORDS && !stopped) {
          deleted = await database.write("log.trim", { topic, shard, beforeMs, processedOnly, limit: SLICE_RECORDS });
        }
      }
    }
  }

  return {
    async stop() {
      stopped = true;
      cancel();
      await sweeping;
    },
  };
}
