/**
 * The built-in mail server for machines that have none: it delivers nothing, keeps what it is sent, and shows it.
 * A mail that it answered with 250 is on disk. It runs in a thread of its own.
 */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { OperationalError } from "../../actors/errors.ts";
import type { InboxReader } from "../../actors/inbox-reader.ts";
import type { InboxCall, InboxCalls, InboxReply, InboxRequest, InboxWorkerData } from "./inbox-protocol.ts";

/** Older mails make room for newer ones. A confirmation takes about 25 KB on disk. */
const NEWEST_KEPT = 50_000;

export interface DevInboxOptions {
  readonly dataDir: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly capacity?: number;
  /** The inbox's thread ended by itself: a bug, and no mail can be sent any more. */
  readonly onCrash: (error: Error) => void;
}

export interface DevInbox extends InboxReader {
  /** The SMTP port it listens on. */
  readonly port: number;
  /** Lets sessions end, then closes the port and the file. Idempotent. */
  stop(): Promise<void>;
}

/** Starts the inbox. Throws OperationalError `port_taken` or `data_folder_unwritable`. */
export async function createDevInbox(options: DevInboxOptions): Promise<DevInbox> {
  const { dataDir, host, port, capacity = NEWEST_KEPT, onCrash } = options;
  const workerData: InboxWorkerData = { path: join(dataDir, "inbox.db"), host, port, capacity };
  const worker = new Worker(new URL("./inbox-worker.ts", import.meta.url), { workerData, name: "dev-inbox" });
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  const started = Promise.withResolvers<number>();
  const ended = Promise.withResolvers<void>();
  let lastId = 0;
  let state: "starting" | "running" | "stopping" | "over" = "starting";
  let crash: Error | null = null;
  let stopped: Promise<void> | null = null;

  worker.on("message", (reply: InboxReply) => {
    if (reply.type === "listening") return started.resolve(reply.port);
    if (reply.type === "unstartable") return started.reject(startFailure(options, reply));
    const call = pending.get(reply.id);
    pending.delete(reply.id);
    if (reply.type === "answer") call?.resolve(reply.answer);
    else call?.reject(unavailable(reply.message));
  });
  worker.on("error", (error: Error) => {
    crash = error;
  });
  worker.on("exit", () => {
    const error = crash ?? new Error("the dev inbox's thread ended");
    const wasRunning = state === "running";
    state = "over";
    started.reject(error);
    for (const call of pending.values()) call.reject(unavailable(error.message));
    ended.resolve();
    if (wasRunning) onCrash(error);
  });

  const call = async <Call extends InboxCall>(name: Call, ask: InboxCalls[Call]["ask"]) => {
    if (state !== "running") throw unavailable("it is stopped");
    lastId += 1;
    const request: InboxRequest<Call> = { id: lastId, call: name, ask };
    const answer = Promise.withResolvers<unknown>();
    pending.set(lastId, answer);
    worker.postMessage(request);
    return (await answer.promise) as InboxCalls[Call]["answer"];
  };

  const stop = async (): Promise<void> => {
    if (state === "running") {
      const stopping = call("stop", {});
      state = "stopping";
      await stopping;
    }
    await ended.promise;
  };

  const actualPort = await started.promise;
  state = "running";
  return {
    port: actualPort,
    list: (query) => call("list", query),
    get: (id) => call("get", { id }),
    count: () => call("count", {}),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function unavailable(reason: string): OperationalError {
  return new OperationalError("store_unavailable", `The dev inbox did not answer: ${reason}.`, { retryable: true });
}

function startFailure(
  { dataDir, host, port }: DevInboxOptions,
  { step, code, message }: Extract<InboxReply, { type: "unstartable" }>,
): OperationalError {
  if (step === "open") {
    const sentence = `The dev inbox cannot keep its mails in ${dataDir}: ${message}.`;
    return new OperationalError("data_folder_unwritable", sentence, { retryable: false });
  }
  if (code === "EADDRINUSE") {
    const sentence = `Port ${port} on ${host}, for the dev inbox, is taken by another program: set DEV_INBOX_PORT to another port.`;
    return new OperationalError("port_taken", sentence, { retryable: false });
  }
  const sentence = `The dev inbox cannot listen on port ${port} of ${host} (${message}): set DEV_INBOX_PORT to another port.`;
  return new OperationalError("invalid_configuration", sentence, { retryable: false });
}
