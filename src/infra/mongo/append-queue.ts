/**
 * Group commit: what a request costs the store counts far more than what is in it, so one insert is on its way at a
 * time, and all that is appended meanwhile, or in the rest behind it, goes out together in the next one, whatever its
 * shard. Appends of one shard keep their order and never share an insert, so that a refused one cannot leave a gap under
 * the next.
 */
import { ObjectId } from "mongodb";
import type { AppendResult, Clock, Commit } from "../../actors/ports.ts";
import { createTurns } from "../turns.ts";
import { type CommitDocument, commitDocument } from "./commit-documents.ts";

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

export interface AppendQueueDeps {
  readonly clock: Clock;
  /** Stores appends of different shards and settles every one of them; it resolves when it is done and never rejects. */
  readonly write: (appends: readonly Append[]) => Promise<void>;
}

export function createAppendQueue({ clock, write }: AppendQueueDeps): AppendQueue {
  let waiting: Append[] = [];
  let pending = 0;

  /** Takes the oldest append of each shard. */
  const take = (): Append[] => {
    const taken = new Map<number, Append>();
    const left: Append[] = [];
    let commits = 0;
    for (const append of waiting) {
      if (taken.has(append.shard) || commits >= MAX_COMMITS) {
        left.push(append);
        continue;
      }
      taken.set(append.shard, append);
      commits += append.documents.length;
    }
    waiting = left;
    return [...taken.values()];
  };

  const writeAll = createTurns(clock, () => {
    const appends = take();
    const commits = appends.reduce((sum, { documents }) => sum + documents.length, 0);
    return appends.length === 0 ? null : write(appends).then(() => commits);
  });

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
      setImmediate(() => void writeAll());
      try {
        return await promise;
      } finally {
        pending -= 1;
      }
    },
  };
}
