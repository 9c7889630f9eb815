/** The command `orderloom demo`: sends made-up orders, waits for their end and compares it with what it had to be. */
import { OperationalError } from "../actors/errors.ts";
import { createApiClient } from "./api-client.ts";
import type { RunSender, SentOrder } from "./generate.ts";
import { createProgress } from "./progress.ts";
import { describeRun, describeScoreboard, type RunFacts } from "./report.ts";
import { checkRun, type RunOptions } from "./run-options.ts";
import { createScoreboard, type Scoreboard } from "./scoreboard.ts";
import { sendRun } from "./send-run.ts";

/** Longer than the lease of a mail that a worker was sending when it was killed. */
const QUIET_MS = 150_000;

/** What a comparison of the service's stores found, in words and as a document. */
export interface StoresCompared {
  readonly unexplained: number;
  readonly text: string;
  readonly document: unknown;
}

export interface DemoOptions extends RunOptions {
  /** Prints one JSON document instead of tables. */
  readonly json: boolean;
  /** Counts it as a difference when the service has no dev inbox to find the mails in. */
  readonly requiresInbox?: boolean;
  /** Compares the stores of the service, where they can be reached. */
  readonly reconcile?: () => Promise<StoresCompared>;
}

/**
 * Sends through the public API unless `connect` opens another way in; what came of it is read from the API in any case.
 * @throws OperationalError `scoreboard_differs` when anything is not as expected, after it has been printed.
 */
export async function runDemo(
  options: DemoOptions,
  connect?: (options: DemoOptions) => RunSender | Promise<RunSender>,
): Promise<void> {
  const run = checkRun(options);
  const { url, seed, concurrency, quiet, json, requiresInbox = false, signal, deadlines, webhookSecret } = options;
  const client = createApiClient({
    url,
    connections: concurrency,
    webhookSecret,
    ...(signal === undefined ? {} : { signal }),
  });
  const sender = connect === undefined ? null : await connect(options);
  try {
    const sent: SentOrder[] = [];
    const summary = await sendRun(sender ?? client, { ...options, run }, (order) => sent.push(order));
    const facts = { seed, run, retries: (sender ?? client).retries(), summary };
    const progress = createStages(sent.length, quiet);
    const scoreboard = await createScoreboard({
      client,
      sent,
      concurrency,
      quietMs: QUIET_MS + (deadlines?.expiresAfterMs ?? 0),
      requiresInbox,
      // Interrupted while sending, the run is shorter but still compared; interrupted later, it waits no more.
      signal: signal?.aborted ? undefined : signal,
      onProgress: progress.update,
    }).finally(progress.stop);
    const stores = (await options.reconcile?.()) ?? null;
    const unexplained = scoreboard.unexplained + (stores?.unexplained ?? 0);
    if (sent.length === 0) throw nothingCompared();
    process.stdout.write(json ? toJson(facts, scoreboard, stores) : toText(facts, scoreboard, stores));
    if (unexplained > 0) throw differs(unexplained);
  } finally {
    await sender?.close();
    await client.close();
  }
}

function createStages(total: number, quiet: boolean) {
  const bars = {
    waiting: createProgress({ label: "orders done", quiet }),
    comparing: createProgress({ label: "orders compared", quiet }),
  };
  return {
    update(stage: keyof typeof bars, done: number): void {
      if (stage === "comparing") bars.waiting.stop();
      bars[stage].update(done, total);
    },
    stop(): void {
      bars.waiting.stop();
      bars.comparing.stop();
    },
  };
}

/** What the stores say comes before the scoreboard, whose last line is that of the whole. */
function toText(facts: RunFacts, scoreboard: Scoreboard, stores: StoresCompared | null): string {
  const unexplained = scoreboard.unexplained + (stores?.unexplained ?? 0);
  const parts = [
    describeRun(facts),
    stores === null ? NOT_RECONCILED : `The stores, compared with each other:\n\n${stores.text}`,
    describeScoreboard({ ...scoreboard, unexplained }),
  ];
  return `${parts.join("\n\n")}\n`;
}

function toJson(
  { seed, run, retries, summary }: RunFacts,
  scoreboard: Scoreboard,
  stores: StoresCompared | null,
): string {
  const unexplained = scoreboard.unexplained + (stores?.unexplained ?? 0);
  const reconciliation = stores?.document ?? null;
  const notReconciled = stores === null ? NOT_RECONCILED : null;
  const compared = { ...scoreboard, reconciliation, notReconciled, unexplained };
  return `${JSON.stringify({ seed, run, retries, ...summary, ...compared }, null, 2)}\n`;
}

/** Nobody should take the scoreboard for more than it is. */
const NOT_RECONCILED =
  "The stores were not compared with each other, because they are not named here: set DATA_DIR, or REDPANDA_BROKERS and " +
  "MONGODB_URL, as the service has them, or run 'orderloom reconcile' beside it.";

/** "0 unexplained" of nothing would read like a success. */
function nothingCompared(): OperationalError {
  const message = "No order was sent, so nothing could be compared.";
  return new OperationalError("scoreboard_differs", message, { retryable: false });
}

function differs(unexplained: number): OperationalError {
  const message = `${unexplained} observed outcomes differ from the expected ones; they are listed above.`;
  return new OperationalError("scoreboard_differs", message, { retryable: false });
}
