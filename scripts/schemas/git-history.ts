/** Compares the history of schemas with what git says of it: a version stays what it was when it was committed first. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Versions that are not what was committed first; null where there is no git to ask. */
export function alteredSinceCommitted(schemasFolder: string): readonly string[] | null {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: schemasFolder, encoding: "utf8", stdio: "pipe" });
  let added: string;
  try {
    added = git(
      "log",
      "--reverse",
      "--no-renames",
      "--diff-filter=A",
      "--raw",
      "--no-abbrev",
      "--format=",
      "--relative",
      "--",
      "history",
    );
  } catch {
    return null;
  }
  const firstBlobs = new Map<string, string>();
  for (const line of added.split("\n")) {
    const [, blob, name] = /^:\d+ \d+ \S+ (\S+) A\t(.+\.avsc)$/.exec(line) ?? [];
    if (blob !== undefined && name !== undefined && !firstBlobs.has(name)) firstBlobs.set(name, blob);
  }
  return [...firstBlobs].flatMap(([name, blob]) => {
    if (!existsSync(join(schemasFolder, name))) return [`${name} was committed once and is gone: restore it`];
    return git("hash-object", name).trim() === blob ? [] : [`${name} is not what was committed first: restore it`];
  });
}
