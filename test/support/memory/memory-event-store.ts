/** The shard logs as arrays, with the three unique keys checked as a real store checks them. */
import type { AppendResult, Commit, EventStore } from "../../../src/actors/ports.ts";

export function createMemoryEventStore(): EventStore {
  const shardLogs = new Map<number, Commit[]>();
  const logOf = (shard: number): Commit[] => {
    const log = shardLogs.get(shard) ?? [];
    shardLogs.set(shard, log);
    return log;
  };

  return {
    async append(commits) {
      if (new Set(commits.map(({ shard }) => shard)).size > 1) {
        throw new Error("the commits of one append belong to different shards");
      }
      for (const [index, commit] of commits.entries()) {
        const log = logOf(commit.shard);
        const reason = refusalOf(log, commit);
        if (reason !== null) return { type: "refused", index, reason };
        log.push(structuredClone(commit));
      }
      return { type: "appended" };
    },
    async readOrders(shard, orderIds) {
      const ofOrders = logOf(shard).filter(({ orderId }) => orderIds.includes(orderId));
      const bySequence = ofOrders.toSorted((a, b) => a.sequence - b.sequence);
      return Map.groupBy(bySequence, ({ orderId }) => orderId);
    },
    async readShard(shard, afterPosition, limit) {
      return inOrder(logOf(shard).filter(({ position }) => position > afterPosition)).slice(0, limit);
    },
    async head(shard) {
      return inOrder(logOf(shard)).at(-1)?.position ?? 0;
    },
    async changedShards(after) {
      return [...after].flatMap(([shard, position]) =>
        logOf(shard).some((commit) => commit.position > position) ? [shard] : [],
      );
    },
  };
}

type Refusal = Extract<AppendResult, { type: "refused" }>["reason"];

/** Several keys may be taken at once; a stale owner hears that first. */
function refusalOf(log: readonly Commit[], commit: Commit): Refusal | null {
  const ofOrder = log.filter(({ orderId }) => orderId === commit.orderId);
  if (log.some(({ position }) => position === commit.position)) return "staleOwner";
  if (ofOrder.some(({ causeId }) => causeId === commit.causeId)) return "repeatedCause";
  if (ofOrder.some(({ sequence }) => sequence === commit.sequence)) return "conflict";
  return null;
}

function inOrder(commits: readonly Commit[]): Commit[] {
  return commits.toSorted((a, b) => a.position - b.position);
}
