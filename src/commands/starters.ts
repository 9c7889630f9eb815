/**
 * Notices when whoever started this process is gone, so that nobody is left who would stop it: npm passes a signal on
 * to its shell alone, many shells leave behind what they run, and whoever is killed passes nothing on. On Windows, where
 * there are no such signals and Ctrl-C reaches every process, this sees only the hand-over from an older Node.
 * `bin/orderloom.mjs` loads this file before all others, so that it knows who was there at first.
 */
import { readFileSync } from "node:fs";

const POLL_MS = 500;

const isHandedOver = process.connected;
const parent = process.ppid;
const npm = npmAbove(parent);

/** Calls `onGone` once, when the hand-over from an older Node, npm or npm's shell has ended. Keeps nothing alive. */
export function watchStarters(onGone: () => void): void {
  if (isHandedOver) {
    // It may have gone while this process started.
    if (process.connected) process.once("disconnect", onGone);
    else onGone();
    process.channel?.unref();
  }
  // Others who start a process may well leave it to itself; npm waits for what it runs.
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === null || parentOf(parent) === npm)) return;
    clearInterval(timer);
    onGone();
  }, POLL_MS);
  timer.unref();
}

/** The npm above a shell that runs a script of it; null when the script took the shell's place, or nobody can say. */
function npmAbove(shell: number): number | null {
  const script = process.env["npm_lifecycle_script"];
  const commandLine = readProcess(shell, "cmdline");
  return script !== undefined && commandLine?.includes(script) ? parentOf(shell) : null;
}

function parentOf(pid: number): number | null {
  // The name in brackets may hold anything; after it come the state and the parent.
  const [, parentPid] = /\) \S (\d+) [^)]*$/.exec(readProcess(pid, "stat") ?? "") ?? [];
  return parentPid === undefined ? null : Number(parentPid);
}

function readProcess(pid: number, file: "cmdline" | "stat"): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return null;
  }
}
