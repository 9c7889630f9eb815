/**
 * The sessions that transactions run in. A process that dies in the middle of a transaction leaves it open, and until the
 * store ends it, after a minute on most stores, nobody can write what it has written. A transaction belongs to its session
 * and to no connection, and whoever begins another one in that session ends it. So every session is written down before it
 * is used, with a sign of life of its process now and then, and the sessions of processes that are silent are ended by
 * those that meet an obstacle. One that was only slow begins its transaction again.
 */
import type { ClientSession, Collection, MongoClient } from "mongodb";
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
const SIGN_OF_LIFE = { $currentDate: { seenAt: true } } as const;
const IS_SILENT = { $lt: ["$seenAt", { $subtract: ["$$NOW", SILENT_AFTER_MS] }] };
const LOOK_EVERY_MS = 1_000;
/** Of one process there are hardly more than transactions that run at once. */
const MAX_ENDED_AT_ONCE = 100;

/** A session by its id. The times are the store's own, so that no two clocks are compared. */
export interface TransactionSessionDocument {
  readonly _id: string;
  readonly seenAt: Date;
  /** Somebody has taken it for silent and ends it: its process begins nothing in it any more. */
  readonly isEnding?: true;
}

export interface TransactionSessions {
  /** A session that nobody uses, written down. @throws OperationalError when it cannot be written. */
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
  /** When the last sign of life was given that the store has answered, with all own sessions still there. */
  let knownAtMs = Number.NEGATIVE_INFINITY;
  let look: { readonly atMs: number; readonly answered: Promise<boolean> } | null = null;

  const isDue = (atMs: number, everyMs: number): boolean => Math.abs(clock.nowMs() - atMs) >= everyMs;

  /** False when somebody ends one of this process's sessions. */
  const sign = async (): Promise<boolean> => {
    const atMs = clock.nowMs();
    signedAtMs = atMs;
    const ids = [...own];
    const stillOwn = { _id: { $in: ids }, isEnding: { $exists: false } };
    const { matchedCount } = await requests.write("session", () => sessions.updateMany(stillOwn, SIGN_OF_LIFE));
    if (matchedCount < ids.length) return false;
    knownAtMs = atMs;
    return true;
  };

  const giveSignOfLife = async (): Promise<void> => {
    if (own.size > 0 && isDue(signedAtMs, SIGN_OF_LIFE_EVERY_MS)) await sign();
  };

  const create = async (): Promise<ClientSession> => {
    const created = client.startSession({ causalConsistency: false });
    const id = idOf(created);
    await requests.write("session", () => sessions.updateOne({ _id: id }, SIGN_OF_LIFE, { upsert: true }));
    own.add(id);
    return created;
  };

  const drop = (session: ClientSession): void => {
    own.delete(idOf(session));
    // The driver would take its id for the next session.
    session.serverSession.isDirty = true;
    void session.endSession();
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
      await session.abortTransaction();
    } catch (error) {
      // A store that refuses has ended it already.
      if (isOperational(error)) throw error;
    } finally {
      Object.assign(serverSession, { id: borrowedId, txnNumber });
      await session.endSession();
    }
    await requests.write("session", () => sessions.deleteOne({ _id: id }));
  };

  /** Of all who see a silent session one takes it: some stores lose count of two transactions that begin in it at once. */
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
        sessions.find({ _id: { $nin: [...own] }, $expr: IS_SILENT }, { limit: MAX_ENDED_AT_ONCE }).toArray(),
      );
      for (const { _id } of silent) if (await claim(_id)) await end(_id);
      return true;
    } catch (error) {
      if (!(error instanceof OperationalError || isOperational(error))) throw error;
      return false;
    }
  };

  return {
    async take() {
      // After a silence somebody may be ending them at this moment.
      if (free.length > 0 && isDue(knownAtMs, SURELY_KNOWN_MS) && !(await sign())) free.splice(0).forEach(drop);
      const session = free.pop();
      if (session === undefined) return create();
      // Nobody waits for it: a process that is taken for silent has to repeat a transaction, and no more.
      void giveSignOfLife().catch(() => {});
      return session;
    },
    give: (session) => void free.push(session),
    drop,
    endSilent() {
      if (look === null || isDue(look.atMs, LOOK_EVERY_MS)) look = { atMs: clock.nowMs(), answered: lookAndEnd() };
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

function idOf(session: ClientSession): string {
  const { id } = session.serverSession.id;
  return id.toString("hex");
}
