/**
 * Runs transactions, again from their beginning when they lose against others, for a bounded time. Few run at once: some
 * stores let a statement wait for the lock of another transaction, and one that waits keeps a connection, which the
 * other one may need to come to its end. A transaction that a failed connection left open holds its locks until its
 * session begins another one, so sessions are kept; those that a dead process left open are ended when they are in the way.
 */
import { type ClientSession, MongoNetworkError, MongoNetworkTimeoutError } from "mongodb";
import { OperationalError } from "../../actors/errors.ts";
import type { Clock } from "../../actors/ports.ts";
import { pause } from "../waiting.ts";
import { TRANSACTION_OPTIONS } from "./connection.ts";
import { isDuplicateKey, isEndedByAnother, isTransient, isUnknownCommit, translated } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";
import type { TransactionSessions } from "./transaction-sessions.ts";

/** Less than half of the connections. */
const MAX_AT_ONCE = 4;
const MAX_ATTEMPTS = 20;
const MAX_COMMIT_ATTEMPTS = 3;
const STEP_PAUSE_MS = 5;
const MAX_PAUSE_MS = 50;
/** No attempt begins after so long. */
const GIVE_UP_AFTER_MS = 8_000;

/** What a transaction comes to: `commit: false` takes everything back. */
export interface Outcome<Result> {
  readonly commit: boolean;
  readonly result: Result;
}

export interface Transactions {
  /**
   * Runs `work` in a transaction. It may run several times, so all that it does must be in the transaction; `attempt`
   * counts from 1. A duplicate key is taken for a race with another transaction.
   * @throws OperationalError `outcome_unknown` when it may be committed; `store_contended` when it is not, because another
   *   transaction does not let go of what it needs; `store_unavailable` when it is not, for other reasons.
   */
  run<Result>(work: (session: ClientSession, attempt: number) => Promise<Outcome<Result>>): Promise<Result>;
}

export function createTransactions(deps: {
  readonly sessions: TransactionSessions;
  readonly requests: Requests;
  readonly clock: Clock;
}): Transactions {
  const { sessions, requests, clock } = deps;
  const waiting: (() => void)[] = [];
  let running = 0;

  const begin = async (): Promise<void> => {
    if (running >= MAX_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
  };

  /** Lets the next one run in the place of this one. */
  const end = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  /** Nobody waits for the end of a transaction that is given up: a store that does not answer would take long over it. */
  const giveUp = (session: ClientSession): void => {
    void session
      .abortTransaction()
      .catch(() => {})
      .finally(() => sessions.give(session));
  };

  const commit = async (session: ClientSession): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await requests.send("commit", () => session.commitTransaction());
      } catch (error) {
        if (!isUnknownCommit(error) || attempt === MAX_COMMIT_ATTEMPTS) throw error;
      }
    }
  };

  const tryOnce = async <Result>(
    work: (session: ClientSession, attempt: number) => Promise<Outcome<Result>>,
    attempt: number,
  ): Promise<Result> => {
    const session = await sessions.take();
    session.startTransaction(TRANSACTION_OPTIONS);
    let committing = false;
    try {
      const outcome = await work(session, attempt);
      if (outcome.commit) {
        committing = true;
        await commit(session);
        sessions.give(session);
      } else {
        giveUp(session);
      }
      return outcome.result;
    } catch (error) {
      if (isEndedByAnother(error)) sessions.drop(session);
      else if (committing) sessions.give(session);
      else giveUp(session);
      if (isTransient(error) || isDuplicateKey(error)) throw error;
      throw translated(error, requests.hosts, committing ? "write" : "read");
    }
  };

  const tryUntilDone: Transactions["run"] = async (work) => {
    const giveUpMs = clock.nowMs() + GIVE_UP_AFTER_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        return await tryOnce(work, attempt);
      } catch (error) {
        if (!isTransient(error) && !isDuplicateKey(error)) throw error;
        if (attempt === MAX_ATTEMPTS || clock.nowMs() > giveUpMs) throw await obstacle(error);
        await pause(clock, Math.min(attempt * STEP_PAUSE_MS, MAX_PAUSE_MS));
      }
    }
  };

  /** What keeps a transaction from its end: a store that answers other requests has lent what it needs to somebody else. */
  const obstacle = async (cause: unknown): Promise<OperationalError> => {
    const isAway = cause instanceof MongoNetworkError && !(cause instanceof MongoNetworkTimeoutError);
    const code = !isAway && (await sessions.endSilent()) ? "store_contended" : "store_unavailable";
    const message = `A transaction did not come to its end at the store at ${requests.hosts}: ${(cause as Error).message}.`;
    return new OperationalError(code, message, { retryable: true, cause });
  };

  return {
    async run(work) {
      await begin();
      // Some stores refuse what another transaction holds, and others let it wait.
      const stopWatching = requests.watch();
      try {
        return await tryUntilDone(work);
      } finally {
        stopWatching();
        end();
      }
    },
  };
}
