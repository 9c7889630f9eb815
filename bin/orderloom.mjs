#!/usr/bin/env node
// The one way into the command line. The npm package carries the Node that Orderloom needs, so an older system Node
// hands over to it here.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isNodeRecent, refuseOldNode } from "./node-version.mjs";

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

function handOver(node) {
  // However this process ends, the channel closes with it, and the service sees that.
  const stdio = ["inherit", "inherit", "inherit", "ipc"];
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio });
  // This process outlives the other one, to report how it ended. What a terminal sends reaches both; the other one knows
  // that two signals at once are one request. On Windows passing on would be killing.
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => process.platform === "win32" || child.kill(signal));
  }
  child.once("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

const node = isNodeRecent ? undefined : bundledNode();
if (isNodeRecent) {
  await import("../src/commands/starters.ts");
  await import("../src/cli.ts");
} else if (node === undefined) refuseOldNode();
else handOver(node);
