/**
 * Keeps the view of dead letters: tails the topic `dead-letters` of the shards that this process owns, from its own
 * checkpoint, which is the offset of the next record. One request tells the ends of all shards, so that shards in which
 * nothing happens cost nothing. The view follows from the topic alone, and can be made again from its beginning.
 */
import {
  CONTENTS_VIEW,
  COUNTS_VIEW,
  type CountsDocument,
  countLetters,
  countsId,
  foldLetters,
  LETTERS_VIEW,
  type LetterContents,
  type LetterDocument,
  type StoredLetter,
} from "./dead-letter-documents.ts";
import { readDeadLetterRecord } from "./dead-letter-records.ts";
import { OperationalError } from "./errors.ts";
import { LETTER_CLAIMS_VIEW } from "./letter-claims.ts";
import type { OwnedShards } from "./owned-shards.ts";
import type { PipelineMetrics } from "./pipeline-metrics.ts";
import type { Clock, LogRecord, MessageLog, Random, ViewDocument, ViewStore, ViewVersion, ViewWrite } from "./ports.ts";
import { backoffMs, createWakeUp } from "./retry.ts";

const POLL_MS = 1_000;
/** A letter may be a megabyte. */
const BATCH_RECORDS = 50;
const BACKOFF = { baseMs: 100, maxMs: 5_000 };
const WHERE = "dead-letters";

/** The places of the view's parts, in one version. */
export interface LetterViews {
  readonly letters: ViewVersion;
  readonly contents: ViewVersion;
  readonly counts: ViewVersion;
}

export function letterViews(version: number): LetterViews {
  return {
    letters: { view: LETTERS_VIEW.name, version },
    contents: { view: CONTENTS_VIEW.name, version },
    counts: { view: COUNTS_VIEW.name, version },
  };
}

/** Creates what a version needs. */
export async function defineLetterViews(viewStore: ViewStore, version: number): Promise<void> {
  for (const view of [LETTERS_VIEW, CONTENTS_VIEW, COUNTS_VIEW]) await viewStore.define(view, version);
}

/** The version that is read; the first start creates it. */
export async function activeLetterVersion(viewStore: ViewStore): Promise<number> {
  const active = await viewStore.activeVersion(LETTERS_VIEW.name);
  const version = active ?? 1;
  await defineLetterViews(viewStore, version);
  await viewStore.define(LETTER_CLAIMS_VIEW, 1);
  if (active === null) await viewStore.activate({ view: LETTERS_VIEW.name, version });
  return version;
}

/**
 * The version that is read.
 * @throws OperationalError `not_prepared` where there is none yet.
 */
export async function readLetterVersion(viewStore: Pick<ViewStore, "activeVersion">): Promise<number> {
  const active = await viewStore.activeVersion(LETTERS_VIEW.name);
  if (active !== null) return active;
  const message = "There is no view of dead letters yet: the first start makes it, and so does `orderloom migrate`.";
  throw new OperationalError("not_prepared", message, { retryable: false });
}

/** The name of the checkpoint of a version. */
export function letterReaderName(version: number): string {
  return `dead-letters-v${version}`;
}

export interface DeadLetterReaderDeps {
  readonly log: Pick<MessageLog, "endOffsets" | "read">;
  readonly viewStore: ViewStore;
  readonly version: number;
  readonly shards: OwnedShards;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Pick<PipelineMetrics, "error" | "reactor">;
}

export interface DeadLetterReader {
  start(): void;
  /** Lets the batch in progress finish. Idempotent. */
  stop(): Promise<void>;
  /** Handles all that is in the topic now, then resolves; for commands beside a stopped service. */
  runToEnd(onProgress?: (handledRecords: number, allRecords: number) => void): Promise<void>;
}

export function createDeadLetterReader(deps: DeadLetterReaderDeps): DeadLetterReader {
  const { log, viewStore, version, shards, clock, random, metrics } = deps;
  const views = letterViews(version);
  const reactor = letterReaderName(version);
  const pause = createWakeUp(clock);
  /** The next offset of each owned shard; one that is not here is read from the checkpoint. */
  const positions = new Map<number, number>();
  /** An end behind which nothing more was found: marks of transactions are no records. */
  const emptyUpTo = new Map<number, number>();
  let stopping = false;
  let running: Promise<void> | null = null;
  let unsubscribe = (): void => {};

  /** Those of the owned shards that hold records which are not handled. */
  const shardsBehind = async (): Promise<readonly (readonly [shard: number, end: number])[]> => {
    const owned = shards.list();
    if (owned.length === 0) return [];
    const ends = await log.endOffsets("dead-letters");
    if (owned.some((shard) => !positions.has(shard))) {
      const stored = await viewStore.checkpoint(reactor);
      for (const shard of owned) if (!positions.has(shard)) positions.set(shard, stored.get(shard) ?? 0);
    }
    return owned
      .map((shard) => [shard, ends.get(shard) ?? 0] as const)
      .filter(([shard, end]) => end > Math.max(positions.get(shard) ?? 0, emptyUpTo.get(shard) ?? 0));
  };

  /** Handles what a shard holds, a batch at a time. @returns how many records it handled. */
  const catchUp = async (shard: number, end: number): Promise<number> => {
    let handled = 0;
    while (!stopping) {
      const position = positions.get(shard);
      if (position === undefined) return handled;
      const records = await log.read("dead-letters", shard, position, BATCH_RECORDS);
      const last = records.at(-1);
      if (last === undefined) {
        emptyUpTo.set(shard, end);
        return handled;
      }
      const next = last.offset + 1;
      const isStored = await fold(shard, { position, next, records });
      // Ownership may have ended meanwhile, and what is remembered with it.
      if (isStored && positions.has(shard)) positions.set(shard, next);
      if (!isStored) positions.delete(shard);
      handled += records.length;
    }
    return handled;
  };

  const fold = async (
    shard: number,
    { position, next, records }: { position: number; next: number; records: readonly LogRecord[] },
  ): Promise<boolean> => {
    const entries = records.map(readDeadLetterRecord);
    const readable = entries.filter((entry) => entry !== null);
    for (let i = readable.length; i < entries.length; i++) metrics.error("unreadable_message", WHERE);
    const known = await storedLetters(viewStore, views, [...new Set(readable.map(({ id }) => id))]);
    // After the letters: counts that are as old as this batch prove that the letters are not newer.
    const id = countsId(shard);
    const counts = (await viewStore.getMany(views.counts, [id])).get(id) as unknown as CountsDocument | undefined;
    if ((counts?.upTo ?? 0) !== position) return false;
    const changed = foldLetters(known, readable);
    const document: CountsDocument = { upTo: next, codes: countLetters(counts?.codes ?? [], known, changed) };
    const writes: ViewWrite[] = [...changed].flatMap(([letterId, { summary, contents }]): ViewWrite[] => [
      { type: "put", target: views.letters, id: letterId, document: { ...summary } },
      { type: "put", target: views.contents, id: letterId, document: { ...contents } },
    ]);
    writes.push({ type: "put", target: views.counts, id, document: { ...document } });
    const result = await viewStore.apply(writes, { reactor, positions: new Map([[shard, next]]) });
    if (result.type === "applied") metrics.reactor(reactor, records.length);
    return result.type === "applied";
  };

  const round = async (): Promise<void> => {
    for (const [shard, end] of await shardsBehind()) if (!stopping) await catchUp(shard, end);
  };

  const loop = async (): Promise<void> => {
    let failures = 0;
    while (!stopping) {
      try {
        await round();
        failures = 0;
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error;
        failures += 1;
        metrics.error(error.code, WHERE);
      }
      if (!stopping) await pause.wait(failures === 0 ? POLL_MS : backoffMs(BACKOFF, failures, random));
    }
  };

  return {
    start() {
      unsubscribe = shards.onChange((shard) => {
        positions.delete(shard);
        emptyUpTo.delete(shard);
      });
      running = loop();
    },
    async stop() {
      stopping = true;
      unsubscribe();
      pause.wake();
      await running;
    },
    async runToEnd(onProgress) {
      const all = [...(await log.endOffsets("dead-letters")).values()].reduce((sum, end) => sum + end, 0);
      let handled = 0;
      for (const [shard, end] of await shardsBehind()) {
        handled += await catchUp(shard, end);
        onProgress?.(handled, all);
      }
    },
  };
}

/** Letters with their contents; absent ones are left out. */
export async function storedLetters(
  viewStore: Pick<ViewStore, "getMany">,
  { letters, contents }: LetterViews,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredLetter>> {
  if (ids.length === 0) return new Map();
  const [summaries, bodies] = await Promise.all([viewStore.getMany(letters, ids), viewStore.getMany(contents, ids)]);
  const found = new Map<string, StoredLetter>();
  for (const [id, summary] of summaries) {
    const body: ViewDocument | undefined = bodies.get(id);
    if (body === undefined) continue;
    const contentsOf = body as unknown as LetterContents;
    found.set(id, { summary: summary as unknown as LetterDocument, contents: contentsOf });
  }
  return found;
}
