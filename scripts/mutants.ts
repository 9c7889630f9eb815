/**
 * Plants one defect after the other in a copy of the project, and looks who notices: `npm run mutants -- --only "credit
 * twice"`. The simulator is asked first, then the tests of the guard, then all tests. Ends with 1 when too many survive,
 * and when a guard has changed so that its mutant no longer fits: docs/mutants.md tells what to do then.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MUTANTS } from "./mutants/all-mutants.ts";
import { type Checks, createChecks, type Finding } from "./mutants/checks.ts";
import { type Mutant, misfitsOf } from "./mutants/mutant.ts";
import { copyProject } from "./mutants/project-copy.ts";
import { inMarkdown, summaryOf, type Verdict } from "./mutants/report.ts";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
/** The share of mutants that somebody must notice. */
const MIN_CAUGHT = 0.95;
/** What the simulator replaces by adapters of its own, and what only people set going: it cannot find anything there. */
const NOT_SIMULATED =
  /^src\/(infra|http)\/|^src\/actors\/(operator-access|dead-letter-desk|letter-claims|redri|mail-de|payment-decisions|reconcile)/;

interface Options {
  /** How many seeds the simulator gets for each mutant. */
  readonly seeds: number;
  /** Parts of names or of files; all mutants when there is none. */
  readonly only: readonly string[];
  /** Asks the tests about every mutant, and not only about those that the simulator misses. */
  readonly asksAll: boolean;
  /** Where the table goes, in Markdown. */
  readonly table: string | undefined;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "500" },
      only: { type: "string", multiple: true, default: [""] },
      all: { type: "boolean", default: false },
      table: { type: "string" },
    },
  });
  return { seeds: Number(values.seeds), only: values.only, asksAll: values.all, table: values.table };
}

function main(): void {
  const { seeds, only, asksAll, table } = readOptions();
  const mutants = MUTANTS.filter(({ name, file }) => only.some((part) => `${file} ${name}`.includes(part)));
  if (!allFit(mutants)) {
    process.exitCode = 1;
    return;
  }
  const copy = copyProject(PROJECT);
  try {
    console.log(`${mutants.length} mutants, up to ${seeds} seeds each`);
    const checks = createChecks({ copy: copy.folder, project: PROJECT, seeds });
    // What fails without a mutant would catch them all.
    const simulated = mutants.some(({ file }) => !NOT_SIMULATED.test(file)) ? checks.simulate() : null;
    const sound = simulated ?? checks.tests([...new Set(mutants.flatMap(({ tests }) => tests))]);
    if (sound !== null) throw new Error(`the code as it is does not pass: ${sound.by}: ${sound.what}`);
    const verdicts = mutants.map((mutant, i) => {
      const verdict = judge(copy.folder, mutant, checks, asksAll);
      console.log(`${String(i + 1).padStart(3)}/${mutants.length}  ${inWords(verdict)}`);
      return verdict;
    });
    const { text, caught } = summaryOf(verdicts);
    console.log(`\n${text}`);
    if (table !== undefined) writeFileSync(table, inMarkdown(verdicts));
    if (caught < MIN_CAUGHT) process.exitCode = 1;
  } finally {
    copy.remove();
  }
}

/** Tells of mutants that do not fit, and of a filter that leaves none. */
function allFit(mutants: readonly Mutant[]): boolean {
  const misfits = misfitsOf(mutants, PROJECT);
  for (const misfit of misfits) console.error(misfit);
  if (mutants.length === 0) console.error("no mutant has such a name");
  return misfits.length === 0 && mutants.length > 0;
}

function judge(copy: string, mutant: Mutant, checks: Checks, asksAll: boolean): Verdict {
  const findings: Finding[] = [];
  const ask = (check: () => Finding | null): void => {
    const found = findings.length === 0 || asksAll ? check() : null;
    if (found !== null) findings.push(found);
  };
  withMutant(copy, mutant, () => {
    if (!NOT_SIMULATED.test(mutant.file)) ask(checks.simulate);
    if (mutant.tests.length > 0) ask(() => checks.tests(mutant.tests));
  });
  if (findings.length === 0) ask(() => askAllTests(copy, mutant, checks));
  return { mutant, findings };
}

/** All tests: one that fails must fail again with the mutant and pass without it, or it has noticed nothing. */
function askAllTests(copy: string, mutant: Mutant, checks: Checks): Finding | null {
  const found = withMutant(copy, mutant, () => {
    const first = checks.tests([]);
    return first === null ? null : checks.tests(first.files);
  });
  if (found !== null && checks.tests(found.files) !== null) {
    throw new Error(`the code as it is does not pass: ${found.what}`);
  }
  return found;
}

function withMutant<Result>(copy: string, mutant: Mutant, run: () => Result): Result {
  const file = join(copy, mutant.file);
  const sound = textOf(file);
  writeFileSync(
    file,
    sound.replace(mutant.original, () => mutant.replacement),
  );
  try {
    return run();
  } finally {
    writeFileSync(file, sound);
  }
}

function inWords({ mutant, findings }: Verdict): string {
  const fate = findings.map(({ by, what }) => `${by}: ${what}`).join("; ");
  return `${mutant.name}: ${fate === "" ? `SURVIVES (${mutant.breaks})` : fate}`;
}

function textOf(file: string): string {
  return readFileSync(file, "utf8");
}

main();
