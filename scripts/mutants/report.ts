/** Tells what became of the mutants: a score, and a table for docs/mutants.md. */
import type { Finding } from "./checks.ts";
import type { Mutant } from "./mutant.ts";

export interface Verdict {
  readonly mutant: Mutant;
  /** Empty for a survivor. */
  readonly findings: readonly Finding[];
}

/** The score in words, and as the share of mutants that somebody noticed. */
export function summaryOf(verdicts: readonly Verdict[]): { readonly text: string; readonly caught: number } {
  const caught = verdicts.filter(({ findings }) => findings.length > 0);
  const countOf = (by: Finding["by"]): number =>
    verdicts.filter(({ findings }) => findings.some((finding) => finding.by === by)).length;
  const share = caught.length / verdicts.length;
  const survivors = verdicts.filter(({ findings }) => findings.length === 0);
  const lines = [
    `${caught.length} of ${verdicts.length} caught (${(share * 100).toFixed(1)} %): ` +
      `${countOf("test")} by tests, ${countOf("simulator")} by the simulator`,
    ...survivors.map(({ mutant }) => `  survives: ${mutant.name} in ${mutant.file}`),
  ];
  return { text: lines.join("\n"), caught: share };
}

/** A table with one row for each mutant. */
export function inMarkdown(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ mutant: { name, file, breaks }, findings }) => {
    const caught = findings.map(({ by, what }) => (by === "test" ? what : `simulator, ${what}`)).join("; ");
    return `| ${name} | \`${file}\` | ${breaks} | ${caught === "" ? "**survives**" : caught.replaceAll("|", "\\|")} |`;
  });
  return ["| Mutant | Planted in | What goes wrong | Caught by |", "|---|---|---|---|", ...rows, ""].join("\n");
}
