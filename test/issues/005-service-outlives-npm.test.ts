/**
 * npm passes SIGTERM on to its shell alone, and many shells leave behind what they run. The service went on then with
 * nobody above it, and with its port and its data folder; so did one that an older Node had handed over to Node 24.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockDataFolder } from "../../src/infra/sqlite/data-folder-lock.ts";
import { PROJECT_ROOT } from "../support/linters.ts";
import { OLDER_NODE } from "../support/older-node.ts";
import {
  type Ended,
  freePort,
  type Program,
  type ServiceProcess,
  startServiceProcess,
  temporaryFolder,
} from "../support/service-process.ts";

const NPM: Program = ["npm"];
const HANDED_OVER: Program = [process.execPath, OLDER_NODE, join(PROJECT_ROOT, "bin/orderloom.mjs")];
/** What a newcomer's npm runs on; the test itself runs on the Node that the package carries. */
const SYSTEM_PATH = (process.env.PATH ?? "")
  .split(":")
  .filter((folder) => !folder.includes("node_modules"))
  .join(":");
const hasBash = spawnSync("bash", ["--version"]).status === 0;

/** Starts the service, ends it in some way, and finds out whether it has drained and left port and folder to others. */
async function startAndEnd(
  environment: Readonly<Record<string, string>>,
  program: Program,
  end: (service: ServiceProcess) => void,
): Promise<Ended> {
  const dataDir = temporaryFolder();
  const port = String(await freePort());
  const service = await startServiceProcess({ ...environment, DATA_DIR: dataDir, PORT: port }, program);
  end(service);
  const ended = await service.ended;
  await expect(fetch(service.url)).rejects.toThrow();
  lockDataFolder(dataDir)();
  return ended;
}

test.each([
  ["SIGTERM", "sh", { PATH: SYSTEM_PATH }],
  ["SIGKILL", "sh", {}],
  ...(hasBash ? [["SIGTERM", "bash", {}] as const] : []),
] as const)("%s to npm start drains and stops the service, with %s", async (signal, shell, environment) => {
  const ended = await startAndEnd({ ...environment, npm_config_script_shell: shell }, NPM, ({ pid }) => {
    process.kill(pid, signal);
  });
  expect(ended.stderr).toContain("finishing what is in progress\nStopped; the next start carries on from here.\n");
});

test("Ctrl-C at npm start, which npm passes on as well, is one request to stop", async () => {
  const shell = hasBash ? "bash" : "sh";
  const ended = await startAndEnd({ npm_config_script_shell: shell }, NPM, ({ pid }) => {
    process.kill(-pid, "SIGINT");
  });
  expect(ended.stderr).toContain(
    "SIGINT: finishing what is in progress\nStopped; the next start carries on from here.",
  );
});

test.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGKILL"] as const)(
  "%s to the older Node that handed over drains and stops the service",
  async (signal) => {
    const ended = await startAndEnd({}, HANDED_OVER, ({ pid }) => {
      process.kill(pid, signal);
    });
    expect(ended.stderr).toContain("finishing what is in progress\nStopped; the next start carries on from here.\n");
    if (signal === "SIGINT" || signal === "SIGTERM") expect(ended.code).toBe(0);
  },
);

test("Ctrl-C, which reaches both the older Node and the service, is one request to stop", async () => {
  const ended = await startAndEnd({}, HANDED_OVER, ({ pid }) => {
    process.kill(-pid, "SIGINT");
  });
  expect(ended).toMatchObject({ code: 0, signal: null });
  expect(ended.stderr).toContain("Stopped; the next start carries on from here.");
});
