/** Spends a minute on new seeds, replays every scenario that once broke something, and checks that seeds repeat. */
import { describe, expect, test } from "vitest";
import { unreached } from "./audit/reachable.ts";
import { createCoverage } from "./engine/coverage.ts";
import { runScenario } from "./run-scenario.ts";
import { runSeed } from "./run-seeds.ts";
import { generateScenario } from "./scenario/generate.ts";
import { loadRegressions, REGRESSIONS } from "./scenario/regression-file.ts";

const SECONDS = Number(process.env["SIMULATION_S"] ?? 60);
/** Below so many seeds it is chance that something did not occur. */
const SEEDS_THAT_REACH_ALL = 1_000;

test("a seed leaves the same trace every time, and another seed another one", async () => {
  const hashes = new Set<string>();
  for (const seed of [1, 2, 3, 4, 5]) {
    const scenario = generateScenario(seed);
    const first = await runScenario(scenario, { keepTrace: true });
    const second = await runScenario(scenario, { keepTrace: true });
    expect(second.trace).toEqual(first.trace);
    expect(second.traceHash).toBe(first.traceHash);
    expect(first.trace.length).toBeGreaterThan(10);
    hashes.add(first.traceHash);
  }
  expect(hashes.size).toBe(5);
});

describe("what once broke does not break again", () => {
  test.each(loadRegressions(REGRESSIONS))("$name: $found.detail", async ({ scenario }) => {
    expect((await runScenario(scenario)).violations).toEqual([]);
  });
});

test(`no invariant breaks in ${SECONDS} s of new seeds, which reach everything they must`, async () => {
  const coverage = createCoverage();
  const firstSeed = Date.now() % 2 ** 31;
  const untilMs = Date.now() + SECONDS * 1_000;
  let seeds = 0;
  do {
    const { violations, seed } = await runSeed(firstSeed + seeds, coverage);
    expect(violations, `again: npm run simulate -- --seeds 1 --first-seed ${seed}`).toEqual([]);
    seeds += 1;
  } while (Date.now() < untilMs);
  console.log(`${seeds} new seeds from ${firstSeed} on, ${(seeds / SECONDS).toFixed(1)} a second`);
  if (seeds >= SEEDS_THAT_REACH_ALL) expect(unreached(coverage.counts())).toEqual([]);
});
