/**
 * The body of a database thread. All calls that have come in by the time it is free share one
 * transaction: for the writer one fsync, for the reader one snapshot. Each is answered after the commit.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { OperationalError } from "../../actors/errors.ts";
import { type OpenDatabase, type Operation, openForReading, openForWriting } from "./open-database.ts";
import { READ_OPERATIONS, WRITE_OPERATIONS } from "./operations.ts";
import { checkSchema, prepareSchema } from "./schema.ts";
import { isOperational, isRetryable } from "./sqlite-errors.ts";
import type { Call, Failure, ThreadAnswer, ThreadMode, ThreadOptions, ThreadRequest } from "./thread-protocol.ts";

/** A transaction takes no further calls above this, so that the first of them are not kept waiting. */
const CALLS_PER_TRANSACTION = 2_000;

interface Mode {
  readonly begin: string;
  readonly operations: Readonly<Record<string, Operation<never, unknown>>>;
}

const MODES: Readonly<Record<ThreadMode, Mode>> = {
  write: { begin: "BEGIN IMMEDIATE", operations: WRITE_OPERATIONS },
  read: { begin: "BEGIN", operations: READ_OPERATIONS },
};

if (parentPort !== null) serve(parentPort, workerData as ThreadOptions);

function serve(port: MessagePort, options: ThreadOptions): void {
  const answer = (message: ThreadAnswer) => port.postMessage(message);
  let database: OpenDatabase | undefined;
  port.on("message", (first: ThreadRequest) => {
    if (first === "open") {
      const opened = open(options);
      if ("sqlite" in opened) database = opened;
      answer("sqlite" in opened ? { type: "opened" } : { type: "notOpened", failure: opened });
      return;
    }
    const last = database === undefined ? first : serveCalls(port, database, MODES[options.mode], first, answer);
    if (last === "close") {
      database?.sqlite.close();
      port.close();
    }
  });
}

/** Runs calls for as long as some have come in; returns what ended them: the request to close, or nothing. */
function serveCalls(
  port: MessagePort,
  database: OpenDatabase,
  mode: Mode,
  first: ThreadRequest,
  answer: (message: ThreadAnswer) => void,
): ThreadRequest | undefined {
  let next: ThreadRequest | undefined = first;
  while (isCalls(next)) {
    const calls: Call[] = [...next];
    next = receive(port);
    while (isCalls(next) && calls.length < CALLS_PER_TRANSACTION) {
      calls.push(...next);
      next = receive(port);
    }
    answer(transact(database, mode, calls));
  }
  return next;
}

function isCalls(request: ThreadRequest | undefined): request is readonly Call[] {
  return typeof request === "object";
}

function open({ mode, file, shards }: ThreadOptions): OpenDatabase | Failure {
  try {
    if (mode === "read") {
      const database = openForReading(file);
      checkSchema(database, shards);
      return database;
    }
    const database = openForWriting(file);
    prepareSchema(database, shards);
    return database;
  } catch (error) {
    const failure = failureOf(error);
    return failure.code === "unavailable"
      ? { ...failure, message: `${file} cannot be opened: ${failure.message}` }
      : failure;
  }
}

function receive(port: MessagePort): ThreadRequest | undefined {
  return receiveMessageOnPort(port)?.message as ThreadRequest | undefined;
}

/**
 * Runs calls in one transaction. Hardly ever does one throw, so at first none pays for a savepoint; when one
 * does, the transaction is done again with a savepoint around each, and only the one that throws leaves nothing.
 */
function transact(database: OpenDatabase, { operations, begin }: Mode, calls: readonly Call[]): ThreadAnswer {
  const attempt = (run: (call: Call) => unknown): ThreadAnswer => {
    const results: unknown[] = [];
    const failures: [number, Failure][] = [];
    database.statement(begin).run();
    for (const call of calls) {
      try {
        results.push(run(call));
      } catch (error) {
        if (run === runCall || isOperational(error)) throw error;
        failures.push([results.length, failureOf(error)]);
        results.push(null);
      }
    }
    database.statement("COMMIT").run();
    return { type: "done", results, failures };
  };
  const runCall = ([name, args]: Call): unknown => {
    const operation = operations[name];
    if (operation === undefined) throw new Error(`there is no operation ${name}`);
    return operation(database, args as never);
  };
  try {
    try {
      return attempt(runCall);
    } catch (error) {
      rollBack(database);
      if (isOperational(error)) throw error;
      return attempt((call) => inSavepoint(database, () => runCall(call)));
    }
  } catch (error) {
    rollBack(database);
    return { type: "failed", calls: calls.length, failure: failureOf(error) };
  }
}

function rollBack(database: OpenDatabase): void {
  database.nextOffsets.clear();
  if (database.sqlite.isTransaction) database.sqlite.exec("ROLLBACK");
}

/** Runs a call so that it leaves nothing behind when it throws. */
function inSavepoint(database: OpenDatabase, call: () => unknown): unknown {
  database.sqlite.exec("SAVEPOINT call");
  try {
    return call();
  } catch (error) {
    database.nextOffsets.clear();
    if (database.sqlite.isTransaction) database.sqlite.exec("ROLLBACK TO call");
    throw error;
  } finally {
    if (database.sqlite.isTransaction) database.sqlite.exec("RELEASE call");
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof OperationalError)
    return { code: error.code, message: error.message, retryable: error.retryable };
  const message = error instanceof Error ? error.message : String(error);
  if (isOperational(error)) return { code: "unavailable", message, retryable: isRetryable(error) };
  return { code: null, message: error instanceof Error ? (error.stack ?? message) : message, retryable: false };
}
