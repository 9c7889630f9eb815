/**
 * The sessions that transactions run in. A process that dies in the middle of a transaction leaves it open, and until the
 * store ends it, after a minute on most stores, nobody can write what it has written. A transaction belongs to its session
 * and to no connection, and whoever begins another one in that session ends it. So every session is written down before it
 * is used, with a sign of life of its process now and then, and the sessions of processes that are silent are ended by
 * those that meet an obstacle. One that was only slow begins its transaction again.
 */
import type { ClientSession, Collection, Filter, MongoClient } from "mongodb";
import { UUID } from "mongodb";
import { OperationalError } from "../../actors/errors.ts";
import type { Clock } from "../../actors/ports.ts";
import { isOperational } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";

const SIGN_OF_LIFE_EVERY_MS = 2_000;
/** Several signs of life: longer than the store needs for one of them when it is slow. */
const SILENT_AFTER_MS = 8_000;
/** So long after a sign of life nobody takes this process for silent. */
const SURELY_KNOWN_MS = SILENT_AFTER_MS / 2;
/** Whoever ends a session has so long for it: more than a request may take. */
const ENDING_TIMEOUT_MS = 2 * SILENT_AFTER_MS;
const SIGN_OF_LIFE = { $currentDate: { seenAt: true } } as const;
const IS_SILENT = {
  $lt: ["$seenAt", { $subtract: ["$$NOW", { $cond: ["$isEnding", ENDING_TIMEOUT_MS, SILENT_AFTER_MS] }] }],
};
const LOOK_EVERY_MS = 1_000;
/** Of one process there are hardly more than transactions that run at once. */
const MAX_ENDED_IN_A_LOOK = 100;
/** One end may wait for another one: what it ends may itself be waiting. Together they leave connections for the rest. */
const ENDS_AT_ONCE = 3;

/** A session by its id. The times are the store's own, so that no two clocks are compared. */
export interface TransactionSessionDocument {
  readonly _id: string;
  readonly seenAt: Date;
  /** Somebody has taken it for silent and ends it: its process begins nothing in it any more. */
  readonly isEnding?: true;
}

export interface TransactionSessions {
  /** A session that nobody uses, written down. @throws OperationalError `store_unavailable` when it cannot be written. */
  take(): Promise<ClientSession>;
  /** Gives a session back; the one that was used last is used first. */
  give(session: ClientSession): void;
  /** Forgets a session in which nothing can begin any more. */
  drop(session: ClientSession): void;
  /** Gives a sign of life and ends what silent processes have left open. True when the store answered. */
  endSilent(): Promise<boolean>;
  stop(): Promise<void>;
}

export function createTransactionSessions(deps: {
  readonly client: MongoClient;
  readonly sessions: Collection<TransactionSessionDocument>;
  readonly requests: Requests;
  readonly clock: Pick<Clock, "nowMs">;
}): TransactionSessions {
  const { client, sessions, requests, clock } = deps;
  const free: ClientSession[] = [];
  const own = new Set<string>();
  let signedAtMs = Number.NEGATIVE_INFINITY;
  /** When the last sign of life was given that the store has answered. */
  let knownAtMs = Number.NEGATIVE_INFINITY;
  let signing: Promise<void> | null = null;
  let look: { readonly answered: Promise<boolean>; endedAtMs: number | null } | null = null;

  const isDue = (atMs: number, everyMs: number): boolean => Math.abs(clock.nowMs() - atMs) >= everyMs;

  const signAll = async (): Promise<void> => {
    const atMs = clock.nowMs();
    signedAtMs = atMs;
    const ids = [...own];
    const stillOwn = { _id: { $in: ids }, isEnding: { $exists: false } };
    const { matchedCount } = await requests.write("session", () => sessions.updateMany(stillOwn, SIGN_OF_LIFE));
    if (matchedCount < ids.length) await forgetAllBut(ids, stillOwn);
    knownAtMs = atMs;
  };
  const sign = (): Promise<void> =>
    (signing ??= signAll().finally(() => {
      signing = null;
    }));

  /** Somebody ends, or has ended, those of the sessions that the filter does not find. */
  const forgetAllBut = async (ids: readonly string[], filter: Filter<TransactionSessionDocument>): Promise<void> => {
    const options = { projection: { _id: 1 }, batchSize: ids.length + 1 } as const;
    const found = await requests.read("session", () => sessions.find(filter, options).toArray());
    const left = new Set(found.map(({ _id }) => _id));
    for (const id of ids) if (!left.has(id)) own.delete(id);
    free.splice(0).forEach(give);
  };

  const giveSignOfLife = async (): Promise<void> => {
    if (own.size > 0 && isDue(signedAtMs, SIGN_OF_LIFE_EVERY_MS)) await sign();
  };

  const create = async (): Promise<ClientSession> => {
    const created = client.startSession({ causalConsistency: false });
    const id = idOf(created);
    try {
      // For whoever asks it is as good as a read: whether it was written or not, nothing has begun in it.
      await requests.read("session", () => sessions.updateOne({ _id: id }, SIGN_OF_LIFE, { upsert: true }));
      own.add(id);
      return created;
    } catch (error) {
      drop(created);
      throw error;
    }
  };

  const drop = (session: ClientSession): void => {
    own.delete(idOf(session));
    // The driver would take its id for the next session.
    session.serverSession.isDirty = true;
    void session.endSession();
  };

  const give = (session: ClientSession): void => {
    if (own.has(idOf(session))) free.push(session);
    else drop(session);
  };

  /** The transaction that is begun here is the session's latest, which ends the one before. */
  const end = async (id: string): Promise<void> => {
    const session = client.startSession({ causalConsistency: false });
    const { serverSession } = session;
    const { id: borrowedId, txnNumber } = serverSession;
    // Nobody counts that many transactions in a session, and who ends it later does so with a higher number.
    Object.assign(serverSession, { id: { id: new UUID(id) }, txnNumber: clock.nowMs() });
    try {
      session.startTransaction();
      await requests.send("session", () => sessions.findOne({ _id: id }, { session }));
      await requests.send("session", () => session.abortTransaction());
    } catch (error) {
      // A store that refuses has ended it already.
      if (isOperational(error)) throw error;
    } finally {
      Object.assign(serverSession, { id: borrowedId, txnNumber });
      await requests.send("session", () => session.endSession());
    }
    await requests.write("session", () => sessions.deleteOne({ _id: id }));
  };

  /**
   * Of all who see a silent session one takes it: some stores lose count of two transactions that begin in it at once. Its
   * `seenAt` is the claim's from now on.
   */
  const claim = async (id: string): Promise<boolean> => {
    const claimed = { ...SIGN_OF_LIFE, $set: { isEnding: true as const } };
    const { modifiedCount } = await requests.write("session", () =>
      sessions.updateOne({ _id: id, $expr: IS_SILENT }, claimed),
    );
    return modifiedCount === 1;
  };

  const lookAndEnd = async (): Promise<boolean> => {
    try {
      await giveSignOfLife();
      const silent = await requests.read("session", () =>
        sessions.find({ _id: { $nin: [...own] }, $expr: IS_SILENT }, { limit: MAX_ENDED_IN_A_LOOK }).toArray(),
      );
      const ids = silent.map(({ _id }) => _id);
      const endSome = async (): Promise<void> => {
        for (let id = ids.pop(); id !== undefined; id = ids.pop()) if (await claim(id)) await end(id);
      };
      await Promise.all(Array.from({ length: ENDS_AT_ONCE }, endSome));
      return true;
    } catch (error) {
      if (!(error instanceof OperationalError || isOperational(error))) throw error;
      return false;
    }
  };

  return {
    async take() {
      // After a silence somebody may be ending them at this moment. A store that does not answer will tell so again.
      if (free.length > 0 && isDue(knownAtMs, SURELY_KNOWN_MS)) await sign().catch(ignoreOperational);
      const session = free.pop();
      if (session === undefined) return create();
      // Nobody waits for it: a process that is taken for silent has to repeat a transaction, and no more.
      void giveSignOfLife().catch(ignoreOperational);
      return session;
    },
    give,
    drop,
    endSilent() {
      if (look === null || (look.endedAtMs !== null && isDue(look.endedAtMs, LOOK_EVERY_MS))) {
        const begun: typeof look = { answered: lookAndEnd(), endedAtMs: null };
        look = begun;
        void begun.answered.then(() => {
          begun.endedAtMs = clock.nowMs();
        });
      }
      return look.answered;
    },
    async stop() {
      const ids = [...own];
      own.clear();
      await Promise.all(free.splice(0).map((session) => session.endSession()));
      if (ids.length > 0) await sessions.deleteMany({ _id: { $in: ids } }).catch(() => {});
    },
  };
}

function ignoreOperational(error: unknown): void {
  if (!(error instanceof OperationalError)) throw error;
}

function idOf(session: ClientSession): string {
  const { id } = session.serverSession.id;
  return id.toString("hex");
}
