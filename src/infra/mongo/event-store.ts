/** The shard logs in MongoDB: a collection of commits, which three unique indexes keep in order. */
import type { Collection } from "mongodb";
import type { Clock, EventStore } from "../../actors/ports.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import { createAppendQueue } from "./append-queue.ts";
import { type CommitDocument, commitId, commitOf, type StoredCommit } from "./commit-documents.ts";
import { createCommitWriter } from "./commit-writer.ts";
import { createOrderReads } from "./order-reads.ts";
import type { Requests } from "./requests.ts";

export interface MongoEventStore extends EventStore {
  /** How many appends wait for their turn or for an answer. */
  pendingAppends(): number;
}

export function createMongoEventStore(deps: {
  readonly commits: Collection<CommitDocument>;
  readonly requests: Requests;
  readonly clock: Clock;
  readonly metrics: EngineMetrics;
}): MongoEventStore {
  const { commits, requests, clock } = deps;
  const queue = createAppendQueue({ clock, write: createCommitWriter(deps) });
  const stored = commits as unknown as Collection<StoredCommit>;
  const readOrders = createOrderReads({ stored, requests });

  return {
    append: (appended) => queue.append(appended),
    pendingAppends: () => queue.pending(),
    async readOrders(shard, orderIds) {
      if (orderIds.length === 0) return new Map();
      return Map.groupBy(await readOrders(shard, orderIds), ({ orderId }) => orderId);
    },
    async readShard(shard, afterPosition, limit) {
      const filter = { _id: { $gt: commitId(shard, afterPosition), $lt: endOf(shard) }, shard };
      const options = { sort: { _id: 1 }, limit, batchSize: limit + 1 } as const;
      const found = await requests.read("find", () => stored.find(filter, options).toArray());
      return found.map(commitOf);
    },
    async head(shard) {
      const filter = { _id: { $gt: commitId(shard, 0), $lt: endOf(shard) }, shard };
      const options = { sort: { _id: -1 }, limit: 1, projection: { position: 1 } } as const;
      const [last] = await requests.read("find", () => stored.find(filter, options).toArray());
      return last?.position ?? 0;
    },
    async changedShards(after) {
      // Positions have no gaps, so a shard has more exactly when it has the next one: at most one key is read for each.
      const next = [...after].map(([shard, position]) => commitId(shard, position + 1));
      if (next.length === 0) return [];
      const options = { projection: { _id: 0, shard: 1 }, batchSize: next.length + 1 } as const;
      const found = await requests.read("find", () => stored.find({ _id: { $in: next } }, options).toArray());
      return found.map(({ shard }) => shard);
    },
  };
}

/** Above every id of the shard and below those of the next. */
function endOf(shard: number): string {
  return commitId(shard + 1, 0);
}
