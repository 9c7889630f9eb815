/** What both commands that send orders are told, and the checks that a command line cannot make by itself. */
import { randomBytes } from "node:crypto";
import { OperationalError } from "../actors/errors.ts";
import { type Mix, type OrderKind, unplayableKinds } from "./mix.ts";

export interface RunOptions {
  /** Where the service is. */
  readonly url: string;
  /** How many orders. */
  readonly limit: number;
  readonly seed: number;
  readonly mix: Mix;
  /** Orders per second; 0 for as fast as they are answered. */
  readonly rate: number;
  /** Sends the orders of this much time together; 0 spreads them evenly. */
  readonly everyMs: number;
  /** Orders under way at the same time. */
  readonly concurrency: number;
  /** Names the run: the same seed and run repeat the same orders. A new name when it is left out. */
  readonly run?: string | undefined;
  readonly quiet: boolean;
  /** How the service ends what is unpaid; only where that is soon enough to wait for. */
  readonly deadlines?: Deadlines | undefined;
  /** What the service takes webhooks with. */
  readonly webhookSecret?: Uint8Array | undefined;
  /** Aborted: the run ends with the orders that it has begun. */
  readonly signal?: AbortSignal;
}

export interface Deadlines {
  readonly paymentWindowMs: number;
  /** How long after its submission an unpaid order expires. */
  readonly expiresAfterMs: number;
}

const MAX_CONCURRENCY = 1_000;
/** Times that lie further ahead are not believed, and nobody waits longer for a demo. */
const MAX_WAIT_S = 240;
const RUN_NAME = /^[a-z0-9]{1,16}$/;

/**
 * Returns the name of the run.
 * @throws OperationalError `invalid_configuration` when an option cannot be used.
 */
export function checkRun(options: RunOptions): string {
  const { limit, concurrency, run = randomBytes(4).toString("hex"), mix, deadlines, webhookSecret } = options;
  const playable = { deadlines: deadlines !== undefined, webhooks: webhookSecret !== undefined };
  const unplayable = unplayableKinds(mix, playable);
  if (unplayable.length > 0) {
    const needs = unplayable.map((kind) => NEEDS[kind]).join(" ");
    throw unusable(`Orders of the kind ${unplayable.join(" and ")} cannot be sent here. ${needs}`);
  }
  if (limit < 1) throw unusable(`--limit ${limit} cannot be used: it must be at least 1.`);
  if (concurrency < 1 || concurrency > MAX_CONCURRENCY) {
    throw unusable(`--concurrency ${concurrency} cannot be used: it must be from 1 to ${MAX_CONCURRENCY}.`);
  }
  if (!RUN_NAME.test(run))
    throw unusable(`--run ${run} cannot be used: it must be 1 to 16 lower-case letters or digits.`);
  return run;
}

/** What those kinds need that not every service has. */
const NEEDS: Readonly<Partial<Record<OrderKind, string>>> = {
  "late-payment": `PAYMENT_WINDOW_S and WATERMARK_S, here as at the service, must be at most ${MAX_WAIT_S} s together.`,
  webhook: "PAYMENT_WEBHOOK_SECRETS must be set here as at the service.",
};

/** The deadlines of a service with these settings; undefined where they are too far away to wait for. */
export function deadlinesOf(settings: { PAYMENT_WINDOW_S: number; WATERMARK_S: number }): Deadlines | undefined {
  const { PAYMENT_WINDOW_S: windowS, WATERMARK_S: watermarkS } = settings;
  if (windowS + watermarkS > MAX_WAIT_S) return undefined;
  return { paymentWindowMs: windowS * 1_000, expiresAfterMs: (windowS + watermarkS) * 1_000 };
}

function unusable(message: string): OperationalError {
  return new OperationalError("invalid_configuration", message, { retryable: false });
}
