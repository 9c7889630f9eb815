/**
 * One process of the service under a supervisor: what ends without being told to is started again at the same place,
 * as docker compose does, and the test can see how often that was.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { PROJECT_ROOT } from "../linters.ts";
import { type Ended, freePort, Watched } from "../service-process.ts";

const START_TIMEOUT_MS = 180_000;
const READY_POLL_MS = 50;
/** What a supervisor waits before it starts a process again. */
const RESTART_MS = 500;
/** Processes that start again and again need not compile their modules each time. */
const COMPILE_CACHE = join(PROJECT_ROOT, "node_modules/.cache/engine-tests");

export interface Member {
  readonly name: string;
  /** Where it answers, without a slash at the end. It stays the same over restarts. */
  readonly url: string;
  readonly pid: number;
  /** Every end that nobody asked for. */
  readonly exits: readonly Ended[];
  /** SIGKILL, and nobody starts it again. */
  kill(): Promise<void>;
  /** Asks it to stop, as a rollout does. */
  stop(): Promise<Ended>;
  /** Starts it after `kill` or `stop`; resolves at once. */
  start(): void;
  /** Resolves when it says that it is ready. */
  ready(): Promise<void>;
  /** SIGSTOP: it is frozen, and its connections stay open. */
  freeze(): void;
  thaw(): void;
  /** What all its runs wrote to standard error. */
  errors(): string;
}

/** Starts a process; it is killed after the test. */
export async function startMember(name: string, environment: Readonly<Record<string, string>>): Promise<Member> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const exits: Ended[] = [];
  let earlierErrors = "";
  let isWanted = false;
  let run: Watched;

  const start = (): void => {
    isWanted = true;
    const settings = { LOG_LEVEL: "warn", NODE_COMPILE_CACHE: COMPILE_CACHE, ...environment, PORT: String(port) };
    const own = new Watched(["start"], settings);
    run = own;
    void own.ended.then(async (ended) => {
      earlierErrors += ended.stderr;
      if (!isWanted || run !== own) return;
      exits.push(ended);
      await pause(RESTART_MS);
      if (isWanted && run === own) start();
    });
  };
  const end = async (signal: NodeJS.Signals): Promise<Ended> => {
    isWanted = false;
    run.child.kill(signal);
    return run.ended;
  };
  const isReady = async (): Promise<boolean> => {
    try {
      return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
    } catch {
      return false;
    }
  };

  onTestFinished(async () => void (await end("SIGKILL")));
  start();
  const member: Member = {
    name,
    url,
    get pid() {
      return run.child.pid as number;
    },
    exits,
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
    start,
    async ready() {
      const giveUpMs = performance.now() + START_TIMEOUT_MS;
      while (!(await isReady())) {
        if (performance.now() > giveUpMs) throw new Error(`${name} is not ready:\n${member.errors()}`);
        await pause(READY_POLL_MS);
      }
    },
    freeze: () => void run.child.kill("SIGSTOP"),
    thaw: () => void run.child.kill("SIGCONT"),
    errors: () =>
      run.child.exitCode === null && run.child.signalCode === null ? earlierErrors + run.stderr : earlierErrors,
  };
  return member;
}
