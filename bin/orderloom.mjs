#!/usr/bin/env node
// The one way into the command line. Orderloom runs its TypeScript directly, which needs Node 24;
// the npm package carries that runtime, so an older system Node hands over to it here.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const REQUIRED_MAJOR = 24;

function bundledNode() {
  const packageName = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`));
    const binary = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

if (Number(process.versions.node.split(".")[0]) >= REQUIRED_MAJOR) {
  await import("../src/cli.ts");
} else {
  const node = bundledNode();
  if (node === undefined) {
    process.stderr.write(
      `orderloom: this is Node ${process.versions.node}, and Orderloom needs Node ${REQUIRED_MAJOR} or later; install it, or run 'npm ci' without --omit=optional on Linux or Windows to get the one it carries. [wrong_node]\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal's Ctrl-C reaches both processes, a signal of a supervisor only this one: it goes on to the child,
  // and this process outlives it to report how it ended.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.once("exit", (code) => process.exit(code ?? 1));
}
