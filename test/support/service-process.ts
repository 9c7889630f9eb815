/** The service as a process of its own, started the way a user starts it, so that it can be killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { PROJECT_ROOT } from "./linters.ts";

const START_TIMEOUT_MS = 60_000;

/** What starts the command line: a program and its first arguments. */
export type Program = readonly [string, ...string[]];

const BIN: Program = [process.execPath, join(PROJECT_ROOT, "bin/orderloom.mjs")];

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ServiceProcess {
  readonly url: string;
  readonly pid: number;
  /** Resolves when it has ended, and everything that it started has, too. */
  readonly ended: Promise<Ended>;
  /** Sends a signal and waits until the process has ended. */
  end(signal: NodeJS.Signals): Promise<Ended>;
  /** What it has written so far. */
  output(): { readonly stdout: string; readonly stderr: string };
}

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "orderloom-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A port that nobody listens on now, for a service that has to come back at the same place. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs the command line to its end. */
export async function runOrderloom(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Watched(args, environment).ended;
}

/**
 * Starts the service and waits until it says where it is. It is killed after the test if it still runs.
 * @param program starts it in another way, with a process group of its own, as a terminal gives it.
 */
export async function startServiceProcess(
  environment: Readonly<Record<string, string>>,
  program?: Program,
): Promise<ServiceProcess> {
  const settings = { PORT: "0", DEV_INBOX_PORT: "0", LOG_LEVEL: "warn", ...environment };
  const watched = new Watched(["start"], settings, program);
  onTestFinished(() => watched.kill());
  const url = await watched.printed(/shop +(http:\S+)\//);
  return {
    url,
    pid: watched.child.pid as number,
    ended: watched.ended,
    end(signal) {
      watched.child.kill(signal);
      return watched.ended;
    },
    output: () => ({ stdout: watched.stdout, stderr: watched.stderr }),
  };
}

/** The command line as a child process whose output is kept. It has ended when nobody has its output open any more. */
export class Watched {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";

  readonly #hasGroup: boolean;
  #isOver = false;

  constructor(args: readonly string[], environment: Readonly<Record<string, string>>, program = BIN) {
    const [command, ...firstArguments] = program;
    this.#hasGroup = program !== BIN;
    const child = spawn(command, [...firstArguments, ...args], {
      cwd: PROJECT_ROOT,
      detached: this.#hasGroup,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.child = child;
    this.ended = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.#isOver = true;
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Kills it with everything that it started; nothing when that has ended. */
  kill(): void {
    if (!this.#hasGroup) this.child.kill("SIGKILL");
    else if (!this.#isOver) process.kill(-(this.child.pid as number), "SIGKILL");
  }

  /** Waits until standard output has what `pattern` captures. */
  async printed(pattern: RegExp): Promise<string> {
    const found = new Promise<string>((resolve) => {
      const look = (): void => {
        const match = pattern.exec(this.stdout);
        if (match?.[1] !== undefined) resolve(match[1]);
      };
      this.child.stdout?.on("data", look);
      look();
    });
    const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
    const failed = new Promise<never>((_, reject) => {
      timeout.addEventListener("abort", () => reject(new Error(`the service did not start:\n${this.stderr}`)));
      void this.ended.then(({ code }) => reject(new Error(`the service ended with ${code}:\n${this.stderr}`)));
    });
    return Promise.race([found, failed]);
  }
}
