/**
 * Requests that go one after the other, each with all that has come since the one before. A request costs both sides far more
 * than what is in it, and most where cores are scarce; so after one that had company there is a rest, in which more comes
 * together. It lasts twice as long as the request took: where requests are slow the next one carries more, and where they are
 * fast the rest is hardly felt.
 */
import type { Clock } from "../actors/ports.ts";
import { pause } from "./waiting.ts";

const REST_FACTOR = 2;
const MAX_REST_MS = 25;
/** After a request with fewer in it there is little to wait for, and what comes would only be late. */
const COMPANY = 8;
/** With so many in one request, more of them gain little. */
const ENOUGH = 100;

/**
 * @param request sends what waits, and resolves to how many things that were, or to 0 when more of them wait already and need
 *   no rest; null when nothing waits. It never rejects, and is never called while an earlier request is under way.
 * @returns a function that begins with the turns; without effect while they are under way.
 */
export function createTurns(clock: Clock, request: () => Promise<number> | null): () => Promise<void> {
  let isRunning = false;
  return async () => {
    if (isRunning) return;
    isRunning = true;
    for (let sent = request(); sent !== null; sent = request()) {
      const startedAtMs = clock.nowMs();
      const count = await sent;
      const delayMs = restMs(clock.nowMs() - startedAtMs, count);
      if (delayMs > 0) await pause(clock, delayMs);
    }
    isRunning = false;
  };
}

function restMs(tookMs: number, count: number): number {
  if (count < COMPANY || count >= ENOUGH) return 0;
  return Math.min(MAX_REST_MS, Math.max(0, tookMs) * REST_FACTOR);
}
