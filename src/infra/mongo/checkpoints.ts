/**
 * How far each reactor has come in each shard, and the tallies of closed mails, which are written by the same statement.
 * A position only grows: a write that would take one back matches nothing. All of a batch's positions are one statement,
 * because a store pays for statements far more than for documents.
 */
import type { AnyBulkWriteOperation, ClientSession, Collection, Long } from "mongodb";
import type { Checkpoint, MailState } from "../../actors/ports.ts";
import { exactInteger } from "./exact-integers.ts";
import { isOnlyDuplicates } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";

/** Of a reactor and shard; position 0 stands for none. */
interface CheckpointDocument {
  readonly _id: string;
  readonly reactor: string;
  readonly shard: number;
  readonly position: number | Long;
}

/** How many mails of each state were closed, as counted by some of the processes. */
export interface TallyDocument {
  readonly _id: string;
  readonly tally: Readonly<Partial<Record<MailState, number>>>;
}

export type ProgressDocument = CheckpointDocument | TallyDocument;

/** Processes count in different documents, so that they seldom wait for each other. */
export const TALLIES = 16;

export function tallyId(number: number): string {
  return `tally:${number}`;
}

/** `missing`: a position has no document yet, so nothing could be written. */
export type Progressed = "done" | "behind" | "missing";

export interface Checkpoints {
  /** Takes positions on and adds to the tally, in a transaction: the caller takes everything back unless it is `done`. */
  advance(session: ClientSession, checkpoint: Checkpoint | null, closed: MailCounts): Promise<Progressed>;
  /** Takes one position on, without a transaction. */
  advanceOne(reactor: string, shard: number, position: number): Promise<Progressed>;
  /** Creates the documents that are missing. */
  prepare(checkpoint: Checkpoint): Promise<void>;
  read(reactor: string): Promise<Map<number, number>>;
  reset(reactor: string): Promise<void>;
}

export type MailCounts = ReadonlyMap<MailState, number>;

/** @param tally which of the tallies this process adds to. */
export function createCheckpoints(deps: {
  readonly progress: Collection<ProgressDocument>;
  readonly requests: Requests;
  readonly tally: number;
}): Checkpoints {
  const { requests, tally } = deps;
  const progress = deps.progress as unknown as Collection<CheckpointDocument & { position: number }>;

  /** The documents of these positions, as a transaction sees them or as they are. */
  const documentsOf = ({ reactor, positions }: Checkpoint, session?: ClientSession) => {
    const filter = { _id: { $in: [...positions.keys()].map((shard) => checkpointId(reactor, shard)) } };
    const options = { batchSize: positions.size + 1, ...(session === undefined ? {} : { session }) };
    return progress.find(filter, options).toArray();
  };

  return {
    async advance(session, checkpoint, closed) {
      const positions = checkpoint?.positions ?? new Map<number, number>();
      const statements = [
        ...(checkpoint !== null && positions.size > 0 ? [advanceStatement(checkpoint)] : []),
        ...(closed.size > 0 ? [tallyStatement(tally, closed)] : []),
      ];
      if (statements.length === 0) return "done";
      const result = await requests.send("update", () => deps.progress.bulkWrite(statements, { session }));
      const expected = positions.size + (closed.size > 0 ? 1 : 0);
      if (checkpoint === null || result.matchedCount === expected) return "done";
      return obstacle(await requests.send("find", () => documentsOf(checkpoint, session)), positions);
    },
    async advanceOne(reactor, shard, position) {
      const filter = { _id: checkpointId(reactor, shard), position: { $lte: exactInteger(position) as number } };
      const update = { $set: { position: exactInteger(position) as number } };
      const { matchedCount } = await requests.write("update", () => progress.updateOne(filter, update));
      if (matchedCount === 1) return "done";
      const positions = new Map([[shard, position]]);
      return obstacle(await requests.read("find", () => documentsOf({ reactor, positions })), positions);
    },
    async prepare({ reactor, positions }) {
      const documents = [...positions.keys()].map((shard) => ({
        _id: checkpointId(reactor, shard),
        reactor,
        shard,
        position: 0,
      }));
      await requests.write("insert", async () => {
        try {
          await progress.insertMany(documents, { ordered: false });
        } catch (error) {
          if (!isOnlyDuplicates(error)) throw error;
        }
      });
    },
    async read(reactor) {
      const found = await requests.read("find", () =>
        progress.find({ reactor, position: { $gt: 0 } }, { batchSize: 1_000 }).toArray(),
      );
      return new Map(found.map(({ shard, position }) => [shard, position]));
    },
    async reset(reactor) {
      await requests.write("delete", () => progress.deleteMany({ reactor }));
    },
  };
}

function checkpointId(reactor: string, shard: number): string {
  return `checkpoint:${reactor}:${shard}`;
}

/** Why positions could not be written: one of them would move back, or has no document yet. */
function obstacle(
  found: readonly { shard: number; position: number }[],
  positions: ReadonlyMap<number, number>,
): Progressed {
  return found.some(({ shard, position }) => position > (positions.get(shard) ?? 0)) ? "behind" : "missing";
}

/** Each document finds its new position by its shard in a list, and stays as it is when it has a later one. */
function advanceStatement({ reactor, positions }: Checkpoint): AnyBulkWriteOperation<ProgressDocument> {
  const byShard = Array.from({ length: Math.max(...positions.keys()) + 1 }, (_, shard) =>
    exactInteger(positions.get(shard) ?? 0),
  );
  const position = { $arrayElemAt: [{ $literal: byShard }, "$shard"] };
  return {
    updateMany: {
      filter: {
        _id: { $in: [...positions.keys()].map((shard) => checkpointId(reactor, shard)) },
        $expr: { $lte: ["$position", position] },
      },
      update: [{ $set: { position } }],
    },
  };
}

function tallyStatement(tally: number, closed: MailCounts): AnyBulkWriteOperation<ProgressDocument> {
  const increments = Object.fromEntries([...closed].map(([state, mails]) => [`tally.${state}`, exactInteger(mails)]));
  return { updateOne: { filter: { _id: tallyId(tally) }, update: { $inc: increments } } };
}
