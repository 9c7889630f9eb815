/** A thread that runs seeds: it takes a stretch of them from its parent, and says at each one where it is. */
import { parentPort } from "node:worker_threads";
import { createCoverage } from "./engine/coverage.ts";
import { runSeed, type SeedResult } from "./run-seeds.ts";

export interface Stretch {
  readonly seeds: readonly number[];
}

export type WorkerReport =
  | { readonly type: "begins"; readonly seed: number }
  | {
      readonly type: "done";
      readonly results: readonly SeedResult[];
      readonly coverage: ReadonlyMap<string, number>;
    };

// Operational errors are made by the thousand here, and nobody reads where.
Error.stackTraceLimit = 0;

const parent = parentPort;
if (parent === null) throw new Error("this file is started as a worker thread: use npm run simulate");

const report = (message: WorkerReport): void => parent.postMessage(message);

async function runStretch({ seeds }: Stretch): Promise<void> {
  const coverage = createCoverage();
  const results: SeedResult[] = [];
  for (const seed of seeds) {
    report({ type: "begins", seed });
    results.push(await runSeed(seed, coverage));
  }
  report({ type: "done", results, coverage: coverage.counts() });
}

parent.on("message", (stretch: Stretch) => void runStretch(stretch));
