/**
 * A reactor tails the shard logs from its own checkpoint and does what follows from stored events. All shards
 * share one loop, so that what happened in many shards is handled in one batch. A batch that fails is tried
 * again, whole: what a reactor does must bear a repeat.
 */
import type { CommitTail } from "./commit-tail.ts";
import { OperationalError } from "./errors.ts";
import type { PipelineMetrics } from "./pipeline-metrics.ts";
import type { Checkpoint, Clock, Commit, Random } from "./ports.ts";
import { backoffMs, createWakeUp } from "./retry.ts";

const BATCH_COMMITS_PER_SHARD = 200;
/** Commits of other processes wake nobody here, so a reactor looks for itself now and then. */
const IDLE_POLL_MS = 1_000;
const BACKOFF = { baseMs: 100, maxMs: 5_000 };

/** Does what follows from commits, and stores the checkpoint with it or after it. */
export type HandleCommits = (commits: readonly Commit[], checkpoint: Checkpoint) => Promise<void>;

export interface ReactorDeps {
  readonly name: string;
  readonly shards: readonly number[];
  readonly tail: CommitTail;
  readonly loadCheckpoint: (reactor: string) => Promise<ReadonlyMap<number, number>>;
  readonly handle: HandleCommits;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: PipelineMetrics;
  /** How long to wait for company after something came: fewer, larger batches where nobody waits for the result. */
  readonly gatherMs?: number;
}

export interface Reactor {
  readonly name: string;
  start(): void;
  /** Lets the batch in progress finish. Idempotent. */
  stop(): Promise<void>;
  /** The last position handled, per shard. */
  positions(): ReadonlyMap<number, number>;
  /** Handles everything that is stored now, then resolves; for rebuilding beside a stopped service. */
  runToEnd(onProgress: (handledCommits: number) => void): Promise<void>;
}

export function createReactor(deps: ReactorDeps): Reactor {
  const { name, shards, tail, loadCheckpoint, handle, clock, random, metrics, gatherMs = 0 } = deps;
  const wakeUp = createWakeUp(clock);
  const pause = createWakeUp(clock);
  /** The shards that may hold commits which are not handled yet. */
  const dirty = new Set(shards);
  let positions: Map<number, number> | null = null;
  let stopping = false;
  let running: Promise<void> | null = null;
  let unsubscribe = (): void => {};

  /** Handles one batch; returns how many commits it held. */
  const step = async (): Promise<number> => {
    positions ??= new Map(await loadCheckpoint(name));
    const current = positions;
    const asked = [...dirty];
    dirty.clear();
    try {
      const slices = await Promise.all(
        asked.map((shard) => tail.read(shard, current.get(shard) ?? 0, BATCH_COMMITS_PER_SHARD)),
      );
      const commits = slices.flat();
      if (commits.length === 0) return 0;
      const reached = new Map(slices.flatMap((slice) => (slice.length === 0 ? [] : [lastOf(slice)])));
      await handle(commits, { reactor: name, positions: reached });
      for (const [shard, position] of reached) {
        current.set(shard, position);
        dirty.add(shard);
      }
      metrics.reactor(name, commits.length);
      return commits.length;
    } catch (error) {
      for (const shard of asked) dirty.add(shard);
      throw error;
    }
  };

  const loop = async (): Promise<void> => {
    let failures = 0;
    while (!stopping) {
      try {
        if (gatherMs > 0 && !stopping) await pause.wait(gatherMs);
        const handled = await step();
        failures = 0;
        if (handled > 0 || dirty.size > 0 || stopping) continue;
        if ((await wakeUp.wait(IDLE_POLL_MS)) === "timeout") for (const shard of shards) dirty.add(shard);
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error;
        failures += 1;
        metrics.error(error.code, name);
        await pause.wait(backoffMs(BACKOFF, failures, random));
      }
    }
  };

  return {
    name,
    start() {
      unsubscribe = tail.onPublish((shard) => {
        dirty.add(shard);
        wakeUp.wake();
      });
      running = loop();
    },
    async stop() {
      stopping = true;
      unsubscribe();
      wakeUp.wake();
      pause.wake();
      await running;
    },
    positions: () => positions ?? new Map(),
    async runToEnd(onProgress) {
      let handled = 0;
      for (let commits = await step(); commits > 0; commits = await step()) {
        handled += commits;
        onProgress(handled);
      }
    },
  };
}

function lastOf(slice: readonly Commit[]): [shard: number, position: number] {
  const { shard, position } = slice[slice.length - 1] as Commit;
  return [shard, position];
}
