/** Runs scenarios of seeds, one after the other, and now and then one twice: the same seed must leave the same trace. */

import type { Violation } from "./audit/fail.ts";
import type { Coverage } from "./engine/coverage.ts";
import { type RunResult, runScenario } from "./run-scenario.ts";
import { generateScenario } from "./scenario/generate.ts";

export interface SeedResult extends RunResult {
  readonly seed: number;
}

const REPEAT_EVERY = 25;

export async function runSeed(seed: number, coverage: Coverage): Promise<SeedResult> {
  const scenario = generateScenario(seed);
  const result = await runScenario(scenario, { coverage });
  if (seed % REPEAT_EVERY !== 0 || result.violations.length > 0) return { ...result, seed };
  const { traceHash } = await runScenario(scenario);
  const differs: Violation = {
    invariant: "D1",
    detail: `the seed leaves the trace ${result.traceHash} at first and then ${traceHash}`,
  };
  return { ...result, seed, violations: traceHash === result.traceHash ? [] : [differs] };
}
