/**
 * Lets threads run seeds until the seeds or the time are over, or something breaks. A thread that is stuck in one seed
 * is ended: a seed that never ends is a finding, too.
 */
import { Worker } from "node:worker_threads";
import type { Violation } from "./audit/fail.ts";
import { type Coverage, createCoverage } from "./engine/coverage.ts";
import type { Stretch, WorkerReport } from "./seed-worker.ts";

export interface PoolProgress {
  readonly seeds: number;
  readonly steps: number;
  readonly commits: number;
  readonly simulatedMs: number;
  readonly elapsedMs: number;
}

export interface PoolResult extends PoolProgress {
  readonly failures: readonly { readonly seed: number; readonly violation: Violation }[];
  readonly coverage: Coverage;
}

/** Few enough that progress moves, many enough that messages cost nothing. */
const STRETCH_SEEDS = 20;
const STUCK_AFTER_MS = 60_000;
const YOUNG_GENERATION_MB = 64;

export async function runPool(options: {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly untilMs: number;
  readonly workers: number;
  readonly onProgress: (progress: PoolProgress) => void;
}): Promise<PoolResult> {
  const { firstSeed, seeds, untilMs, workers, onProgress } = options;
  const startedMs = Date.now();
  const coverage = createCoverage();
  const failures: { seed: number; violation: Violation }[] = [];
  const sum = { seeds: 0, steps: 0, commits: 0, simulatedMs: 0 };
  let nextSeed = firstSeed;

  const nextStretch = (): Stretch | null => {
    const count = Math.min(STRETCH_SEEDS, firstSeed + seeds - nextSeed);
    if (count <= 0 || Date.now() >= untilMs || failures.length > 0) return null;
    nextSeed += count;
    return { seeds: Array.from({ length: count }, (_, i) => nextSeed - count + i) };
  };
  const note = (report: Extract<WorkerReport, { type: "done" }>): void => {
    for (const { seed, violations, steps, commits, simulatedMs } of report.results) {
      sum.seeds += 1;
      sum.steps += steps;
      sum.commits += commits;
      sum.simulatedMs += simulatedMs;
      if (violations[0] !== undefined) failures.push({ seed, violation: violations[0] });
    }
    for (const [what, times] of report.coverage) coverage.hit(what, times);
    onProgress({ ...sum, elapsedMs: Date.now() - startedMs });
  };

  const runWorker = async (): Promise<void> => {
    const worker = new Worker(new URL("./seed-worker.ts", import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    let seed = firstSeed;
    try {
      for (let stretch = nextStretch(); stretch !== null; stretch = nextStretch()) {
        worker.postMessage(stretch);
        note(await reportOf(worker, (begun) => (seed = begun)));
      }
    } catch (error) {
      failures.push({ seed, violation: { invariant: "D2", detail: (error as Error).message } });
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: workers }, runWorker));
  return { ...sum, elapsedMs: Date.now() - startedMs, failures, coverage };
}

/** What the worker made of its stretch. @throws Error when it dies or stands still in a seed. */
function reportOf(worker: Worker, onSeed: (seed: number) => void): Promise<Extract<WorkerReport, { type: "done" }>> {
  return new Promise((resolve, reject) => {
    const stuck = (): void => end(() => reject(new Error(`a seed has not ended after ${STUCK_AFTER_MS / 1_000} s`)));
    let timer = setTimeout(stuck, STUCK_AFTER_MS);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      worker.off("error", onError);
      worker.off("message", onMessage);
      settle();
    };
    const onError = (error: Error): void => end(() => reject(error));
    const onMessage = (report: WorkerReport): void => {
      if (report.type === "done") {
        end(() => resolve(report));
        return;
      }
      onSeed(report.seed);
      clearTimeout(timer);
      timer = setTimeout(stuck, STUCK_AFTER_MS);
    };
    worker.on("error", onError);
    worker.on("message", onMessage);
  });
}
