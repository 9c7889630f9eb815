/**
 * Writes appends with one ordered insert and finds out what became of each. An index that refuses a commit ends the
 * insert there, so the appends after it are sent again. When no answer comes, the insert may still run, so what is
 * missing is not taken for unwritten: the positions are read, and what they lack is sent again, until each commit is
 * either stored or refused for good. The unique indexes make the repeat harmless, and the append's own id in each
 * commit tells its commits from the same ones of another owner.
 */
import type { Collection } from "mongodb";
import { OperationalError } from "../../actors/errors.ts";
import type { Clock } from "../../actors/ports.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import { pause } from "../waiting.ts";
import type { Append } from "./append-queue.ts";
import type { CommitDocument, RefusalReason, StoredCommit } from "./commit-documents.ts";
import { duplicateIndexOf, isOperational } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";

/** So long it is tried to find out what became of an insert without an answer. */
const GIVE_UP_AFTER_MS = 20_000;
const RETRY_PAUSE_MS = 250;
/** A commit that refuses another one may not be on a majority yet, and then no reader sees it. */
const VISIBLE_PAUSE_MS = 20;

/** An append of which the first `stored` commits are known to be stored. */
interface Progress {
  readonly append: Append;
  stored: number;
}

/** Stores appends of different shards and settles each; never rejects. */
export function createCommitWriter(deps: {
  readonly commits: Collection<CommitDocument>;
  readonly requests: Requests;
  readonly clock: Clock;
  readonly metrics: EngineMetrics;
}): (appends: readonly Append[]) => Promise<void> {
  const { commits, requests, clock, metrics } = deps;
  const stored = commits as unknown as Collection<StoredCommit>;

  /** Inserts what is open; returns the append that an index refused and those after it, which were not tried. */
  const insert = async (open: readonly Progress[]): Promise<readonly Progress[]> => {
    const documents = open.flatMap(missingOf);
    let inserted = documents.length;
    try {
      await requests.send("insert", () => commits.insertMany(documents, { ordered: true }));
    } catch (error) {
      const refusedAt = duplicateIndexOf(error);
      if (refusedAt === null) throw error;
      inserted = refusedAt;
    }
    if (inserted > 0) metrics.inserted(inserted);
    for (const [place, progress] of open.entries()) {
      const more = Math.min(inserted, missingOf(progress).length);
      progress.stored += more;
      inserted -= more;
      if (!settledWhenComplete(progress)) return open.slice(place);
    }
    return [];
  };

  /** Reads the positions of appends and settles what can be told from them; returns those that still miss some. */
  const readPositions = async (open: readonly Progress[]): Promise<readonly Progress[]> => {
    const ids = open.flatMap((progress) => missingOf(progress).map(({ _id }) => _id));
    const options = { projection: { events: 0 }, batchSize: ids.length + 1 };
    const found = await requests.send("find", () => stored.find({ _id: { $in: ids } }, options).toArray());
    const holders = new Map(found.map(({ _id, appendId }) => [_id, appendId]));
    return open.filter((progress) => {
      for (const { _id, appendId } of missingOf(progress)) {
        const holder = holders.get(_id);
        if (holder === undefined) return true;
        if (!holder.equals(appendId)) return !refuse(progress, "staleOwner");
        progress.stored += 1;
      }
      return !settledWhenComplete(progress);
    });
  };

  /**
   * Why an index refuses a commit, in the order of what its owner must hear: an insert tells of one index only.
   * `own`: the commit was stored by an insert without an answer. Null while nobody can see what is in its way.
   */
  const reasonFor = async (commit: CommitDocument): Promise<RefusalReason | "own" | null> => {
    const { _id, shard, orderId, causeId, sequence, appendId } = commit;
    const projection = { events: 0 };
    const [[holder], ofOrder] = await Promise.all([
      requests.send("find", () => stored.find({ _id }, { projection }).toArray()),
      requests.send("find", () => stored.find({ shard, orderId }, { projection, batchSize: 1_000 }).toArray()),
    ]);
    if (holder !== undefined) return holder.appendId.equals(appendId) ? "own" : "staleOwner";
    if (ofOrder.some((other) => other.causeId === causeId)) return "repeatedCause";
    return ofOrder.some((other) => other.sequence === Number(sequence)) ? "conflict" : null;
  };

  /** Takes the writing one step on; returns what is open after it. */
  const step = async (open: readonly Progress[], isDoubtful: boolean) => {
    const missing = isDoubtful ? await readPositions(open) : open;
    if (missing.length === 0) return { open: missing, isDoubtful: false };
    const left = await insert(missing);
    const [refused, ...after] = left;
    if (refused === undefined) return { open: left, isDoubtful: false };
    const reason = await reasonFor(missingOf(refused)[0] as CommitDocument);
    if (reason === "own") return { open: left, isDoubtful: true };
    if (reason === null) await pause(clock, VISIBLE_PAUSE_MS);
    else refuse(refused, reason);
    return { open: reason === null ? left : after, isDoubtful: false };
  };

  return async (appends) => {
    const giveUpMs = clock.nowMs() + GIVE_UP_AFTER_MS;
    let open: readonly Progress[] = appends.map((append) => ({ append, stored: 0 }));
    let isDoubtful = false;
    while (open.length > 0) {
      let failure: unknown = null;
      try {
        ({ open, isDoubtful } = await step(open, isDoubtful));
      } catch (error) {
        failure = error;
        isDoubtful = true;
        if (isOperational(error)) await pause(clock, RETRY_PAUSE_MS);
        else return fail(open, error);
      }
      if (clock.nowMs() > giveUpMs) return fail(open, unresolved(requests.hosts, failure));
    }
  };
}

/** The commits of an append that are not known to be stored. */
function missingOf({ append, stored }: Progress): readonly CommitDocument[] {
  return append.documents.slice(stored);
}

function settledWhenComplete({ append, stored }: Progress): boolean {
  if (stored < append.documents.length) return false;
  append.settle({ type: "appended" });
  return true;
}

/** Settles an append at the first commit that is not stored; always true. */
function refuse({ append, stored }: Progress, reason: RefusalReason): true {
  append.settle({ type: "refused", index: stored, reason });
  return true;
}

function fail(open: readonly Progress[], error: unknown): void {
  for (const { append } of open) append.fail(error);
}

function unresolved(hosts: string, cause: unknown): OperationalError {
  const message = `What became of an append cannot be told from the store at ${hosts} now; it is decided when the shard is read again.`;
  return new OperationalError("outcome_unknown", message, { retryable: true, cause });
}
