/**
 * One life of a process, from its start to its crash. Everything that reaches it, a reply or a timer, comes through
 * `deliver`: a dead process gets nothing any more, and a stalled one gets it later, all at once.
 */
import type { Timeline } from "./kernel.ts";

export interface Life {
  readonly name: string;
  isAlive(): boolean;
  isStalled(): boolean;
  deliver(callback: () => void): void;
  /** Everything that would go on here is abandoned. */
  end(): void;
  /** Nothing goes on here until `resume`. */
  stall(): void;
  resume(): void;
}

export function createLife(name: string, kernel: Pick<Timeline, "after">): Life {
  let alive = true;
  let stalled = false;
  let waiting: (() => void)[] = [];
  const deliver = (callback: () => void): void => {
    if (!alive) return;
    if (stalled) waiting.push(callback);
    else callback();
  };
  return {
    name,
    isAlive: () => alive,
    isStalled: () => stalled,
    deliver,
    end() {
      alive = false;
      waiting = [];
    },
    stall() {
      stalled = true;
    },
    resume() {
      stalled = false;
      const callbacks = waiting;
      waiting = [];
      for (const callback of callbacks) kernel.after(0, () => deliver(callback));
    },
  };
}
