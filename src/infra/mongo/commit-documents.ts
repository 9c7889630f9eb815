/**
 * A commit as a document. Its `_id` is its shard and position with leading zeros, so that the primary index, the
 * cheapest that a store has, keeps positions unique and reads a shard in order; one more index for that would make
 * every insert a quarter dearer. The other two facts have indexes of their own.
 */
import type { Long, ObjectId } from "mongodb";
import type { AppendResult, Commit } from "../../actors/ports.ts";
import type { OrderEvent } from "../../domain/events.ts";
import { exactInteger, withExactIntegers } from "./exact-integers.ts";

export const SEQUENCE_INDEX = "shard_orderId_sequence";
export const CAUSE_INDEX = "shard_orderId_causeId";
/** The primary index, by the name that every server gives it. */
export const POSITION_INDEX = "_id_";

export type RefusalReason = Extract<AppendResult, { type: "refused" }>["reason"];

const SHARD_DIGITS = 5;
/** As many as the largest safe integer has. */
const POSITION_DIGITS = 16;

export interface CommitDocument {
  readonly _id: string;
  readonly shard: number;
  readonly position: number | Long;
  readonly orderId: string;
  readonly sequence: number | Long;
  readonly causeId: string;
  readonly events: readonly OrderEvent[];
  readonly recordedAt: Date;
  /** The same in all commits of one append, and in no others. */
  readonly appendId: ObjectId;
}

/** A commit document as it is read: the driver gives back integers as numbers. */
export type StoredCommit = CommitDocument & { readonly position: number; readonly sequence: number };

/** The `_id` of the commit at a position: ids of a shard sort as its positions do. */
export function commitId(shard: number, position: number): string {
  return `${String(shard).padStart(SHARD_DIGITS, "0")}:${String(position).padStart(POSITION_DIGITS, "0")}`;
}

export function commitDocument(commit: Commit, appendId: ObjectId): CommitDocument {
  const { shard, position, orderId, sequence, causeId, events } = commit;
  const recordedAt = new Date(commit.recordedAt);
  if (recordedAt.toISOString() !== commit.recordedAt) throw new Error(`not an instant in UTC: ${commit.recordedAt}`);
  return {
    _id: commitId(shard, position),
    shard,
    position: exactInteger(position),
    orderId,
    sequence: exactInteger(sequence),
    causeId,
    events: withExactIntegers(events) as readonly OrderEvent[],
    recordedAt,
    appendId,
  };
}

export function commitOf({ shard, position, orderId, sequence, causeId, events, recordedAt }: StoredCommit): Commit {
  return { shard, position, orderId, sequence, causeId, events, recordedAt: recordedAt.toISOString() };
}
