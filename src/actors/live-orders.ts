/** The live orders of one shard: a bounded cache in front of replay. Losing an entry costs a read, never a fact. */
import { LRUCache } from "lru-cache";
import { createOrderActor, type OrderActor } from "./order-actor.ts";
import type { EventStore } from "./ports.ts";

export interface LiveOrders {
  /** Brings orders to life that are not live yet, with one query; an order without commits begins empty. */
  load(orderIds: readonly string[]): Promise<void>;
  has(orderId: string): boolean;
  /** A live order, or an empty one for an id that was not loaded: its first append then finds out. */
  get(orderId: string): OrderActor;
  /** Forgets an order whose memory may differ from the store. */
  forget(orderId: string): void;
  clear(): void;
  size(): number;
}

/** @param capacity how many orders stay live; the least recently used ones leave first. */
export function createLiveOrders(deps: { eventStore: EventStore; shard: number; capacity: number }): LiveOrders {
  const { eventStore, shard, capacity } = deps;
  const actors = new LRUCache<string, OrderActor>({ max: capacity });

  return {
    async load(orderIds) {
      const missing = [...new Set(orderIds)].filter((orderId) => !actors.has(orderId));
      if (missing.length === 0) return;
      const stored = await eventStore.readOrders(shard, missing);
      for (const orderId of missing) actors.set(orderId, createOrderActor(stored.get(orderId) ?? []));
    },
    has: (orderId) => actors.has(orderId),
    get(orderId) {
      const live = actors.get(orderId) ?? createOrderActor([]);
      actors.set(orderId, live);
      return live;
    },
    forget: (orderId) => void actors.delete(orderId),
    clear: () => actors.clear(),
    size: () => actors.size,
  };
}
