/** The live orders of one shard: a bounded cache in front of replay. Losing an entry costs a read, never a fact. */
import { LRUCache } from "lru-cache";
import { createOrderActor, type OrderActor } from "./order-actor.ts";
import type { EventStore } from "./ports.ts";

export interface LiveOrders {
  /**
   * The live orders of these ids, the missing ones replayed with one query. Those in `assumedNew` are not looked
   * up: they begin empty, and their first append finds out. The caller holds them for its batch, so a cache that is
   * smaller than a batch is slow and never wrong.
   */
  take(orderIds: ReadonlySet<string>, assumedNew: ReadonlySet<string>): Promise<ReadonlyMap<string, OrderActor>>;
  /** Forgets an order whose memory may differ from the store. */
  forget(orderId: string): void;
  clear(): void;
  size(): number;
}

/** @param capacity how many orders stay live; the least recently used ones leave first. */
export function createLiveOrders(deps: { eventStore: EventStore; shard: number; capacity: number }): LiveOrders {
  const { eventStore, shard, capacity } = deps;
  const cache = new LRUCache<string, OrderActor>({ max: capacity });

  return {
    async take(orderIds, assumedNew) {
      const unknown = [...orderIds].filter((orderId) => !cache.has(orderId));
      const missing = unknown.filter((orderId) => !assumedNew.has(orderId));
      const stored = missing.length === 0 ? null : await eventStore.readOrders(shard, missing);
      const taken = new Map<string, OrderActor>();
      for (const orderId of orderIds) {
        const actor = cache.get(orderId) ?? createOrderActor(stored?.get(orderId) ?? []);
        taken.set(orderId, actor);
      }
      for (const [orderId, actor] of taken) cache.set(orderId, actor);
      return taken;
    },
    forget: (orderId) => void cache.delete(orderId),
    clear: () => cache.clear(),
    size: () => cache.size,
  };
}
