/**
 * Group commit: what a request costs the store counts far more than what is in it, so appends of several shards that
 * come in while an insert is on its way go out together in the next one. Appends of one shard never overtake each
 * other, and never share an insert, so that a refused one cannot leave a gap under the next.
 */
import { ObjectId } from "mongodb";
import type { AppendResult, Commit } from "../../actors/ports.ts";
import { type CommitDocument, commitDocument } from "./commit-documents.ts";

/** Two inserts keep the store busy while answers travel; more of them would only be smaller. */
const MAX_IN_FLIGHT = 2;
/** More commits than this in one insert gain nothing. */
const MAX_COMMITS = 1_000;

/** An append on its way; whoever writes it settles it. */
export interface Append {
  readonly shard: number;
  readonly documents: readonly CommitDocument[];
  settle(result: AppendResult): void;
  fail(error: unknown): void;
}

export interface AppendQueue {
  append(commits: readonly Commit[]): Promise<AppendResult>;
  /** How many appends are not settled. */
  pending(): number;
}

/** @param write stores appends of different shards and settles every one of them; it resolves when it is done. */
export function createAppendQueue(write: (appends: readonly Append[]) => Promise<void>): AppendQueue {
  let waiting: Append[] = [];
  const busyShards = new Set<number>();
  let inFlight = 0;
  let pending = 0;

  /** Takes the oldest append of each shard that has none on its way. */
  const take = (): Append[] => {
    const taken: Append[] = [];
    const left: Append[] = [];
    let commits = 0;
    for (const append of waiting) {
      if (busyShards.has(append.shard) || commits >= MAX_COMMITS) {
        left.push(append);
        continue;
      }
      busyShards.add(append.shard);
      taken.push(append);
      commits += append.documents.length;
    }
    waiting = left;
    return taken;
  };

  const pump = (): void => {
    while (inFlight < MAX_IN_FLIGHT) {
      const appends = take();
      if (appends.length === 0) return;
      inFlight += 1;
      void write(appends).finally(() => {
        inFlight -= 1;
        for (const { shard } of appends) busyShards.delete(shard);
        pump();
      });
    }
  };

  return {
    pending: () => pending,
    async append(commits) {
      const shard = commits[0]?.shard;
      if (shard === undefined) return { type: "appended" };
      if (commits.some((commit) => commit.shard !== shard)) {
        throw new Error("the commits of one append belong to different shards");
      }
      const appendId = new ObjectId();
      const documents = commits.map((commit) => commitDocument(commit, appendId));
      const { promise, resolve, reject } = Promise.withResolvers<AppendResult>();
      pending += 1;
      waiting.push({ shard, documents, settle: resolve, fail: reject });
      // What else is appended in this turn of the event loop joins it.
      setImmediate(pump);
      try {
        return await promise;
      } finally {
        pending -= 1;
      }
    },
  };
}
