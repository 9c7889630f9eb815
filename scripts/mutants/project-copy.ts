/** A copy of the project to plant defects in, so that the files in place stay as they are whatever happens. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LIBRARIES = "node_modules";

/** Copies what git tracks and what is new, as it is now. The libraries are shared. */
export function copyProject(project: string): { readonly folder: string; remove(): void } {
  const { status, stdout } = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: project,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${project} is no git repository: the files to copy are not known`);
  const folder = mkdtempSync(join(tmpdir(), "orderloom-mutants-"));
  for (const path of stdout.split("\0")) {
    if (path === "" || path === LIBRARIES || !existsSync(join(project, path))) continue;
    cpSync(join(project, path), join(folder, path));
  }
  symlinkSync(join(project, LIBRARIES), join(folder, LIBRARIES));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
