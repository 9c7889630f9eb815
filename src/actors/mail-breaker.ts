/**
 * Keeps mails back while the mail server cannot be reached. After some failures in a row no mail is attempted for a
 * while, then one, to see; once that one was answered, the number under way grows with each answer until all may go. What
 * is kept back is no attempt: it stays queued, and neither its history nor its next try changes.
 */
import type { Clock, Random } from "./ports.ts";
import { backoffMs } from "./retry.ts";

/** `closed`: mails flow. `open`: none is attempted. `probing`: one is. `recovering`: few are, and more with each answer. */
export const BREAKER_STATES = ["closed", "open", "probing", "recovering"] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

export interface MailBreaker {
  state(): BreakerState;
  /** How many mails may be at the mail server at once now. */
  window(): number;
  /** The mail server answered to a mail, whatever it said. */
  answered(): void;
  /** It could not be talked to, or broke off. */
  failed(): void;
}

const FAILURES_IN_A_ROW = 5;
/** How long it stays open: longer each time, and not so long that a server that is back waits for its mails. */
const PAUSE = { baseMs: 5_000, maxMs: 60_000 };

/** @param concurrency how many mails may be under way while all is well. */
export function createMailBreaker(deps: {
  readonly clock: Clock;
  readonly random: Random;
  readonly concurrency: number;
}): MailBreaker {
  const { clock, random, concurrency } = deps;
  let current: "closed" | "open" | "recovering" = "closed";
  let failuresInARow = 0;
  /** How often it opened since mails flowed. */
  let openings = 0;
  let probeAtMs = 0;
  let window = concurrency;

  const open = (): void => {
    openings += 1;
    current = "open";
    probeAtMs = clock.nowMs() + backoffMs(PAUSE, openings, random);
  };
  const state = (): BreakerState => {
    if (current !== "open") return current;
    // A clock that was set back must not keep it open for longer than it ever is.
    const leftMs = probeAtMs - clock.nowMs();
    return leftMs <= 0 || leftMs > PAUSE.maxMs ? "probing" : "open";
  };

  return {
    state,
    window() {
      if (current === "closed") return concurrency;
      if (current === "recovering") return window;
      return state() === "probing" ? 1 : 0;
    },
    answered() {
      failuresInARow = 0;
      if (current === "closed") return;
      // An answer to a mail that was under way when it opened is no worse a sign than a probe's.
      window = current === "open" ? 2 : window + 1;
      current = window < concurrency ? "recovering" : "closed";
      if (current === "closed") openings = 0;
    },
    failed() {
      failuresInARow += 1;
      const isTooMuch = current === "closed" ? failuresInARow >= FAILURES_IN_A_ROW : true;
      // Mails that were under way when it opened fail one after the other, and say nothing new.
      if (isTooMuch && state() !== "open") open();
    },
  };
}
