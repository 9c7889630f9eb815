/** Scenarios that once broke an invariant, as files: each is replayed by a test for ever. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Violation } from "../audit/fail.ts";
import { textHash } from "../engine/chance.ts";
import type { Scenario } from "./scenario.ts";

export interface Regression {
  /** What broke when it was found. */
  readonly found: Violation;
  /** The fingerprint of the run that broke: what the code does has changed since when a replay leaves another one. */
  readonly traceHash?: string;
  readonly scenario: Scenario;
}

export const REGRESSIONS = fileURLToPath(new URL("../regressions/", import.meta.url));

/** Writes a scenario under a name that follows from what broke and how. @returns the file. */
export function saveRegression(folder: string, regression: Regression): string {
  const text = formatted(regression);
  const hash = textHash(text).toString(16).padStart(8, "0");
  const file = join(folder, `${regression.found.invariant.toLowerCase()}-${hash}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** As the formatter of the project writes it: lists of words on one line. */
function formatted(regression: Regression): string {
  const text = JSON.stringify(regression, null, 2);
  const oneLine = text.replaceAll(/\[\s+("\w+"(?:,\s+"\w+")*)\s+\]/g, (_, words: string) => {
    return `[${words.replaceAll(/\s+/g, " ")}]`;
  });
  return `${oneLine}\n`;
}

export function loadRegressions(folder: string): readonly (Regression & { readonly name: string })[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => ({ name, ...(JSON.parse(readFileSync(join(folder, name), "utf8")) as Regression) }));
}
