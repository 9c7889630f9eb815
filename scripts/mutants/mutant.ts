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
