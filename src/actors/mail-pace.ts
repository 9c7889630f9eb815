/**
 * Lets at most so many mails leave in a second, evenly: what was saved up in idle time is a tenth of a second's worth.
 * Mail providers limit what they take, and a queue that an outage has filled must not come down on a server all at once.
 */
import type { Clock } from "./ports.ts";

export interface MailPace {
  /** How many mails may leave now. */
  free(): number;
  /** The most that may ever leave at once. */
  readonly burst: number;
  /** Counts mails that leave. */
  take(mails: number): void;
  /** Takes back what was counted and did not leave. */
  giveBack(mails: number): void;
}

const UNLIMITED: MailPace = {
  free: () => Number.POSITIVE_INFINITY,
  burst: Number.POSITIVE_INFINITY,
  take() {},
  giveBack() {},
};

/** @param ratePerS mails per second; 0 for as many as there are. */
export function createMailPace({ clock, ratePerS }: { readonly clock: Clock; readonly ratePerS: number }): MailPace {
  if (ratePerS === 0) return UNLIMITED;
  const burst = Math.max(1, Math.floor(ratePerS / 10));
  let saved = burst;
  let countedMs = clock.nowMs();

  const refill = (): void => {
    const nowMs = clock.nowMs();
    // A clock that was set back gives nothing, and takes nothing away.
    saved = Math.min(burst, saved + (Math.max(0, nowMs - countedMs) * ratePerS) / 1_000);
    countedMs = nowMs;
  };

  return {
    burst,
    free() {
      refill();
      return Math.floor(saved);
    },
    take(mails) {
      refill();
      saved -= mails;
    },
    giveBack(mails) {
      saved = Math.min(burst, saved + mails);
    },
  };
}
