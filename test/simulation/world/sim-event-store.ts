/** The shard logs in memory, with the three unique keys checked as a real store checks them, and fast enough to replay. */
import type { AppendResult, Commit, EventStore } from "../../../src/actors/ports.ts";

export interface SimEventStore extends EventStore {
  /** All commits of a shard, in order. */
  commits(shard: number): readonly Commit[];
  commitsOf(shard: number, orderId: string): readonly Commit[];
}

type Refusal = Extract<AppendResult, { type: "refused" }>["reason"];

interface ShardLog {
  /** In the order of their positions. */
  readonly commits: Commit[];
  readonly positions: Set<number>;
  readonly orders: Map<string, OrderCommits>;
}

interface OrderCommits {
  readonly commits: Commit[];
  readonly causes: Set<string>;
  readonly sequences: Set<number>;
}

/** @param onStored is told of every commit at the moment at which it becomes durable. */
export function createSimEventStore(deps: {
  readonly onStored: (commit: Commit) => void;
  readonly onRefused?: (reason: Refusal) => void;
}): SimEventStore {
  const { onStored, onRefused = () => {} } = deps;
  const logs = new Map<number, ShardLog>();

  const logOf = (shard: number): ShardLog => {
    const log = logs.get(shard) ?? { commits: [], positions: new Set(), orders: new Map() };
    logs.set(shard, log);
    return log;
  };
  const headOf = (shard: number): number => logOf(shard).commits.at(-1)?.position ?? 0;

  return {
    async append(commits) {
      if (new Set(commits.map(({ shard }) => shard)).size > 1) {
        throw new Error("the commits of one append belong to different shards");
      }
      for (const [index, commit] of commits.entries()) {
        const log = logOf(commit.shard);
        const reason = refusalOf(log, commit);
        if (reason !== null) {
          onRefused(reason);
          return { type: "refused", index, reason };
        }
        store(log, commit);
        onStored(commit);
      }
      return { type: "appended" };
    },
    async readOrders(shard, orderIds) {
      const { orders } = logOf(shard);
      return new Map(
        orderIds.flatMap((orderId) => {
          const ofOrder = orders.get(orderId);
          return ofOrder === undefined ? [] : [[orderId, [...ofOrder.commits]] as const];
        }),
      );
    },
    async readShard(shard, afterPosition, limit) {
      const { commits } = logOf(shard);
      const before = commits.findLastIndex(({ position }) => position <= afterPosition);
      return commits.slice(before + 1, before + 1 + limit);
    },
    head: async (shard) => headOf(shard),
    changedShards: async (after) =>
      [...after].flatMap(([shard, position]) => (headOf(shard) > position ? [shard] : [])),
    commits: (shard) => logOf(shard).commits,
    commitsOf: (shard, orderId) => logOf(shard).orders.get(orderId)?.commits ?? [],
  };
}

/** Several keys may be taken at once; a stale owner hears that first. */
function refusalOf({ positions, orders }: ShardLog, commit: Commit): Refusal | null {
  if (positions.has(commit.position)) return "staleOwner";
  const ofOrder = orders.get(commit.orderId);
  if (ofOrder?.causes.has(commit.causeId)) return "repeatedCause";
  if (ofOrder?.sequences.has(commit.sequence)) return "conflict";
  return null;
}

function store({ commits, positions, orders }: ShardLog, commit: Commit): void {
  const { orderId, position, sequence, causeId } = commit;
  const ofOrder = orders.get(orderId) ?? { commits: [], causes: new Set(), sequences: new Set() };
  orders.set(orderId, ofOrder);
  positions.add(position);
  ofOrder.causes.add(causeId);
  ofOrder.sequences.add(sequence);
  commits.push(commit);
  ofOrder.commits.push(commit);
  if ((commits.at(-2)?.position ?? 0) > position) commits.sort((a, b) => a.position - b.position);
  if ((ofOrder.commits.at(-2)?.sequence ?? 0) > sequence) ofOrder.commits.sort((a, b) => a.sequence - b.sequence);
}
