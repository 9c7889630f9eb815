/** The dev inbox's thread: SMTP server and store together, so that neither mails nor fsyncs ever hold up the orders. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { assertNever } from "../../domain/assert-never.ts";
import { listMails, readMail } from "./inbox-mails.ts";
import type { InboxCall, InboxCalls, InboxReply, InboxRequest, InboxWorkerData } from "./inbox-protocol.ts";
import { createInboxSmtp, type InboxSmtp } from "./inbox-smtp.ts";
import { type InboxStore, openInboxStore } from "./inbox-store.ts";

const { path, host, port, capacity } = workerData as InboxWorkerData;
const main = parentPort as MessagePort;

function say(reply: InboxReply): void {
  main.postMessage(reply);
}

function unstartable(step: "open" | "listen", error: unknown): void {
  const { code = "", message } = error as NodeJS.ErrnoException;
  say({ type: "unstartable", step, code, message });
}

async function answerTo(
  request: InboxRequest,
  store: InboxStore,
  smtp: InboxSmtp,
): Promise<InboxCalls[InboxCall]["answer"]> {
  const { call, ask } = request;
  switch (call) {
    case "list":
      return listMails(store, ask as InboxCalls["list"]["ask"]);
    case "get":
      return await readMail(store, (ask as InboxCalls["get"]["ask"]).id);
    case "count":
      return store.count();
    case "stop":
      await smtp.close();
      store.close();
      return null;
    default:
      return assertNever(call);
  }
}

async function serve(store: InboxStore): Promise<void> {
  const smtp = createInboxSmtp((mails) => store.add(mails));
  try {
    say({ type: "listening", port: await smtp.listen(port, host) });
  } catch (error) {
    store.close();
    unstartable("listen", error);
    return;
  }
  const answer = async (request: InboxRequest): Promise<void> => {
    try {
      say({ type: "answer", id: request.id, answer: await answerTo(request, store, smtp) });
    } catch (error) {
      say({ type: "failed", id: request.id, message: (error as Error).message });
    }
    if (request.call === "stop") main.close();
  };
  main.on("message", (request: InboxRequest) => void answer(request));
}

let store: InboxStore | null = null;
try {
  store = openInboxStore(path, capacity);
} catch (error) {
  unstartable("open", error);
}
if (store !== null) await serve(store);
