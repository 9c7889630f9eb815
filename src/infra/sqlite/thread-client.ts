/**
 * The main thread's end of a database thread: collects the calls of one turn of the event loop into one
 * message, keeps what waits for an answer within a limit, and rejects it all when the thread dies.
 */
import { Worker } from "node:worker_threads";
import { OperationalError } from "../../actors/errors.ts";
import type { OpenDatabase } from "./open-database.ts";
import type { Call, Failure, ThreadAnswer, ThreadOptions, ThreadRequest } from "./thread-protocol.ts";

/** The arguments of its operations differ, and `never` lets each have its own. */
type Registry = Readonly<Record<string, (database: OpenDatabase, args: never) => unknown>>;

export interface ThreadClient<Operations extends Registry> {
  /**
   * Opens the file.
   * @throws OperationalError why it could not be opened.
   */
  open(): Promise<void>;
  /** Runs an operation in the thread; resolves after its transaction is committed. */
  run<Name extends keyof Operations & string>(
    name: Name,
    args: Parameters<Operations[Name]>[1],
  ): Promise<ReturnType<Operations[Name]>>;
  /** How many calls wait for an answer. */
  pending(): number;
  /** How many transactions the thread has answered. */
  transactions(): number;
  /** Lets everything that was asked finish, closes the file and ends the thread. Idempotent. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly name: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Starts a database thread. It may be asked for something once `open` has resolved. */
export function startThread<Operations extends Registry>(
  options: ThreadOptions,
  limits: { readonly maxPending: number; onCrash(error: Error): void },
): ThreadClient<Operations> {
  const worker = new Worker(new URL("./database-thread.ts", import.meta.url), { workerData: options });
  const opening = Promise.withResolvers<void>();
  // When the other thread fails to open, nobody asks this one.
  opening.promise.catch(() => {});
  const exited = Promise.withResolvers<void>();
  const waiting: Waiting[] = [];
  let outbox: Call[] = [];
  let transactions = 0;
  let state: "starting" | "running" | "stopping" | "dead" = "starting";
  let stopped: Promise<void> | null = null;

  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is not a window.
  const send = (request: ThreadRequest) => worker.postMessage(request);
  const flush = () => {
    const calls = outbox;
    outbox = [];
    if (state !== "dead" && calls.length > 0) send(calls);
  };
  const end = (error: Error) => {
    const before = state;
    state = "dead";
    exited.resolve();
    opening.reject(error);
    const lostCalls = waiting.splice(0);
    for (const { name, reject } of lostCalls) reject(lost(options.mode, name, error));
    if (before === "running" || lostCalls.length > 0) limits.onCrash(error);
  };
  worker.on("message", (answer: ThreadAnswer) => {
    if (answer.type === "opened") {
      state = "running";
      opening.resolve();
    } else if (answer.type === "notOpened") {
      opening.reject(errorOf(answer.failure, "events."));
    } else {
      transactions += 1;
      settle(answer, waiting);
    }
  });
  worker.on("error", end);
  worker.on("exit", (code) => end(new Error(`the ${options.mode} thread of the database ended with code ${code}`)));

  return {
    open() {
      send("open");
      return opening.promise;
    },
    run(name, args) {
      if (state !== "running") return Promise.reject(refusal(state === "stopping" ? "stopping" : unavailable(name)));
      if (waiting.length >= limits.maxPending) return Promise.reject(refusal("overloaded"));
      return new Promise((resolve, reject) => {
        if (outbox.length === 0) setImmediate(flush);
        outbox.push([name, args]);
        waiting.push({ name, resolve, reject });
      });
    },
    pending: () => waiting.length,
    transactions: () => transactions,
    stop() {
      stopped ??= (async () => {
        if (state === "dead") return;
        state = "stopping";
        flush();
        send("close");
        await exited.promise;
      })();
      return stopped;
    },
  };
}

function settle(answer: ThreadAnswer, waiting: Waiting[]): void {
  if (answer.type === "failed") {
    for (const call of waiting.splice(0, answer.calls)) call.reject(errorOf(answer.failure, call.name));
  } else if (answer.type === "done") {
    const calls = waiting.splice(0, answer.results.length);
    for (const [index, failure] of answer.failures) {
      const call = calls[index] as Waiting;
      call.reject(errorOf(failure, call.name));
    }
    for (let i = 0; i < calls.length; i++) calls[i]?.resolve(answer.results[i]);
  }
}

/** A bug in the thread stays a bug here: a plain error, with the place where it happened. */
function errorOf({ code, message, retryable }: Failure, name: string): Error {
  if (code === null) return new Error(`database operation ${name} failed: ${message}`);
  return new OperationalError(code === "unavailable" ? unavailable(name) : code, message, { retryable });
}

function unavailable(name: string): "log_unavailable" | "store_unavailable" {
  return name.startsWith("log.") ? "log_unavailable" : "store_unavailable";
}

function lost(mode: ThreadOptions["mode"], name: string, cause: Error): OperationalError {
  const code = mode === "write" ? "outcome_unknown" : unavailable(name);
  return new OperationalError(code, "the database thread ended before it answered", { retryable: true, cause });
}

function refusal(code: "log_unavailable" | "store_unavailable" | "stopping" | "overloaded"): OperationalError {
  const message = {
    log_unavailable: "the database thread has ended",
    store_unavailable: "the database thread has ended",
    stopping: "the database is being closed",
    overloaded: "too many database operations wait for an answer",
  }[code];
  return new OperationalError(code, message, { retryable: code !== "stopping" });
}
