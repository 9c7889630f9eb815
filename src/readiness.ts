/** Whether this process can take work, part by part: the log, the store, the workers, and how the mail server does. */
import { OperationalError } from "./actors/errors.ts";
import type { BreakerState } from "./actors/mail-breaker.ts";
import type { Pipeline } from "./actors/pipeline.ts";
import type { Stores } from "./stores.ts";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

const BREAKER_TEXTS: Readonly<Record<BreakerState, string>> = {
  closed: "mails are sent",
  open: "it could not be reached, so mails wait",
  probing: "it could not be reached, and is tried with the next mail",
  recovering: "it is back, and gets more mails step by step",
};

/** Asks each part. */
export async function readiness(stores: Stores, pipeline: Pipeline): Promise<Check[]> {
  const [log, store] = await Promise.all([
    probe("log", () => stores.probeLog()),
    probe("store", () => stores.probeStore()),
  ]);
  return [
    ...mailServerCheck(pipeline),
    log,
    store,
    pipeline.isWorking()
      ? { name: "workers", ok: true }
      : { name: "workers", ok: false, detail: "the inbox is not consumed" },
  ];
}

async function probe(name: string, ask: () => Promise<unknown>): Promise<Check> {
  try {
    await ask();
    return { name, ok: true };
  } catch (error) {
    return { name, ok: false, detail: error instanceof OperationalError ? error.message : "does not answer" };
  }
}

/** Only information: while the mail server is away, orders go on, and so must this process. */
function mailServerCheck(pipeline: Pipeline): Check[] {
  const state = pipeline.mailBreaker();
  return state === null ? [] : [{ name: "mail server", ok: true, detail: BREAKER_TEXTS[state] }];
}
