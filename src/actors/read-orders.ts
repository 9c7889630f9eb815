/** Orders by their ids alone, wherever their shards are. */
import type { Commit, EventStore } from "./ports.ts";
import { shardOf } from "./sharding.ts";

/** All commits of each order that is there, with one query for each shard; each id is asked for once. */
export async function readOrders(
  eventStore: Pick<EventStore, "readOrders">,
  orderIds: Iterable<string>,
  shards: number,
): Promise<ReadonlyMap<string, readonly Commit[]>> {
  const byShard = Map.groupBy(new Set(orderIds), (orderId) => shardOf(orderId, shards));
  const found = await Promise.all([...byShard].map(([shard, ofShard]) => eventStore.readOrders(shard, ofShard)));
  return new Map(found.flatMap((orders) => [...orders]));
}
