/** Starts the service that is measured: a process of its own, the way `npm start` does it, on a folder that goes away. */
import { mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startChild } from "./child.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TMPFS_MAGIC = 0x01021994;
/** What is set to nothing counts as not set: the engines that `--engines` measures on may be in the environment. */
const EMBEDDED = { REDPANDA_BROKERS: "", MONGODB_URL: "", SCHEMA_REGISTRY_URL: "", ROLE: "", DEMO_PAYMENTS: "on" };

export interface MeasuredService {
  readonly url: string;
  readonly pid: number;
  /** Settles when the process is gone; tells how it ended. */
  readonly ended: Promise<string>;
  /** Ends it gracefully, which also writes its profiles. Idempotent. */
  stop(): Promise<void>;
}

/** Starts the service with its mail going to `smtpUrl`; `profileDir` makes it write a CPU profile of each thread. */
export async function startMeasuredService(options: {
  readonly smtpUrl: string;
  readonly dataDir: string;
  readonly profileDir: string | null;
}): Promise<MeasuredService> {
  const { smtpUrl, dataDir, profileDir } = options;
  const profiling = profileDir === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileDir}`];
  const child = await startChild({
    name: "the service",
    args: [...profiling, join(ROOT, "bin/orderloom.mjs"), "start"],
    env: {
      HOST: "127.0.0.1",
      PORT: "0",
      DATA_DIR: dataDir,
      SMTP_URL: smtpUrl,
      LOG_LEVEL: "warn",
      CATALOGUE_FILE: join(ROOT, "catalogue.json"),
      ...EMBEDDED,
    },
    ready: /(http:\/\/[\d.]+:\d+)/,
  });
  return { url: child.ready, pid: child.pid, ended: child.ended, stop: child.stop };
}

/** A new empty folder below `parent`, and how to remove it. */
export function temporaryFolder(parent: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(parent, "orderloom-bench-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** True when a folder is in memory, where durability costs nothing and means nothing. */
export function isInMemory(folder: string): boolean {
  return statfsSync(folder).type === TMPFS_MAGIC;
}

/** The profiles that a service left in a folder. */
export function profilesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".cpuprofile"))
    .map((name) => join(folder, name));
}
