/**
 * Lets those who watch an order hear of commits that other processes append. A store tells nobody, so shards that
 * are watched here and written elsewhere are asked for news, all of them with one question; where nobody watches,
 * nothing is asked.
 */
import type { CommitTail } from "./commit-tail.ts";
import { OperationalError } from "./errors.ts";
import type { OwnedShards } from "./owned-shards.ts";
import type { PipelineMetrics } from "./pipeline-metrics.ts";
import type { Clock, EventStore } from "./ports.ts";

const POLL_MS = 50;
const FAILURE_PAUSE_MS = 1_000;
const BATCH_COMMITS = 500;

export interface RemoteCommits {
  /** Publishes the shard's commits in this process until the returned function is called. `onReady` is called once none is missed any more. */
  watch(shard: number, onReady: () => void): () => void;
  stop(): void;
}

export function createRemoteCommits(deps: {
  readonly eventStore: Pick<EventStore, "changedShards" | "readShard" | "head">;
  readonly tail: Pick<CommitTail, "publish">;
  readonly owned: Pick<OwnedShards, "has">;
  readonly clock: Clock;
  readonly metrics: Pick<PipelineMetrics, "error">;
}): RemoteCommits {
  const { eventStore, tail, owned, clock, metrics } = deps;
  const watchers = new Map<number, Set<() => void>>();
  /** How far each watched shard has been published. */
  const positions = new Map<number, number>();
  let cancel: (() => void) | null = null;
  let polling = false;
  let stopped = false;

  /** A shard begins at its head: what is older was there when its watchers looked for the first time, or is read by them now. */
  const begin = async (shard: number): Promise<void> => {
    const head = await eventStore.head(shard);
    if (!watchers.has(shard)) return;
    positions.set(shard, head);
    for (const onReady of watchers.get(shard) ?? []) onReady();
  };

  const publishNew = async (shard: number): Promise<void> => {
    const commits = await eventStore.readShard(shard, positions.get(shard) ?? 0, BATCH_COMMITS);
    const last = commits.at(-1);
    if (last === undefined || !watchers.has(shard) || owned.has(shard)) return;
    positions.set(shard, last.position);
    tail.publish(shard, commits);
  };

  const poll = async (): Promise<number> => {
    try {
      const remote = [...watchers.keys()].filter((shard) => !owned.has(shard));
      const known = remote.filter((shard) => positions.has(shard));
      await Promise.all(remote.filter((shard) => !positions.has(shard)).map(begin));
      const after = new Map(known.map((shard) => [shard, positions.get(shard) ?? 0]));
      if (after.size > 0) await Promise.all((await eventStore.changedShards(after)).map(publishNew));
      return POLL_MS;
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      metrics.error(error.code, "remote-commits");
      return FAILURE_PAUSE_MS;
    }
  };

  const schedule = (delayMs: number): void => {
    if (stopped || polling || cancel !== null || watchers.size === 0) return;
    cancel = clock.schedule(delayMs, () => {
      cancel = null;
      polling = true;
      void poll().then((nextMs) => {
        polling = false;
        schedule(nextMs);
      });
    });
  };

  return {
    watch(shard, onReady) {
      const ofShard = watchers.get(shard) ?? new Set();
      watchers.set(shard, ofShard.add(onReady));
      schedule(0);
      return () => {
        ofShard.delete(onReady);
        if (ofShard.size > 0 || watchers.get(shard) !== ofShard) return;
        watchers.delete(shard);
        positions.delete(shard);
      };
    },
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}
