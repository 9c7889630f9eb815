/**
 * Makes a failing scenario small: leaves out faults and ops as long as the same invariant still breaks (delta debugging
 * after Zeller and Hildebrandt), then makes its world and its numbers simpler.
 */
import { runScenario } from "../run-scenario.ts";
import type { Fault, Op, Scenario, Settings } from "./scenario.ts";

const TRIES = 5;

export interface ShrinkOptions {
  /** The invariant that must still break. */
  readonly invariant: string;
  /** The most scenarios that are tried. */
  readonly maxRuns: number;
  readonly onProgress?: (smallest: Scenario, runs: number) => void;
}

export async function shrink(failing: Scenario, options: ShrinkOptions): Promise<Scenario> {
  const { invariant, maxRuns, onProgress = () => {} } = options;
  let smallest = failing;
  let runs = 0;

  /** Takes a candidate that still fails: what is left out shifts all chance behind it, so it may try its luck again. */
  const take = async (candidate: Scenario): Promise<boolean> => {
    for (let luck = 0; luck < TRIES && runs < maxRuns; luck++) {
      runs += 1;
      const lucky = { ...candidate, seed: candidate.seed + luck };
      const { violations } = await runScenario(lucky);
      if (violations[0]?.invariant !== invariant) continue;
      smallest = lucky;
      onProgress(smallest, runs);
      return true;
    }
    return false;
  };

  for (let before = ""; before !== JSON.stringify(smallest) && runs < maxRuns; ) {
    before = JSON.stringify(smallest);
    await minimise(smallest.faults, (faults) => take({ ...smallest, faults }));
    await minimise(smallest.ops, (ops) => take({ ...smallest, ops }));
    for (const simpler of simplerSettings) {
      const settings = simpler(smallest.settings);
      if (JSON.stringify(settings) !== JSON.stringify(smallest.settings)) await take({ ...smallest, settings });
    }
    await simplifyEach(smallest.faults, roundFault, (faults) => take({ ...smallest, faults }));
    await simplifyEach(smallest.ops, roundOp, (ops) => take({ ...smallest, ops }));
  }
  return smallest;
}

/** Leaves out ever smaller pieces of a list, as long as `take` takes what is left. */
async function minimise<Item>(
  items: readonly Item[],
  take: (left: readonly Item[]) => Promise<boolean>,
): Promise<void> {
  let kept = items;
  if (kept.length > 0 && (await take([]))) return;
  for (let size = Math.ceil(kept.length / 2); kept.length > 0; size = Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length; ) {
      const left = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (left.length < kept.length && (await take(left))) kept = left;
      else start += size;
    }
    if (size === 1) return;
  }
}

/** Tries a simpler form of each item of a list. */
async function simplifyEach<Item>(
  items: readonly Item[],
  simplify: (item: Item) => Item,
  take: (items: readonly Item[]) => Promise<boolean>,
): Promise<void> {
  let kept = items;
  for (let i = 0; i < kept.length; i++) {
    const simpler = simplify(kept[i] as Item);
    if (JSON.stringify(simpler) === JSON.stringify(kept[i])) continue;
    const changed = kept.with(i, simpler);
    if (await take(changed)) kept = changed;
  }
}

const simplerSettings: readonly ((settings: Settings) => Settings)[] = [
  (settings) => ({ ...settings, processes: settings.processes.slice(0, 1) }),
  (settings) => ({ ...settings, processes: settings.processes.slice(0, 2) }),
  (settings) => ({ ...settings, shards: 1 }),
  (settings) => ({ ...settings, replays: false }),
  (settings) => ({ ...settings, eagerRebalance: false }),
  (settings) => ({ ...settings, takesStaleOffsets: false }),
  (settings) => ({ ...settings, maxBatchRecords: 100 }),
  (settings) => ({ ...settings, capacity: 100 }),
  (settings) => ({ ...settings, mailConcurrency: 1 }),
  (settings) => ({ ...settings, maxLatencyMs: 1 }),
  (settings) => ({ ...settings, maxNoticeMs: 5 }),
];

function roundFault(fault: Fault): Fault {
  const rounded = { ...fault, atMs: rounder(fault.atMs) };
  if ("delayMs" in rounded) return { ...rounded, delayMs: 50 };
  if ("forMs" in rounded) return { ...rounded, forMs: 200 };
  return rounded;
}

function roundOp(op: Op): Op {
  return { ...op, atMs: rounder(op.atMs) };
}

function rounder(value: number): number {
  return value % 1_000 === 0 ? value : Math.floor(value / 1_000) * 1_000;
}
