/**
 * Every version of every schema that was ever accepted, under `history/<subject>/<number>.avsc`. It only grows: a list
 * of checksums shows what was altered, also where there is no git.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const EXTENSION = ".avsc";

export interface History {
  /** The texts of each subject's versions, the oldest first. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
  /** In which ways it is not as it was accepted. */
  readonly problems: readonly string[];
}

/** Reads the history of a folder of schemas; one that has none yet has no versions. */
export function readHistory(schemasFolder: string): History {
  const folder = join(schemasFolder, "history");
  const files = existsSync(folder) ? filesIn(folder) : [];
  const accepted = readChecksums(folder);
  const versions = new Map<string, readonly string[]>();
  const problems = [...accepted.keys()]
    .filter((name) => !files.includes(name))
    .map((name) => `history/${name} is missing`);
  for (const name of files) {
    const text = readFileSync(join(folder, name), "utf8");
    const [subject = "", number = ""] = name.slice(0, -EXTENSION.length).split("/");
    const earlier = versions.get(subject) ?? [];
    versions.set(subject, [...earlier, text]);
    if (!accepted.has(name)) problems.push(`history/${name} was put there by hand: restore the folder`);
    else if (accepted.get(name) !== checksumOf(text)) problems.push(`history/${name} was altered: restore it`);
    if (number !== String(earlier.length + 1)) problems.push(`history/${name} is not number ${earlier.length + 1}`);
  }
  return { versions, problems };
}

/** Adds a version to a subject. */
export function addVersion(schemasFolder: string, subject: string, number: number, text: string): void {
  const folder = join(schemasFolder, "history");
  const name = `${subject}/${number}${EXTENSION}`;
  mkdirSync(join(folder, subject), { recursive: true });
  writeFileSync(join(folder, name), text, { flag: "wx" });
  appendFileSync(checksumsFile(folder), `${checksumOf(text)}  ${name}\n`);
}

/** The versions of all subjects as `subject/number.avsc`, those of one subject in the order of their numbers. */
function filesIn(folder: string): readonly string[] {
  const subjects = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return subjects.flatMap(({ name: subject }) => {
    const names = readdirSync(join(folder, subject)).filter((name) => name.endsWith(EXTENSION));
    return names
      .toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
      .map((name) => `${subject}/${name}`);
  });
}

/** The list in the form of sha256sum, whose `-c` can check it, too. */
function readChecksums(folder: string): ReadonlyMap<string, string> {
  const file = checksumsFile(folder);
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return new Map(lines.filter((line) => line !== "").map((line) => [line.slice(66), line.slice(0, 64)]));
}

function checksumsFile(folder: string): string {
  return join(folder, "SHA256SUMS");
}

function checksumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
