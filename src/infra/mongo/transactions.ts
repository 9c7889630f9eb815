/**
 * Runs transactions, again from their beginning when they lose against others, for a bounded time. Few run at once: some
 * stores let a statement wait for the lock of another transaction, and one that waits keeps a connection, which the
 * other one may need to come to its end. A transaction that a failed connection left open holds its locks until its
 * session begins another one, so sessions are kept, and the one that was used last is used first.
 */
import type { ClientSession, MongoClient } from "mongodb";
import { OperationalError } from "../../actors/errors.ts";
import type { Clock } from "../../actors/ports.ts";
import { pause } from "../waiting.ts";
import { TRANSACTION_OPTIONS } from "./connection.ts";
import { isDuplicateKey, isTransient, isUnknownCommit, translated } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";

/** Less than half of the connections. */
const MAX_AT_ONCE = 4;
const MAX_ATTEMPTS = 20;
const MAX_COMMIT_ATTEMPTS = 3;
const STEP_PAUSE_MS = 5;
const MAX_PAUSE_MS = 50;

/** What a transaction comes to: `commit: false` takes everything back. */
export interface Outcome<Result> {
  readonly commit: boolean;
  readonly result: Result;
}

export interface Transactions {
  /**
   * Runs `work` in a transaction. It may run several times, so all that it does must be in the transaction; `attempt`
   * counts from 1. A duplicate key is taken for a race with another transaction.
   * @throws OperationalError `outcome_unknown` when it may be committed, `store_unavailable` when it is not.
   */
  run<Result>(work: (session: ClientSession, attempt: number) => Promise<Outcome<Result>>): Promise<Result>;
  stop(): Promise<void>;
}

export function createTransactions(deps: {
  readonly client: MongoClient;
  readonly requests: Requests;
  readonly clock: Clock;
}): Transactions {
  const { client, requests, clock } = deps;
  const free: ClientSession[] = [];
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
      .finally(() => free.push(session));
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
    const session = free.pop() ?? client.startSession({ causalConsistency: false });
    session.startTransaction(TRANSACTION_OPTIONS);
    let committing = false;
    try {
      const outcome = await work(session, attempt);
      if (outcome.commit) {
        committing = true;
        await commit(session);
        free.push(session);
      } else {
        giveUp(session);
      }
      return outcome.result;
    } catch (error) {
      if (committing) free.push(session);
      else giveUp(session);
      if (isTransient(error) || isDuplicateKey(error)) throw error;
      throw translated(error, requests.hosts, committing ? "write" : "read");
    }
  };

  const tryUntilDone: Transactions["run"] = async (work) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await tryOnce(work, attempt);
      } catch (error) {
        if (!isTransient(error) && !isDuplicateKey(error)) throw error;
        if (attempt === MAX_ATTEMPTS) throw contended(requests.hosts, error);
        await pause(clock, Math.min(attempt * STEP_PAUSE_MS, MAX_PAUSE_MS));
      }
    }
  };

  return {
    async run(work) {
      await begin();
      try {
        return await tryUntilDone(work);
      } finally {
        end();
      }
    },
    async stop() {
      await Promise.all(free.splice(0).map((session) => session.endSession()));
    },
  };
}

function contended(hosts: string, cause: unknown): OperationalError {
  const message = `A transaction was refused ${MAX_ATTEMPTS} times by the store at ${hosts}: ${(cause as Error).message}.`;
  return new OperationalError("store_unavailable", message, { retryable: true, cause });
}
