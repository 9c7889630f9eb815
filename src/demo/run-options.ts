/** What both commands that send orders are told, and the checks that a command line cannot make by itself. */
import { randomBytes } from "node:crypto";
import { OperationalError } from "../actors/errors.ts";
import type { Mix } from "./mix.ts";

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
  /** Aborted: the run ends with the orders that it has begun. */
  readonly signal?: AbortSignal;
}

const MAX_CONCURRENCY = 1_000;
const RUN_NAME = /^[a-z0-9]{1,16}$/;

/**
 * Returns the name of the run.
 * @throws OperationalError `invalid_configuration` when an option cannot be used.
 */
export function checkRun({ limit, concurrency, run = randomBytes(4).toString("hex") }: RunOptions): string {
  if (limit < 1) throw unusable(`--limit ${limit} cannot be used: it must be at least 1.`);
  if (concurrency < 1 || concurrency > MAX_CONCURRENCY) {
    throw unusable(`--concurrency ${concurrency} cannot be used: it must be from 1 to ${MAX_CONCURRENCY}.`);
  }
  if (!RUN_NAME.test(run))
    throw unusable(`--run ${run} cannot be used: it must be 1 to 16 lower-case letters or digits.`);
  return run;
}

function unusable(message: string): OperationalError {
  return new OperationalError("invalid_configuration", message, { retryable: false });
}
