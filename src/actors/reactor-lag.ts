/** How far the reactors are behind the shard logs. */
import type { CommitTail } from "./commit-tail.ts";
import type { EventStore } from "./ports.ts";
import type { Reactor } from "./reactor.ts";

export interface ReactorLag {
  readonly reactor: string;
  readonly shard: number;
  /** Commits that are stored and not handled. */
  readonly commits: number;
  /** When the oldest of them was recorded, in milliseconds since 1970; null when there is none. */
  readonly oldestMs: number | null;
}

/** The lag of every reactor on the shards that are asked for; of one whose checkpoint is not read yet, nothing is known. */
export async function readReactorLag(deps: {
  readonly reactors: readonly Pick<Reactor, "name" | "positions">[];
  readonly eventStore: Pick<EventStore, "head">;
  readonly tail: Pick<CommitTail, "read">;
  readonly shards: readonly number[];
}): Promise<readonly ReactorLag[]> {
  const { reactors, eventStore, tail, shards } = deps;
  const ofShard = async (shard: number): Promise<ReactorLag[]> => {
    const head = await eventStore.head(shard);
    const lags = await Promise.all(
      reactors.map(async ({ name, positions }) => {
        const position = positions().get(shard);
        if (position === undefined) return [];
        const [oldest] = position < head ? await tail.read(shard, position, 1) : [];
        const oldestMs = oldest === undefined ? null : Date.parse(oldest.recordedAt);
        return [{ reactor: name, shard, commits: Math.max(0, head - position), oldestMs }];
      }),
    );
    return lags.flat();
  };
  return (await Promise.all(shards.map(ofShard))).flat();
}
