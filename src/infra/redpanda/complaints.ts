/**
 * What kafkajs logs as an error. Nearly all of it reaches a caller as a rejection as well and is left out; the rest is
 * passed on, the same sentence once in a while, because kafkajs repeats itself several times a second.
 */
import { LRUCache } from "lru-cache";
import { OperationalError } from "../../actors/errors.ts";
import type { Clock } from "../../actors/ports.ts";

const PAUSE_MS = 10_000;
const MAX_REMEMBERED = 100;
const UNHEARD = /^(?:Connection error|Connection timeout|Crash)/;

export function createComplaints(deps: {
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}): (message: string) => void {
  const saidMs = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  return (message) => {
    const nowMs = deps.clock.nowMs();
    if (!UNHEARD.test(message) || nowMs - (saidMs.get(message) ?? Number.NEGATIVE_INFINITY) < PAUSE_MS) return;
    saidMs.set(message, nowMs);
    const sentence = `The message log: ${message}. It is tried again; look at the brokers if it stays.`;
    deps.onError(new OperationalError("log_unavailable", sentence, { retryable: true }));
  };
}
