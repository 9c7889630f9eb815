/** Those who may notice a defect: unit tests and the simulator, run on the copy, one process at a time. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const SIMULATION_TIMEOUT_MS = 300_000;
const TESTS_TIMEOUT_MS = 240_000;
const FIRST_SEED = 1;

export interface Finding {
  readonly by: "test" | "simulator";
  /** The test's file and title, or the seed and the invariant. */
  readonly what: string;
  /** The tests to run to see it again; empty for all. */
  readonly files: readonly string[];
}

export interface Checks {
  /** What these tests find, or all when none is named; null when they find nothing. */
  tests(files: readonly string[]): Finding | null;
  simulate(): Finding | null;
}

/** What vitest's JSON report says, as far as it matters here. */
interface TestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
  }[];
}

export function createChecks(deps: {
  readonly copy: string;
  readonly project: string;
  readonly seeds: number;
}): Checks {
  const { copy, project, seeds } = deps;
  const reportFile = join(copy, "tests-report.json");
  const run = (args: readonly string[], timeout: number) =>
    spawnSync(process.execPath, args, {
      cwd: copy,
      encoding: "utf8",
      timeout,
      killSignal: "SIGKILL",
      env: { ...process.env, NODE_COMPILE_CACHE: join(copy, "compile-cache") },
    });

  return {
    tests(files) {
      rmSync(reportFile, { force: true });
      const vitest = join(project, "node_modules/vitest/vitest.mjs");
      const args = ["run", "--config", "scripts/mutants/vitest.config.ts", "--bail", "1"];
      const { status, stderr } = run(
        [vitest, ...args, "--reporter", "json", "--outputFile", reportFile, ...files],
        TESTS_TIMEOUT_MS,
      );
      if (status === 0) return null;
      if (!existsSync(reportFile)) return { by: "test", what: "the tests do not end", files };
      const { testResults } = JSON.parse(readFileSync(reportFile, "utf8")) as TestReport;
      for (const { name, assertionResults } of testResults) {
        const failed = assertionResults.find((result) => result.status === "failed");
        const file = name.slice(copy.length + 1);
        if (failed !== undefined) return { by: "test", what: `${file} › ${failed.title}`, files: [file] };
      }
      const broken = testResults.find(({ assertionResults }) => assertionResults.length === 0);
      // A mutant that cannot be loaded says nothing about the tests.
      if (broken !== undefined) throw new Error(`${broken.name} cannot be loaded: ${broken.message}`);
      const error = /\w*Error: .*/.exec(stderr)?.[0] ?? stderr.trim().split("\n").at(-1);
      return { by: "test", what: `an unhandled error: ${error}`, files };
    },
    simulate() {
      const stretch = ["--seeds", String(seeds), "--first-seed", String(FIRST_SEED)];
      const args = ["scripts/simulate.ts", ...stretch, "--workers", "1", "--no-shrink"];
      const { status, stdout, stderr } = run(args, SIMULATION_TIMEOUT_MS);
      if (status === 0) return null;
      const found = /^seed (\d+) breaks (\w+): (.*)$/m.exec(stdout);
      if (found !== null) return { by: "simulator", what: `seed ${found[1]} breaks ${found[2]}`, files: [] };
      throw new Error(`the simulator does not run:\n${stdout.slice(-2_000)}\n${stderr.slice(-2_000)}`);
    },
  };
}
