/**
 * The two ways to put load on the service. The closed loop asks how much it can do: every client starts its next order when
 * the one before has its mail. The open loop asks how long a customer waits: orders come when they come, and each is
 * timed from the moment it should have started, so that a stall is charged to everybody it delays.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "./clock.ts";
import type { FinishedOrder, Journey } from "./order-journey.ts";

/** After so many failures there is nothing left to measure. */
const MAX_FAILURES = 100;

export interface Load {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly finished: readonly FinishedOrder[];
  /** How often each kind of failure happened. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface LoopOptions {
  readonly orders: number;
  readonly journey: Journey;
  /** Called after each order, with how many are done. */
  readonly onOrder?: (done: number) => void;
}

/** `clients` customers, each with one order at a time. */
export async function runClosedLoop({
  clients,
  ...options
}: LoopOptions & { readonly clients: number }): Promise<Load> {
  const tally = createTally(options);
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < options.orders && !tally.isHopeless()) {
      const number = next++;
      await tally.run(() => options.journey(number));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return tally.load();
}

/**
 * Orders at a fixed rate with random gaps (a Poisson process from a fixed seed), whatever the service does.
 * `startedAtMs` of an order is when it should have started; `lateMs` says how late the client itself was.
 */
export async function runOpenLoop(
  options: LoopOptions & { readonly ratePerS: number },
): Promise<Load & { readonly lateMs: readonly number[] }> {
  const tally = createTally(options);
  const random = seededRandom(42);
  const lateMs: number[] = [];
  const underWay: Promise<void>[] = [];
  let dueMs = tally.startedAtMs;
  for (let number = 0; number < options.orders && !tally.isHopeless(); number += 1) {
    dueMs += (-Math.log(1 - random()) * 1_000) / options.ratePerS;
    for (let leftMs = dueMs - nowMs(); leftMs > 0; leftMs = dueMs - nowMs()) await sleep(leftMs);
    const startedAtMs = dueMs;
    lateMs.push(nowMs() - startedAtMs);
    underWay.push(tally.run(async () => ({ ...(await options.journey(number)), startedAtMs })));
  }
  await Promise.all(underWay);
  return { ...tally.load(), lateMs };
}

function createTally({ onOrder = () => {} }: LoopOptions) {
  const startedAtMs = nowMs();
  const finished: FinishedOrder[] = [];
  const failures: Record<string, number> = {};
  let failed = 0;
  return {
    startedAtMs,
    isHopeless: () => failed >= MAX_FAILURES,
    async run(journey: () => Promise<FinishedOrder>): Promise<void> {
      try {
        finished.push(await journey());
      } catch (error) {
        const { message } = error as Error;
        failures[message] = (failures[message] ?? 0) + 1;
        failed += 1;
      }
      onOrder(finished.length + failed);
    },
    load: (): Load => ({ startedAtMs, endedAtMs: nowMs(), finished, failures }),
  };
}

/** mulberry32: small, and good enough to spread arrivals. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
