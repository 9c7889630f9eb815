/**
 * Tries to break the service: `npm run simulate -- --seeds 1000 --minutes 5 --workers 2`. Each seed is a small world of
 * its own in which everything goes wrong; docs/simulation.md tells what must hold in it all the same. Ends with 1 when
 * something does not, and leaves a short scenario that shows it.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { unreached } from "../test/simulation/audit/reachable.ts";
import { type PoolProgress, type PoolResult, runPool } from "../test/simulation/seed-pool.ts";

const PROGRESS_EVERY_MS = 5_000;
/** Below so many seeds it is chance that something did not occur. */
const SEEDS_THAT_REACH_ALL = 1_000;

interface Options {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly minutes: number;
  readonly workers: number;
  readonly shrinks: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      minutes: { type: "string" },
      workers: { type: "string" },
      "first-seed": { type: "string" },
      "no-shrink": { type: "boolean", default: false },
    },
  });
  const numberOf = (text: string | undefined, otherwise: number): number => {
    const value = text === undefined ? otherwise : Number(text);
    if (Number.isNaN(value) || value < 0) throw new Error(`"${text}" is not a number: give one of at least 0.`);
    return value;
  };
  const isBounded = values.seeds !== undefined;
  return {
    // A new stretch of seeds every time, unless one is asked for.
    firstSeed: numberOf(values["first-seed"], Date.now() % 2 ** 31),
    seeds: numberOf(values.seeds, Number.MAX_SAFE_INTEGER),
    minutes: numberOf(values.minutes, isBounded ? Number.POSITIVE_INFINITY : 1),
    workers: Math.max(1, numberOf(values.workers, availableParallelism())),
    shrinks: !values["no-shrink"],
  };
}

async function main(): Promise<void> {
  const { firstSeed, seeds, minutes, workers, shrinks } = readOptions();
  console.log(`simulating from seed ${firstSeed} on with ${workers} worker(s)`);
  let shownMs = Date.now();
  const result = await runPool({
    firstSeed,
    seeds,
    workers,
    untilMs: Date.now() + minutes * 60_000,
    onProgress(progress) {
      if (Date.now() - shownMs < PROGRESS_EVERY_MS) return;
      shownMs = Date.now();
      console.log(`  ${inWords(progress)}`);
    },
  });
  printCoverage(result);
  const { user, system } = process.cpuUsage();
  const cpuMs = (user + system) / 1_000 / Math.max(1, result.seeds);
  console.log(`\n${inWords(result)}, ${cpuMs.toFixed(1)} ms of CPU time a seed, ${result.failures.length} violations`);
  const [failure] = result.failures;
  if (failure === undefined) return;
  process.exitCode = 1;
  console.log(`\nseed ${failure.seed} breaks ${failure.violation.invariant}: ${failure.violation.detail}`);
  console.log(`again: npm run simulate -- --seeds 1 --first-seed ${failure.seed}`);
  // A seed that does not end cannot be made smaller here.
  if (!shrinks || failure.violation.invariant === "D2") return;
  // The threads have loaded the service to simulate it; here it is needed for this alone.
  const { explainSeed } = await import("./explain-seed.ts");
  await explainSeed(failure.seed, failure.violation.invariant);
}

function inWords({ seeds, steps, commits, simulatedMs, elapsedMs }: PoolProgress): string {
  const seconds = elapsedMs / 1_000;
  const perSecond = (count: number): string => (seconds === 0 ? "0" : (count / seconds).toFixed(1));
  const hours = (simulatedMs / 3_600_000).toFixed(0);
  return `${seeds} seeds in ${seconds.toFixed(0)} s: ${perSecond(seeds)} seeds/s, ${perSecond(steps)} steps/s, ${perSecond(commits)} commits/s, ${hours} simulated hours`;
}

function printCoverage({ coverage, seeds }: PoolResult): void {
  const counts = coverage.counts();
  console.log("\nwhat occurred, and how often:");
  for (const what of [...counts.keys()].toSorted()) console.log(`  ${String(counts.get(what)).padStart(9)}  ${what}`);
  const never = unreached(counts);
  if (never.length === 0) console.log("everything that must occur sometimes has occurred");
  else if (seeds >= SEEDS_THAT_REACH_ALL) {
    console.log(`never occurred, and should have: ${never.join("; ")}`);
    process.exitCode = 1;
  } else console.log(`did not occur in so few seeds: ${never.join("; ")}`);
}

await main();
