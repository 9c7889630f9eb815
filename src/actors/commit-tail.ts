/**
 * The newest commits of every shard, kept in memory for the readers in this process. Reactors tail the
 * shard log through it: what was just appended is handed over without a query, everything older, or
 * written by another process, comes from the store. It is a cache of stored facts and never a source.
 */
import type { Commit, EventStore } from "./ports.ts";

export interface CommitTail {
  /** Makes stored commits of a shard known: wakes reactors and those who watch the orders. */
  publish(shard: number, commits: readonly Commit[]): void;
  /** Forgets a shard whose store may hold commits that were not published here; readers ask the store for it. */
  forget(shard: number): void;
  /** Up to `limit` commits of a shard after a position. */
  read(shard: number, afterPosition: number, limit: number): Promise<readonly Commit[]>;
  /** Calls back with a shard whenever it may have something new; returns the unsubscription. */
  onPublish(listener: (shard: number) => void): () => void;
  /** Calls back whenever a commit of the order is published; returns the unsubscription. */
  watchOrder(orderId: string, listener: () => void): () => void;
}

/** @param capacity how many commits per shard are kept at least, and at most twice as many. */
export function createCommitTail(deps: { eventStore: EventStore; shards: number; capacity?: number }): CommitTail {
  const { eventStore, shards, capacity = 500 } = deps;
  const recent: Commit[][] = Array.from({ length: shards }, () => []);
  const listeners = new Set<(shard: number) => void>();
  const watchers = new Map<string, Set<() => void>>();

  const recentOf = (shard: number): Commit[] => {
    const commits = recent[shard];
    if (commits === undefined) throw new RangeError(`there is no shard ${shard}`);
    return commits;
  };

  const remember = (commits: Commit[], commit: Commit): void => {
    const last = commits.at(-1);
    if (last !== undefined && commit.position <= last.position) return;
    // After a gap (an append whose outcome was unknown) the store is asked for what lies before.
    if (last !== undefined && commit.position !== last.position + 1) commits.length = 0;
    commits.push(commit);
    if (commits.length > capacity * 2) commits.splice(0, commits.length - capacity);
  };

  return {
    publish(shard, commits) {
      if (commits.length === 0) return;
      for (const commit of commits) remember(recentOf(shard), commit);
      for (const listener of listeners) listener(shard);
      for (const { orderId } of commits) {
        for (const watcher of watchers.get(orderId) ?? []) watcher();
      }
    },
    forget(shard) {
      recentOf(shard).length = 0;
      for (const listener of listeners) listener(shard);
    },
    async read(shard, afterPosition, limit) {
      const commits = recentOf(shard);
      const first = commits[0];
      if (first === undefined || afterPosition + 1 < first.position) {
        return eventStore.readShard(shard, afterPosition, limit);
      }
      const start = afterPosition + 1 - first.position;
      return commits.slice(start, start + limit);
    },
    onPublish(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watchOrder(orderId, listener) {
      const ofOrder = watchers.get(orderId) ?? new Set();
      watchers.set(orderId, ofOrder.add(listener));
      return () => {
        ofOrder.delete(listener);
        if (ofOrder.size === 0 && watchers.get(orderId) === ofOrder) watchers.delete(orderId);
      };
    },
  };
}
