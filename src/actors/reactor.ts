/**
 * A reactor tails the logs of the shards that this process owns, from its own checkpoint, and does what follows
 * from stored events. All shards share one loop, so that what happened in many shards is handled in one batch. A
 * batch that fails is tried again, whole: what a reactor does must bear a repeat. Where another transaction holds what some
 * of its shards need, each goes on alone until it has got through, so that the others do not wait for those.
 */
import type { CommitTail } from "./commit-tail.ts";
import { OperationalError } from "./errors.ts";
import type { OwnedShards } from "./owned-shards.ts";
import type { PipelineMetrics } from "./pipeline-metrics.ts";
import type { ApplyResult, Checkpoint, Clock, Commit, EventStore, Random } from "./ports.ts";
import { backoffMs, createWakeUp } from "./retry.ts";

const BATCH_COMMITS_PER_SHARD = 200;
/** Commits of other processes wake nobody here, so a reactor looks for itself now and then. */
const IDLE_POLL_MS = 1_000;
const BACKOFF = { baseMs: 100, maxMs: 5_000 };

/**
 * Does what follows from commits, and stores the checkpoint with it or after it, where there is one. `behind`: nothing was
 * stored, because another process has the shards now and is further.
 */
export type HandleCommits = (
  commits: readonly Commit[],
  checkpoint: Checkpoint | undefined,
) => Promise<ApplyResult["type"]>;

/** What is done for some shards together; returns how many commits were handled. */
type Work = (shards: readonly number[]) => Promise<number>;

export interface ReactorDeps {
  readonly name: string;
  readonly shards: OwnedShards;
  readonly tail: CommitTail;
  readonly eventStore: Pick<EventStore, "changedShards">;
  readonly loadCheckpoint: (reactor: string) => Promise<ReadonlyMap<number, number>>;
  readonly handle: HandleCommits;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: PipelineMetrics;
  /**
   * How long to wait for company after something came: fewer, larger batches where nobody waits for the result. A backlog has
   * company enough, and is worked off without a wait.
   */
  readonly gatherMs?: number;
  /** How often the checkpoint is stored at most: where a repeat costs little, fewer writes. With every batch when left out. */
  readonly storeEveryMs?: number;
}

export interface Reactor {
  readonly name: string;
  start(): void;
  /** Lets the batch in progress finish, and handles what came meanwhile, one batch of it at most. Idempotent. */
  stop(): Promise<void>;
  /** The last position handled, per owned shard. */
  positions(): ReadonlyMap<number, number>;
  /** Handles everything that is stored now, then resolves; for rebuilding beside a stopped service. */
  runToEnd(onProgress: (handledCommits: number) => void): Promise<void>;
}

export function createReactor(deps: ReactorDeps): Reactor {
  const {
    name,
    shards,
    tail,
    eventStore,
    loadCheckpoint,
    handle,
    clock,
    random,
    metrics,
    gatherMs = 0,
    storeEveryMs = 0,
  } = deps;
  const wakeUp = createWakeUp(clock);
  const pause = createWakeUp(clock);
  /** The shards that may hold commits which are not handled yet. */
  const dirty = new Set(shards.list());
  /** The last position handled of each owned shard; one that is not here is read from the checkpoint. */
  const positions = new Map<number, number>();
  /** What is handled and not in the stored checkpoint. */
  const unstored = new Map<number, number>();
  /** The shards that go on alone, until each is done. */
  const alone = new Map<number, Promise<void>>();
  let storedAtMs = Number.NEGATIVE_INFINITY;
  /** True while a shard had as much as a batch takes at the last look. */
  let hasBacklog = false;
  let stopping = false;
  let running: Promise<void> | null = null;
  const subscriptions: (() => void)[] = [];

  const onOwnershipChange = (shard: number): void => {
    positions.delete(shard);
    unstored.delete(shard);
    if (!shards.has(shard)) dirty.delete(shard);
    else markDirty(shard);
  };
  const markDirty = (shard: number): void => {
    if (!shards.has(shard)) return;
    dirty.add(shard);
    wakeUp.wake();
  };

  const loadPositions = async (asked: readonly number[]): Promise<void> => {
    if (asked.every((shard) => positions.has(shard))) return;
    const stored = await loadCheckpoint(name);
    for (const shard of asked) if (!positions.has(shard)) positions.set(shard, stored.get(shard) ?? 0);
  };

  /** Handles one batch of the shards that share one; returns how many commits it held. */
  const step = (): Promise<number> => together([...dirty], stepOf);

  /** Does the work of all shards at once; while somebody is in its way it is each one's own, which the others do not wait for. */
  const together = async (asked: readonly number[], work: Work): Promise<number> => {
    const sharing = asked.filter((shard) => !alone.has(shard));
    try {
      return await work(sharing);
    } catch (error) {
      if (!(error instanceof OperationalError && error.code === "store_contended")) throw error;
      metrics.error(error.code, name);
      for (const shard of sharing) alone.set(shard, goOnAlone(shard, work));
      return 0;
    }
  };

  const goOnAlone = async (shard: number, work: Work): Promise<void> => {
    for (let failures = 1; ; failures++) {
      try {
        await work([shard]);
        break;
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error;
        metrics.error(error.code, name);
        if (stopping || !shards.has(shard)) break;
        await pause.wait(backoffMs(BACKOFF, failures, random));
      }
    }
    alone.delete(shard);
    wakeUp.wake();
  };

  const stepOf: Work = async (asked) => {
    if (asked.length === 0) return 0;
    for (const shard of asked) dirty.delete(shard);
    try {
      await loadPositions(asked);
      const slices = await Promise.all(
        asked.map((shard) => tail.read(shard, positions.get(shard) ?? 0, BATCH_COMMITS_PER_SHARD)),
      );
      hasBacklog = slices.some(({ length }) => length === BATCH_COMMITS_PER_SHARD);
      const commits = slices.flat();
      if (commits.length === 0) return 0;
      const reached = new Map(slices.flatMap((slice) => (slice.length === 0 ? [] : [lastOf(slice)])));
      const result = await take(commits, new Map([...unstoredWith(asked), ...reached]), isTimeToStore());
      for (const [shard, position] of reached) {
        if (!shards.has(shard)) continue;
        if (result === "applied") positions.set(shard, position);
        dirty.add(shard);
      }
      if (result === "applied") metrics.reactor(name, commits.length);
      return commits.length;
    } catch (error) {
      for (const shard of asked) dirty.add(shard);
      throw error;
    }
  };

  /** A clock that was set back must not put the checkpoint off for as long. */
  const isTimeToStore = (): boolean => {
    const sinceStoredMs = clock.nowMs() - storedAtMs;
    return sinceStoredMs < 0 || sinceStoredMs >= storeEveryMs;
  };

  /** Hands commits over, and the checkpoint with them when it is time to store it. */
  const take = async (commits: readonly Commit[], reached: ReadonlyMap<number, number>, isDue: boolean) => {
    const result = await handle(commits, isDue ? { reactor: name, positions: reached } : undefined);
    if (isDue) storedAtMs = clock.nowMs();
    for (const [shard, position] of reached) {
      if (result === "behind") positions.delete(shard);
      if (result === "applied" && !isDue && shards.has(shard)) unstored.set(shard, position);
      else unstored.delete(shard);
    }
    return result;
  };

  /** What is handled and not stored, of these shards and of all that share their batches. */
  const unstoredWith = (asked: readonly number[]) => {
    const isAlone = asked.some((shard) => alone.has(shard));
    return [...unstored].filter(([shard]) => asked.includes(shard) || !(isAlone || alone.has(shard)));
  };

  /** Stores a checkpoint that was put off. */
  const store: Work = async (asked) => {
    const behind = new Map([...unstored].filter(([shard]) => asked.includes(shard)));
    if (behind.size > 0 && (await take([], behind, true)) === "behind") for (const shard of asked) markDirty(shard);
    return 0;
  };

  /** Finds commits that were not published in this process: after an append with an unknown outcome, for example. */
  const lookForUnpublished = async (): Promise<void> => {
    const known = new Map(shards.list().flatMap((shard) => [[shard, positions.get(shard) ?? 0] as const]));
    if (known.size === 0) return;
    // The tail knows what was published here, and would not ask for what another process has appended behind it.
    for (const shard of await eventStore.changedShards(known)) tail.forget(shard);
  };

  const loop = async (): Promise<void> => {
    let failures = 0;
    while (!stopping) {
      try {
        if (gatherMs > 0 && dirty.size > 0 && !hasBacklog && !stopping) await pause.wait(gatherMs);
        const handled = await step();
        failures = 0;
        if (handled > 0 || [...dirty].some((shard) => !alone.has(shard)) || stopping) continue;
        if (isTimeToStore()) await together([...unstored.keys()], store);
        if ((await wakeUp.wait(IDLE_POLL_MS)) === "timeout") await lookForUnpublished();
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
      subscriptions.push(shards.onChange(onOwnershipChange), tail.onPublish(markDirty));
      running = loop();
    },
    async stop() {
      stopping = true;
      for (const unsubscribe of subscriptions) unsubscribe();
      wakeUp.wake();
      pause.wake();
      await running;
      await Promise.all(alone.values());
      try {
        await stepOf([...dirty]);
        await store([...unstored.keys()]);
      } catch (error) {
        // What is not handled or not stored is handled at the next start.
        if (!(error instanceof OperationalError)) throw error;
      }
    },
    positions: () => positions,
    async runToEnd(onProgress) {
      let handled = 0;
      for (let commits = await stepOf([...dirty]); commits > 0; commits = await stepOf([...dirty])) {
        handled += commits;
        onProgress(handled);
      }
      await store([...unstored.keys()]);
    },
  };
}

function lastOf(slice: readonly Commit[]): [shard: number, position: number] {
  const { shard, position } = slice[slice.length - 1] as Commit;
  return [shard, position];
}
