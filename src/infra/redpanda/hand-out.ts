/**
 * Hands fetched records to the handlers: shards side by side, the batches of one shard one after the other. A batch
 * that throws comes again after a pause, as long as its shard is assigned; one that never can succeed ends the process,
 * because a shard that stands still must be seen. Nothing here holds up fetching, so heartbeats go on however long a
 * handler takes.
 */
import { OperationalError } from "../../actors/errors.ts";
import type { Clock, InboxHandlers, NewRecord, Random } from "../../actors/ports.ts";
import { backoffMs } from "../../actors/retry.ts";
import { pause } from "../waiting.ts";
import type { Assignment, OwnedShard } from "./assignment.ts";
import { drain, type FetchedRecord, markProcessed } from "./inbox-partition.ts";

const MAX_BATCH_RECORDS = 500;
const BACKOFF = { baseMs: 100, maxMs: 5_000 };

export interface HandOut {
  /** Hands out what waits of a shard, unless that is being done already. */
  wake(assignment: Assignment, owned: OwnedShard): void;
  /** Hands out no more, and resolves when the batches in progress have ended. */
  stop(): Promise<void>;
}

export interface HandOutDeps {
  readonly onBatch: InboxHandlers["onBatch"];
  /** Stores dead letters. */
  readonly park: (letters: readonly NewRecord[]) => Promise<void>;
  /** False while it is not certain that the shards are still ours. */
  readonly isHeld: () => boolean;
  readonly onProcessed: (assignment: Assignment, owned: OwnedShard) => void;
  /** Records were taken out of a shard's buffers. */
  readonly onDrained: (assignment: Assignment, owned: OwnedShard) => void;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
  readonly onError: (error: unknown) => void;
  /** A batch failed for good. Nothing is handed out any more. */
  readonly onDead: (error: OperationalError) => void;
}

export function createHandOut(deps: HandOutDeps): HandOut {
  const { onBatch, park, isHeld, clock, random, onError } = deps;
  /** The end of the last turn of each shard: a batch of an assignment that has ended may still be with its handler. */
  const turns = new Map<number, Promise<void>>();
  const stopping = new AbortController();

  const mayGoOn = (assignment: Assignment): boolean => !assignment.ended.aborted && !stopping.signal.aborted;

  const handleAll = async (assignment: Assignment, owned: OwnedShard): Promise<void> => {
    while (mayGoOn(assignment) && isHeld()) {
      const records = drain(owned.partitions, MAX_BATCH_RECORDS);
      if (records.length === 0) break;
      deps.onDrained(assignment, owned);
      await handle(assignment, owned, records);
    }
    // In the same turn as the last look at the buffers: a record that comes after it finds the shard idle.
    owned.busy = false;
  };

  const handle = async (
    assignment: Assignment,
    owned: OwnedShard,
    fetched: readonly FetchedRecord[],
  ): Promise<void> => {
    const { shard } = owned;
    const records = fetched.filter(({ parked }) => parked === null).map(({ record }) => record);
    const letters = fetched.flatMap(({ parked }) => parked?.letter ?? []);
    for (let failures = 1; mayGoOn(assignment); failures++) {
      try {
        if (letters.length > 0) await park(letters);
        if (records.length > 0) await onBatch({ shard, records });
        markProcessed(owned.partitions, fetched);
        deps.onProcessed(assignment, owned);
        return;
      } catch (error) {
        if (error instanceof OperationalError && !error.retryable) {
          stopping.abort();
          deps.onDead(error);
          return;
        }
        onError(error);
        await pause(clock, backoffMs(BACKOFF, failures, random), [assignment.ended, stopping.signal]);
      }
      // After a pause without a sign from the group another process may have the shard.
      while (mayGoOn(assignment) && !isHeld()) await pause(clock, BACKOFF.baseMs, [assignment.ended, stopping.signal]);
    }
  };

  return {
    wake(assignment, owned) {
      const isReady = owned.partitions.every(({ processedOffset }) => processedOffset !== null);
      const hasRecords = owned.partitions.some(({ buffer }) => buffer.length > 0);
      if (owned.busy || !isReady || !hasRecords || !mayGoOn(assignment) || !isHeld()) return;
      owned.busy = true;
      const turn = (turns.get(owned.shard) ?? Promise.resolve()).then(() => handleAll(assignment, owned));
      turns.set(owned.shard, turn);
    },
    async stop() {
      stopping.abort();
      await Promise.all(turns.values());
    },
  };
}
