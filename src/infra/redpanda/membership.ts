/**
 * Whether this process may still believe that it is a member of the group. The group gives its shards away when it has
 * not heard from it for the session timeout, and cannot tell it so; a process that was stopped for a minute must know
 * by itself. A heartbeat proves membership from when it was sent, not from when its answer was read: the answer may
 * have waited in a buffer all the time that the process stood still.
 */
import type { Clock } from "../../actors/ports.ts";

export interface Membership {
  /** A heartbeat or a join, sent at this time, was accepted. */
  prove(sentMs: number): void;
  isHeld(): boolean;
}

export function createMembership(deps: { readonly clock: Clock; readonly sessionTimeoutMs: number }): Membership {
  let provenMs = Number.NEGATIVE_INFINITY;
  return {
    prove(sentMs) {
      provenMs = Math.max(provenMs, sentMs);
    },
    isHeld: () => deps.clock.nowMs() - provenMs < deps.sessionTimeoutMs,
  };
}
