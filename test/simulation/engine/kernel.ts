/**
 * Time and order of a simulated world. Everything that happens is a callback in one heap, ordered by virtual time and
 * then by chance; after each one all promises settle before the next. Nothing reads a real clock, so a seed repeats
 * exactly. While nothing lasting happens, time leaps: whoever only polls is then simply late.
 */
import { mix, textHash } from "./chance.ts";
import { createHeap } from "./heap.ts";
import { settlePromises } from "./settle-promises.ts";

/** So long after the last lasting change everybody has looked for work at least once. */
const SETTLE_MS = 1_400;
/** So long after a leap everybody has looked again: who waited for a time is late, and looks at once. */
const SETTLE_AFTER_LEAP_MS = 500;
const FIRST_LEAP_MS = 10_000;
const LEAP_GROWTH = 8;
/** Two between two looks are less than what a process takes for a clock that was set. */
const LONGEST_LEAP_MS = 420_000;
/** Now and then the runtime may report rejections that nobody handled. */
const STEPS_PER_BREATH = 2_000;

/** What the parts of a world need of it. */
export interface Timeline {
  /** The true time in milliseconds since 1970. */
  nowMs(): number;
  /** Runs `callback` after `delayMs`; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
  /** Notes that something lasting happened, in words for the trace. */
  changed(what: string): void;
}

export interface Kernel extends Timeline {
  /** Runs `callback` at a time that no leap passes. */
  plan(atMs: number, callback: () => void): void;
  /** Runs until nothing lasting has happened for `idleMs` and nothing is planned any more. */
  runUntilIdle(idleMs: number): Promise<void>;
  /** Runs everything up to a time, without leaps. */
  runUntil(untilMs: number): Promise<void>;
  /** Makes the run end after the callback in progress. */
  halt(): void;
  /** A fingerprint of all that happened so far. */
  traceHash(): string;
  /** What happened, one line for each lasting change; empty unless it is kept. */
  trace(): readonly string[];
  steps(): number;
}

interface Entry {
  readonly atMs: number;
  readonly tie: number;
  readonly planned: boolean;
  callback: (() => void) | null;
}

/** @param maxSteps a world that needs more callbacks never comes to rest. */
export function createKernel(deps: {
  readonly startMs: number;
  readonly seed: number;
  readonly keepTrace: boolean;
  readonly maxSteps: number;
  readonly onRestless: () => void;
  /** Told before each leap: nothing lasting has happened for a while. */
  readonly onQuiet: () => void;
}): Kernel {
  const { startMs, seed, keepTrace, maxSteps, onRestless, onQuiet } = deps;
  const isBefore = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.tie < b.tie);
  const heap = createHeap<Entry>(isBefore);
  const plans = createHeap<Entry>(isBefore);
  const lines: string[] = [];
  let nowMs = startMs;
  let lastChangeMs = startMs;
  let lastLeapMs = startMs;
  let leapMs = FIRST_LEAP_MS;
  let steps = 0;
  let asked = 0;
  let hash = 0;
  let halted = false;

  /** Which of two callbacks of one time comes first; it depends on when each was asked for. */
  const tieOf = (atMs: number): number => {
    asked += 1;
    return mix((seed ^ mix(atMs >>> 0) ^ mix((nowMs + asked) >>> 0)) >>> 0);
  };
  const push = (entry: Entry): Entry => {
    (entry.planned ? plans : heap).push(entry);
    return entry;
  };

  const leap = (): void => {
    if (nowMs - lastChangeMs < SETTLE_MS || nowMs - lastLeapMs < SETTLE_AFTER_LEAP_MS) return;
    const target = Math.min(nowMs + leapMs, plans.first()?.atMs ?? Number.POSITIVE_INFINITY);
    if (target <= nowMs) return;
    onQuiet();
    nowMs = target;
    lastLeapMs = target;
    leapMs = Math.min(leapMs * LEAP_GROWTH, LONGEST_LEAP_MS);
  };

  /** The next callback, of those up to `untilMs`; null when there is none. */
  const next = (untilMs: number): (() => void) | null => {
    for (;;) {
      const [plan, other] = [plans.first(), heap.first()];
      const from = plan !== undefined && (other === undefined || isBefore(plan, other)) ? plans : heap;
      const entry = from.first();
      if (entry === undefined || entry.atMs > untilMs) return null;
      from.pop();
      if (entry.callback === null) continue;
      nowMs = Math.max(nowMs, entry.atMs);
      hash = Math.imul(hash ^ entry.atMs, 0x01000193) ^ entry.tie;
      return entry.callback;
    }
  };

  const isOver = (): boolean => {
    if (steps >= maxSteps) onRestless();
    return halted || steps >= maxSteps;
  };

  /** Calls `step` again and again, with all promises settled in between, until it says that it is over. */
  const loop = (step: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const turn = (): void => {
        while (!isOver() && !step()) {
          steps += 1;
          if (steps % STEPS_PER_BREATH === 0) {
            setImmediate(turn);
            return;
          }
          settlePromises();
        }
        setImmediate(resolve);
      };
      setImmediate(turn);
    });

  const run = (untilMs: number): boolean => {
    const callback = next(untilMs);
    asked = 0;
    callback?.();
    return callback === null;
  };

  return {
    nowMs: () => nowMs,
    after(delayMs, callback) {
      const atMs = nowMs + Math.max(0, delayMs);
      const entry = push({ atMs, tie: tieOf(atMs), planned: false, callback });
      return () => {
        entry.callback = null;
      };
    },
    plan: (atMs, callback) => void push({ atMs, tie: tieOf(atMs), planned: true, callback }),
    changed(what) {
      lastChangeMs = nowMs;
      leapMs = FIRST_LEAP_MS;
      hash = textHash(what, hash);
      if (keepTrace) lines.push(`${String(nowMs - startMs).padStart(9)} ms  ${what}`);
    },
    runUntilIdle: (idleMs) =>
      loop(() => {
        if (plans.first() === undefined && nowMs - lastChangeMs >= idleMs) return true;
        leap();
        return run(Number.POSITIVE_INFINITY);
      }),
    async runUntil(untilMs) {
      await loop(() => run(untilMs));
      nowMs = Math.max(nowMs, untilMs);
    },
    halt() {
      halted = true;
    },
    traceHash: () => (hash >>> 0).toString(16).padStart(8, "0"),
    trace: () => lines,
    steps: () => steps,
  };
}
