/** Slows those down who try keys: after some wrong ones of an address in a minute, all wrong ones get no other answer than to wait. */
import type { Clock } from "../../actors/ports.ts";

const WINDOW_MS = 60_000;
const MAX_FAILURES = 10;
/** More addresses at once are an attack; the oldest are forgotten. */
const MAX_ADDRESSES = 10_000;

export interface LoginLimit {
  /** How many seconds an address is told to wait; 0 when it need not. */
  waitS(address: string): number;
  failed(address: string): void;
}

export function createLoginLimit(clock: Pick<Clock, "nowMs">): LoginLimit {
  const failures = new Map<string, number>();
  let endsAtMs = 0;
  const turn = (): void => {
    const nowMs = clock.nowMs();
    // A clock that was set back must not make the window longer.
    if (nowMs < endsAtMs && nowMs >= endsAtMs - WINDOW_MS) return;
    failures.clear();
    endsAtMs = nowMs + WINDOW_MS;
  };
  return {
    waitS(address) {
      turn();
      const isOver = (failures.get(address) ?? 0) >= MAX_FAILURES;
      return isOver ? Math.max(1, Math.ceil((endsAtMs - clock.nowMs()) / 1_000)) : 0;
    },
    failed(address) {
      turn();
      const before = failures.get(address) ?? 0;
      failures.delete(address);
      failures.set(address, before + 1);
      const [oldest] = failures.keys();
      if (failures.size > MAX_ADDRESSES && oldest !== undefined) failures.delete(oldest);
    },
  };
}
