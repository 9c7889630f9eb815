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
import {
  CAUSE_INDEX,
  type CommitDocument,
  POSITION_INDEX,
  type RefusalReason,
  SEQUENCE_INDEX,
  type StoredCommit,
} from "./commit-documents.ts";
import { isOperational, refusedDocument } from "./mongo-errors.ts";
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

interface Inserted {
  /** The append that was refused, and those after it. */
  readonly left: readonly Progress[];
  /** What refused it; null when nothing did, or the server does not tell. */
  readonly index: string | null;
}

const OWN_INDEXES: ReadonlySet<string> = new Set([POSITION_INDEX, SEQUENCE_INDEX, CAUSE_INDEX]);

/** Stores appends of different shards and settles each; never rejects. */
export function createCommitWriter(deps: {
  readonly commits: Collection<CommitDocument>;
  readonly requests: Requests;
  readonly clock: Clock;
  readonly metrics: EngineMetrics;
}): (appends: readonly Append[]) => Promise<void> {
  const { commits, requests, clock, metrics } = deps;
  const stored = commits as unknown as Collection<StoredCommit>;

  /** Inserts what is open; returns the append that an index refused and those after it, which were not tried, and the index. */
  const insert = async (open: readonly Progress[]): Promise<Inserted> => {
    const documents = open.flatMap(missingOf);
    let inserted = documents.length;
    let index: string | null = null;
    try {
      await requests.send("insert", () => commits.insertMany(documents, { ordered: true }));
    } catch (error) {
      const refused = refusedDocument(error);
      if (refused === null) throw error;
      inserted = refused.place;
      index = refused.index;
    }
    if (inserted > 0) metrics.inserted(inserted);
    for (const [place, progress] of open.entries()) {
      const more = Math.min(inserted, missingOf(progress).length);
      progress.stored += more;
      inserted -= more;
      if (!settledWhenComplete(progress)) return { left: open.slice(place), index };
    }
    return { left: [], index };
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
   * Why an index refuses a commit, in the order of what its owner must hear. A position that is taken needs no other reason;
   * an insert that another index ended may have a taken position, too, or a repeated cause beside a conflict.
   * `own`: the commit was stored by an insert without an answer. Null while nobody can see what is in its way.
   * @throws OperationalError `store_unsupported` for an index that is none of ours.
   */
  const reasonFor = async (commit: CommitDocument, index: string | null): Promise<RefusalReason | "own" | null> => {
    if (index !== null && !OWN_INDEXES.has(index)) throw unknownIndex(requests.hosts, index);
    const { _id, shard, orderId, causeId, sequence, appendId } = commit;
    const projection = { events: 0 };
    const [[holder], ofOrder] = await Promise.all([
      requests.send("find", () => stored.find({ _id }, { projection }).toArray()),
      index === POSITION_INDEX
        ? []
        : requests.send("find", () => stored.find({ shard, orderId }, { projection, batchSize: 1_000 }).toArray()),
    ]);
    if (holder !== undefined) return holder.appendId.equals(appendId) ? "own" : "staleOwner";
    if (ofOrder.some((other) => other.causeId === causeId)) return "repeatedCause";
    return ofOrder.some((other) => other.sequence === Number(sequence)) ? "conflict" : null;
  };

  /** Takes the writing one step on; returns what is open after it. */
  const step = async (open: readonly Progress[], isDoubtful: boolean) => {
    const missing = isDoubtful ? await readPositions(open) : open;
    if (missing.length === 0) return { open: missing, isDoubtful: false };
    const { left, index } = await insert(missing);
    const [refused, ...after] = left;
    if (refused === undefined) return { open: left, isDoubtful: false };
    const reason = await reasonFor(missingOf(refused)[0] as CommitDocument, index);
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

function unknownIndex(hosts: string, index: string): OperationalError {
  const message =
    `The store at ${hosts} refuses a commit by the unique index ${index}, which is none of ours. ` +
    "Drop it from the collection commits: nothing can be processed meanwhile, and nothing is lost.";
  return new OperationalError("store_unsupported", message, { retryable: false });
}

function unresolved(hosts: string, cause: unknown): OperationalError {
  const message = `What became of an append cannot be told from the store at ${hosts} now; it is decided when the shard is read again.`;
  return new OperationalError("outcome_unknown", message, { retryable: true, cause });
}
