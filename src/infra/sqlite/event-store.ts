/** The shard logs of the embedded default. */
import type { Commit, EventStore } from "../../actors/ports.ts";
import type { OrderEvent } from "../../domain/events.ts";
import { COMMIT_CELLS } from "./commit-operations.ts";
import type { SqliteDatabase } from "./database.ts";
import type { Cell } from "./open-database.ts";

/** The `EventStore` on a SQLite database. */
export function createSqliteEventStore(database: SqliteDatabase): EventStore {
  return {
    async append(commits) {
      const shard = commits[0]?.shard;
      if (shard === undefined) return { type: "appended" };
      const cells: (string | number)[] = [];
      for (const commit of commits) {
        if (commit.shard !== shard) throw new Error("the commits of one append belong to different shards");
        const { position, orderId, sequence, causeId, events, recordedAt } = commit;
        cells.push(position, orderId, sequence, causeId, JSON.stringify(events), recordedAt);
      }
      const refusal = await database.write("events.append", { shard, cells });
      return refusal === null ? { type: "appended" } : { type: "refused", ...refusal };
    },
    async readOrders(shard, orderIds) {
      const commits = commitsOf(shard, await database.read("events.readOrders", { shard, orderIds }));
      return Map.groupBy(commits, ({ orderId }) => orderId);
    },
    async readShard(shard, afterPosition, limit) {
      return commitsOf(shard, await database.read("events.readShard", { shard, afterPosition, limit }));
    },
    head: (shard) => database.read("events.head", shard),
    changedShards: (after) => database.read("events.changedShards", [...after]),
  };
}

function commitsOf(shard: number, cells: readonly Cell[]): Commit[] {
  const commits: Commit[] = [];
  for (let i = 0; i < cells.length; i += COMMIT_CELLS) {
    commits.push({
      shard,
      position: cells[i] as number,
      orderId: cells[i + 1] as string,
      sequence: cells[i + 2] as number,
      causeId: cells[i + 3] as string,
      events: JSON.parse(cells[i + 4] as string) as OrderEvent[],
      recordedAt: cells[i + 5] as string,
    });
  }
  return commits;
}
