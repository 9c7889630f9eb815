/**
 * Starts the processes of the bench and ends them by their own handle. A child says on its standard output that it
 * is ready; what it says on standard error is kept, so that a failure can be explained.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const KEPT_STDERR_CHARACTERS = 4_000;

export interface ChildOptions {
  readonly name: string;
  /** Arguments of Node: its own flags, a script and the script's arguments. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The line that says that it is ready; its first group becomes `Child.ready`. */
  readonly ready: RegExp;
  readonly readyTimeoutMs?: number;
  /** How long it may take to end after SIGTERM. */
  readonly stopTimeoutMs?: number;
  /** Gets every line of standard output after the ready line. */
  readonly onLine?: (line: string) => void;
}

export interface Child {
  readonly pid: number;
  readonly ready: string;
  /** Settles when the process is gone; tells how it ended. */
  readonly ended: Promise<string>;
  /** SIGTERM, and SIGKILL when that does not help in time. Idempotent. */
  stop(): Promise<void>;
}

/** Resolves once the child is ready; one that ends or hangs before is ended and explained. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, args, env = {}, ready, readyTimeoutMs = 20_000, stopTimeoutMs = 20_000, onLine = () => {} } = options;
  const spawned = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  let stderr = "";
  spawned.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-KEPT_STDERR_CHARACTERS);
  });
  const ended = once(spawned, "close").then(([code, signal]) => `${name} ended (${signal ?? code})\n${stderr}`.trim());
  const { promise: isReady, resolve, reject } = Promise.withResolvers<string>();
  let handleLine = (line: string): void => {
    const found = ready.exec(line);
    if (found === null) return;
    handleLine = onLine;
    resolve(found[1] ?? "");
  };
  createInterface({ input: spawned.stdout }).on("line", (line) => handleLine(line));

  const stop = async (): Promise<void> => {
    spawned.kill("SIGTERM");
    const kill = setTimeout(() => spawned.kill("SIGKILL"), stopTimeoutMs);
    await ended;
    clearTimeout(kill);
  };
  const timeout = setTimeout(
    () => reject(new Error(`${name} was not ready within ${readyTimeoutMs} ms`)),
    readyTimeoutMs,
  );
  void ended.then((how) => reject(new Error(how)));
  try {
    return { ready: await isReady, pid: spawned.pid ?? 0, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timeout);
  }
}

/** Ends this process when the one that started it is gone, so that no child outlives a killed bench. */
export function endWithParent(): void {
  process.stdin.resume().once("end", () => process.exit(0));
}
