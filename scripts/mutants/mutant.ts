import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A planted defect: a guard taken out of the code, as a replacement of text, to see who notices. */
export interface Mutant {
  /** A short name, unique among all. */
  readonly name: string;
  /** The file, from the root of the project. */
  readonly file: string;
  /** What is there now, once in the file. */
  readonly original: string;
  readonly replacement: string;
  /** What goes wrong with it, in words. */
  readonly breaks: string;
  /** The unit tests that look after this guard. */
  readonly tests: readonly string[];
}

/** Mutants of one file with the same tests. */
export function mutantsOf(
  file: string,
  tests: readonly string[],
  planted: Readonly<Record<string, Pick<Mutant, "original" | "replacement" | "breaks">>>,
): readonly Mutant[] {
  return Object.entries(planted).map(([name, mutant]) => ({ name, file, tests, ...mutant }));
}

/** Those whose text is not in its file exactly once, each as a sentence: the guard has changed since. */
export function misfitsOf(mutants: readonly Mutant[], project: string): readonly string[] {
  const fits = ({ file, original }: Mutant) => readFileSync(join(project, file), "utf8").split(original).length === 2;
  return mutants
    .filter((mutant) => !fits(mutant))
    .map(
      ({ name, file }) => `"${name}" does not fit any more: its original text is not there, or not once, in ${file}`,
    );
}
