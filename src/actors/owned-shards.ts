/**
 * The shards that belong to this process now. The log gives and takes them; all that works on a shard after the
 * worker (reactors, mails, timers) follows this, so that a shard's work moves to another process as a whole.
 */
export interface OwnedShards {
  has(shard: number): boolean;
  /** All of them, in ascending order. */
  list(): readonly number[];
  /** The shard came, or came again: what is remembered of it may be stale. */
  take(shard: number): void;
  release(shard: number): void;
  /** Calls back after a shard was taken or released; returns the unsubscription. */
  onChange(listener: (shard: number) => void): () => void;
}

/** @param initial shards that are owned from the beginning, for tools that work on all of them alone. */
export function createOwnedShards(initial: Iterable<number> = []): OwnedShards {
  const owned = new Set(initial);
  const listeners = new Set<(shard: number) => void>();
  const inOrder = (): readonly number[] => [...owned].toSorted((a, b) => a - b);
  /** Asked for at every look of every reactor, and changed by a rebalance only. */
  let listed = inOrder();
  const tell = (shard: number): void => {
    listed = inOrder();
    for (const listener of listeners) listener(shard);
  };
  return {
    has: (shard) => owned.has(shard),
    list: () => listed,
    take(shard) {
      owned.add(shard);
      tell(shard);
    },
    release(shard) {
      owned.delete(shard);
      tell(shard);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
