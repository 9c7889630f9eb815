/** Runs the project's two linters over a folder, with the project's own configuration, and gives what they found. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const PROJECT_ROOT = join(import.meta.dirname, "../..");

const CONFIGURATION = ["biome.json", ".oxlintrc.json", "tsconfig.json", "package.json", ".gitignore", "scripts/lint"];

export interface Finding {
  /** Relative to the folder, with forward slashes. */
  readonly file: string;
  readonly line: number;
  /** As the linter names it: `lint/style/noEnum`, `import(no-cycle)`, or `plugin` for a rule of the project. */
  readonly rule: string;
}

interface BiomeReport {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly location: { readonly path: string; readonly start: { readonly line: number } };
  }[];
}

interface OxlintReport {
  readonly diagnostics: readonly {
    readonly code: string;
    readonly filename: string;
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
}

/** A temporary folder outside the project, with its linter configuration and these files; `remove` deletes it. */
export function createLintedFolder(files: Readonly<Record<string, string>>): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "orderloom-lint-"));
  for (const path of CONFIGURATION) cpSync(join(PROJECT_ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(PROJECT_ROOT, "node_modules"), join(folder, "node_modules"), "junction");
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Everything that Biome and oxlint report in `folder`. */
export async function lint(folder: string): Promise<readonly Finding[]> {
  const [biome, oxlint] = await Promise.all([
    run(folder, "@biomejs/biome/bin/biome", ["lint", "--reporter=json", "--max-diagnostics=none"]),
    run(folder, "oxlint/bin/oxlint", ["--format=json"]),
  ]);
  const byBiome = JSON.parse(biome) as BiomeReport;
  const byOxlint = JSON.parse(oxlint) as OxlintReport;
  return [
    ...byBiome.diagnostics.map(({ category, location: { path, start } }) => ({
      file: path,
      line: start.line,
      rule: category,
    })),
    ...byOxlint.diagnostics.map(({ code, filename, labels }) => ({
      file: filename,
      line: labels[0]?.span.line ?? 0,
      rule: code,
    })),
  ].map(({ file, ...finding }) => ({ ...finding, file: file.replaceAll("\\", "/") }));
}

/** A linter that finds something exits with 1, so its output alone tells whether it ran. */
function run(folder: string, program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024 };
    execFile(
      process.execPath,
      [join(PROJECT_ROOT, "node_modules", program), ...args],
      options,
      (error, stdout, stderr) => {
        if (stdout.trim() === "") reject(new Error(`${program} printed no report: ${stderr}`, { cause: error }));
        else resolve(stdout);
      },
    );
  });
}
