/** Why a seed fails: the shortest scenario that breaks the same invariant, saved as a regression and told step by step. */
import { runScenario } from "../test/simulation/run-scenario.ts";
import { generateScenario } from "../test/simulation/scenario/generate.ts";
import { REGRESSIONS, saveRegression } from "../test/simulation/scenario/regression-file.ts";
import { shrink } from "../test/simulation/scenario/shrink.ts";

const SHRINK_RUNS = 5_000;
const PROGRESS_EVERY_MS = 5_000;
const SHOWN_TRACE_LINES = 80;

/** Shrinks a failing seed, saves what is left and prints how it goes wrong. */
export async function explainSeed(seed: number, invariant: string): Promise<void> {
  const scenario = generateScenario(seed);
  console.log(`\nshrinking ${scenario.ops.length} ops and ${scenario.faults.length} faults`);
  let shownMs = Date.now();
  const smallest = await shrink(scenario, {
    invariant,
    maxRuns: SHRINK_RUNS,
    onProgress({ ops, faults }, runs) {
      if (Date.now() - shownMs < PROGRESS_EVERY_MS) return;
      shownMs = Date.now();
      console.log(`  ${ops.length} ops and ${faults.length} faults after ${runs} runs`);
    },
  });
  const { violations, trace, traceHash } = await runScenario(smallest, { keepTrace: true });
  const [found] = violations;
  if (found === undefined) return console.log("the seed does not break anything here: it depends on something else");
  console.log(`${smallest.ops.length} ops and ${smallest.faults.length} faults are left:`);
  for (const op of smallest.ops) console.log(`  op    ${JSON.stringify(op)}`);
  for (const fault of smallest.faults) console.log(`  fault ${JSON.stringify(fault)}`);
  console.log(`\nthe trace${trace.length > SHOWN_TRACE_LINES ? `, its last ${SHOWN_TRACE_LINES} lines` : ""}:`);
  for (const line of trace.slice(-SHOWN_TRACE_LINES)) console.log(`  ${line}`);
  console.log(`\n${found.invariant}: ${found.detail}`);
  console.log(`saved as ${saveRegression(REGRESSIONS, { found, traceHash, scenario: smallest })}`);
}
