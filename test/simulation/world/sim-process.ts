/**
 * A process of the service: the real pipeline over simulated ports. It crashes at any moment between two callbacks,
 * stands still, is asked to stop, and comes again; what it remembers is lost each time, and its stores remember.
 */
import { OperationalError } from "../../../src/actors/errors.ts";
import { type Pipeline, type PipelineDeps, startPipeline } from "../../../src/actors/pipeline.ts";
import type { Clock } from "../../../src/actors/ports.ts";
import { createSeededRandom } from "../../support/memory/seeded-random.ts";
import type { Coverage } from "../engine/coverage.ts";
import type { Kernel } from "../engine/kernel.ts";
import { createLife, type Life } from "../engine/life.ts";
import type { Luck } from "../engine/luck.ts";
import type { Network } from "./network.ts";

/** What the world gives to each life of a process. */
export type PortsOf = (life: Life) => Omit<PipelineDeps, "clock" | "random">;

export interface SimProcess {
  readonly name: string;
  /** Starts, unless it runs. */
  start(): void;
  /** It is gone at once, and starts again after a while; null: it stays away. */
  crash(downMs: number | null): void;
  /** True when this is its life now. */
  isAlive(life: Life): boolean;
  /** Asks it to stop, and starts it again a while after; one that does not stop in time is killed. */
  stop(downMs: number): void;
  stall(forMs: number): void;
  resume(): void;
  /** Sets its clock ahead, or back. */
  stepClock(byMs: number): void;
  /** How far its clock has ever been ahead. */
  clockAheadMs(): number;
  /** Asks the process over the network; it may be gone, or be gone before it answers. */
  request<Result>(ask: (pipeline: Pipeline) => Promise<Result>): Promise<Result>;
}

const START_RETRY_MS = 500;
const KILL_AFTER_MS = 10_000;

export function createSimProcess(deps: {
  readonly name: string;
  readonly kernel: Kernel;
  readonly luck: Luck;
  readonly network: Network;
  readonly coverage: Coverage;
  readonly portsOf: PortsOf;
  /** Told when the process is silent from now on: dead, or at a standstill. */
  readonly onSilent: (life: Life) => void;
  readonly onBug: (error: unknown) => void;
}): SimProcess {
  const { name, kernel, luck, network, coverage, portsOf, onSilent, onBug } = deps;
  let life: Life | null = null;
  let pipeline: Pipeline | null = null;
  let stopping = false;
  let clockOffsetMs = 0;
  let clockAheadMs = 0;

  const clockOf = (owner: Life): Clock => ({
    nowMs: () => kernel.nowMs() + clockOffsetMs,
    schedule(delayMs, callback) {
      let cancelled = false;
      const cancel = kernel.after(delayMs, () => owner.deliver(() => (cancelled ? undefined : callback())));
      return () => {
        cancelled = true;
        cancel();
      };
    },
  });

  const end = (ended: Life, downMs: number | null): void => {
    if (life !== ended) return;
    if (downMs !== null) kernel.plan(kernel.nowMs() + downMs, start);
    ended.end();
    onSilent(ended);
    life = null;
    pipeline = null;
    stopping = false;
  };

  const start = (): void => {
    if (life !== null) return;
    const own = createLife(name, kernel);
    life = own;
    kernel.changed(`${name} starts`);
    const random = createSeededRandom(luck.between(1, 0x7fffffff, "random", name));
    startPipeline({ ...portsOf(own), clock: clockOf(own), random }).then(
      (started) => {
        if (life === own) pipeline = started;
      },
      (error: unknown) => {
        if (!(error instanceof OperationalError)) onBug(error);
        coverage.hit("process: a start fails");
        end(own, START_RETRY_MS);
      },
    );
  };

  return {
    name,
    start,
    crash(downMs) {
      if (life === null) return;
      kernel.changed(`${name} crashes`);
      end(life, downMs);
    },
    isAlive: (other) => other === life,
    stop(downMs) {
      const own = life;
      const running = pipeline;
      if (own === null || running === null || stopping) return;
      stopping = true;
      kernel.changed(`${name} is asked to stop`);
      own.deliver(() => {
        running.stop().then(() => {
          coverage.hit("process: stops when asked");
          end(own, downMs);
        }, onBug);
      });
      kernel.plan(kernel.nowMs() + KILL_AFTER_MS, () => end(own, downMs));
    },
    stall(forMs) {
      const own = life;
      if (own === null || own.isStalled()) return;
      kernel.changed(`${name} stands still for ${forMs} ms`);
      own.stall();
      onSilent(own);
      kernel.plan(kernel.nowMs() + forMs, () => own.resume());
    },
    resume: () => life?.resume(),
    stepClock(byMs) {
      kernel.changed(`the clock of ${name} is ${byMs} ms off`);
      clockOffsetMs = byMs;
      clockAheadMs = Math.max(clockAheadMs, clockOffsetMs);
    },
    clockAheadMs: () => clockAheadMs,
    request: (ask) =>
      new Promise((resolve, reject) => {
        const own = life;
        const running = pipeline;
        if (own === null || running === null || stopping) {
          network.notify(OUTSIDE, 5, name, () => reject(refusedConnection(name)));
          return;
        }
        network.notify(own, 5, "request", () => {
          ask(running).then(
            (result) => network.notify(OUTSIDE, 5, name, () => resolve(result)),
            (error: Error) => network.notify(OUTSIDE, 5, name, () => reject(error)),
          );
        });
      }),
  };
}

/** People and other systems: they do not crash. */
export const OUTSIDE: Life = {
  name: "outside",
  isAlive: () => true,
  isStalled: () => false,
  deliver: (callback) => callback(),
  end() {},
  stall() {},
  resume() {},
};

function refusedConnection(name: string): OperationalError {
  return new OperationalError("service_unreachable", `${name} does not run`, { retryable: true });
}
