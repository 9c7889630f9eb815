/** An older Node without the one that the package carries got a stack trace from npm start, and from other scripts. */
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { PROJECT_ROOT } from "../support/linters.ts";
import { OLDER_NODE } from "../support/older-node.ts";
import { temporaryFolder } from "../support/service-process.ts";

const SENTENCE =
  /^orderloom: this is Node 20\.19\.0, and Orderloom needs Node 24 or later; install it, or run 'npm ci' [^\n]*\. \[wrong_node\]$/;
/** What programs of others do, which say themselves what they need. */
const FOREIGN = ["format", "lint", "typecheck"];
const SCRIPTS = Object.keys(packageJson.scripts).filter((name) => !name.startsWith("pre") && !FOREIGN.includes(name));

/** A clone without what npm installs, on Node 20. */
function run(command: string, args: readonly string[]) {
  const folder = temporaryFolder();
  for (const name of ["package.json", "bin"]) cpSync(join(PROJECT_ROOT, name), join(folder, name), { recursive: true });
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, NODE_OPTIONS: OLDER_NODE };
  return spawnSync(command, args, { cwd: folder, env, encoding: "utf8" });
}

test("the command line stops with one sentence on an older Node", () => {
  const { status, stdout, stderr } = run("node", ["bin/orderloom.mjs", "start"]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr.trimEnd()).toMatch(SENTENCE);
});

test("the scripts that are tried include those of the README", () => {
  expect(SCRIPTS).toEqual(expect.arrayContaining(["start", "demo", "test", "bench", "simulate"]));
});

test.each(SCRIPTS)("npm run %s stops with one sentence on an older Node", (script) => {
  const { status, stderr } = run("npm", ["run", "--silent", script]);
  expect(status).toBe(1);
  expect(stderr.trimEnd()).toMatch(SENTENCE);
});
