/** The planted defects fit the code as it is; whether they are noticed takes half an hour: `npm run mutants`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MUTANTS } from "../../../scripts/mutants/all-mutants.ts";
import { misfitsOf } from "../../../scripts/mutants/mutant.ts";
import { PROJECT_ROOT } from "../../support/linters.ts";

test("every mutant finds its guard, once", () => {
  expect(MUTANTS.length).toBeGreaterThan(180);
  expect(misfitsOf(MUTANTS, PROJECT_ROOT)).toEqual([]);
});

test("a mutant whose guard has changed is told of", () => {
  const [mutant] = MUTANTS;
  if (mutant === undefined) throw new Error("there are no mutants");
  const [changed] = misfitsOf([{ ...mutant, original: "what was never there" }], PROJECT_ROOT);
  expect(changed).toContain(mutant.file);
});

test("mutants have names of their own, and tests that are there", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  const missing = MUTANTS.flatMap(({ tests }) => tests).filter((file) => !existsSync(join(PROJECT_ROOT, file)));
  expect(missing).toEqual([]);
});
