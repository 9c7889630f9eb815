/**
 * The heart of the pipeline: takes a batch of inbox records of one shard, lets the order actors decide, and
 * appends what they decided as commits. It resolves only after the commits are durable, so the log may commit
 * the batch's offsets then; a batch that comes again changes nothing, because the store keeps every cause once.
 */

import type { Terms } from "../domain/decide.ts";
import type { ErrorCode } from "../domain/error-codes.ts";
import { withPlausibleTime } from "../domain/event-time.ts";
import { causeOf, type Message } from "../domain/messages.ts";
import type { CommitTail } from "./commit-tail.ts";
import { deadLetterOf } from "./dead-letter.ts";
import { OperationalError } from "./errors.ts";
import { createLiveOrders, type LiveOrders } from "./live-orders.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { Move, OrderActor } from "./order-actor.ts";
import type { PipelineMetrics } from "./pipeline-metrics.ts";
import type {
  AppendResult,
  Clock,
  Commit,
  EventStore,
  InboxHandlers,
  LogRecord,
  MessageLog,
  NewRecord,
  ShardBatch,
} from "./ports.ts";
import { shardOf } from "./sharding.ts";
import type { Watermarks } from "./watermarks.ts";

/** After so many refused appends of one batch something is wrong that trying again at once does not mend. */
const MAX_APPENDS_PER_BATCH = 5;

export interface ShardWorkerDeps {
  readonly eventStore: EventStore;
  readonly log: Pick<MessageLog, "produce">;
  readonly codec: MessageCodec;
  readonly tail: CommitTail;
  readonly watermarks: Pick<Watermarks, "observe">;
  readonly clock: Clock;
  readonly terms: Terms;
  readonly metrics: PipelineMetrics;
  readonly shards: number;
  readonly liveOrdersPerShard: number;
}

interface Arrival {
  readonly record: LogRecord;
  readonly message: Message;
}

/** A record that becomes a dead letter. */
interface Letter {
  readonly record: LogRecord;
  readonly code: ErrorCode;
  readonly detail: string;
}

/** What the worker remembers of a shard that it owns. `head` is null until it was read from the store. */
interface ShardMemory {
  readonly live: LiveOrders;
  head: number | null;
  /** Batches of one shard run one after the other, whichever topic they come from. */
  turn: Promise<void>;
}

/** A run of the actors over arrivals: what to append, and for each commit the arrival it came from and how it moved its order. */
interface Decided {
  readonly commits: Commit[];
  readonly sources: number[];
  readonly moves: (readonly Move[])[];
  readonly letters: (Letter & { readonly arrival: number })[];
  /** Orders whose actor failed, and whose memory is not to be trusted. */
  readonly broken: Set<string>;
}

/** The inbox handlers that turn messages into commits. */
export function createShardWorker(deps: ShardWorkerDeps): InboxHandlers & { liveOrders(): number } {
  const { eventStore, log, codec, tail, watermarks, clock, terms, metrics, shards, liveOrdersPerShard } = deps;
  const memories = new Map<number, ShardMemory>();

  const memoryOf = (shard: number): ShardMemory => {
    let memory = memories.get(shard);
    if (memory === undefined) {
      const live = createLiveOrders({ eventStore, shard, capacity: liveOrdersPerShard });
      memory = { live, head: null, turn: Promise.resolve() };
      memories.set(shard, memory);
    }
    return memory;
  };

  /** Sorts the records of a batch into messages for this shard, those for others, and records that nobody can read. */
  const sort = ({ shard, records }: ShardBatch) => {
    const arrivals: Arrival[] = [];
    const elsewhere: NewRecord[] = [];
    const unreadable: Letter[] = [];
    for (const record of records) {
      const decoded = codec.decode(record);
      if (decoded.type === "unreadable") {
        unreadable.push({ record, code: decoded.code, detail: decoded.detail });
        metrics.message(record.topic, "unreadable");
        continue;
      }
      const message = withPlausibleTime(decoded.message, record.timestampMs);
      if (message !== decoded.message) metrics.error("implausible_time", "worker");
      if (shardOf(message.orderId, shards) === shard) {
        arrivals.push({ record, message });
      } else {
        const { key, value, headers } = codec.encode(message);
        elsewhere.push({ topic: "order-commands", key, value, headers });
        metrics.message(record.topic, "forwarded");
      }
    }
    return { arrivals, elsewhere, unreadable };
  };

  /** Runs the actors in memory. Nothing is stored yet: the caller forgets them if the append fails. */
  const run = (
    shard: number,
    actors: ReadonlyMap<string, OrderActor>,
    head: number,
    arrivals: readonly Arrival[],
    from: number,
  ): Decided => {
    const decided: Decided = { commits: [], sources: [], moves: [], letters: [], broken: new Set() };
    const recordedAt = new Date(clock.nowMs()).toISOString();
    const park = (arrival: number, record: LogRecord, code: ErrorCode, detail: string): void => {
      decided.letters.push({ arrival, record, code, detail });
      metrics.message(record.topic, "refused");
    };
    for (let i = from; i < arrivals.length; i++) {
      const { record, message } = arrivals[i] as Arrival;
      const actor = actors.get(message.orderId) as OrderActor;
      if (decided.broken.has(message.orderId)) {
        park(i, record, "internal_error", "an earlier message of this order failed in the same batch");
        continue;
      }
      try {
        const decision = actor.decide(message, terms);
        if (decision.type === "nothing") metrics.message(record.topic, "repeated");
        if (decision.type === "refusal") park(i, record, decision.code, decision.detail);
        if (decision.type !== "events") continue;
        const commit: Commit = {
          shard,
          position: head + decided.commits.length + 1,
          orderId: message.orderId,
          sequence: actor.order().version + 1,
          causeId: decision.causeId ?? causeOf(message),
          events: decision.events,
          recordedAt,
        };
        decided.moves.push(actor.record(commit));
        decided.commits.push(commit);
        decided.sources.push(i);
      } catch (error) {
        // A defect. To crash would not help: the message would come first again after every start, and stop the shard.
        decided.broken.add(message.orderId);
        park(i, record, "internal_error", `the order cannot take this message: ${(error as Error).message}`);
      }
    }
    return decided;
  };

  /** Appends what was decided. That nothing is to be appended holds only as long as nobody else has written the shard. */
  const append = async (shard: number, head: number, commits: readonly Commit[]): Promise<AppendResult> => {
    if (commits.length > 0) return eventStore.append(commits);
    const isOwner = (await eventStore.head(shard)) === head;
    return isOwner ? { type: "appended" } : { type: "refused", index: 0, reason: "staleOwner" };
  };

  const process = async (shard: number, memory: ShardMemory, arrivals: readonly Arrival[]): Promise<Letter[]> => {
    const letters: Letter[] = [];
    let from = 0;
    for (let attempt = 1; attempt <= MAX_APPENDS_PER_BATCH; attempt++) {
      if (from === arrivals.length) return letters;
      // Before the orders: they are then at least as new as it, and an append behind it proves that nothing newer is there.
      memory.head ??= await eventStore.head(shard);
      const actors = await take(memory.live, arrivals.slice(from), attempt === 1);
      const { commits, sources, moves, letters: found, broken } = run(shard, actors, memory.head, arrivals, from);
      for (const orderId of broken) memory.live.forget(orderId);
      const result = await append(shard, memory.head, commits);
      const stored = result.type === "appended" ? commits : commits.slice(0, result.index);
      memory.head += stored.length;
      for (const i of sources.slice(0, stored.length))
        metrics.message((arrivals[i] as Arrival).record.topic, "applied");
      for (const { status, previous, durationS } of moves.slice(0, stored.length).flat()) {
        metrics.order(status, previous, durationS);
      }
      tail.publish(shard, stored);
      if (result.type === "appended") return [...letters, ...found];
      // Behind the last stored commit, what was decided in memory never happened, or was decided on an old state.
      if (stored.length > 0) from = (sources[stored.length - 1] as number) + 1;
      letters.push(...found.filter(({ arrival }) => arrival < from));
      for (const { orderId } of commits.slice(result.index)) memory.live.forget(orderId);
      if (result.reason === "staleOwner") startAgain(shard, memory);
    }
    throw new OperationalError("store_unavailable", `shard ${shard} is written by another process, too`, {
      retryable: true,
    });
  };

  /** Forgets all that is remembered of a shard: the next batch begins from the store. */
  const startAgain = (shard: number, memory: ShardMemory): void => {
    memory.live.clear();
    memory.head = null;
    tail.forget(shard);
  };

  const handle = async (batch: ShardBatch, memory: ShardMemory): Promise<void> => {
    const { arrivals, elsewhere, unreadable } = sort(batch);
    try {
      const letters = [...unreadable, ...(await process(batch.shard, memory, arrivals))];
      const produced = [...elsewhere, ...letters.map(({ record, code, detail }) => deadLetterOf(record, code, detail))];
      if (produced.length > 0) await log.produce(produced);
      for (const { record, code } of letters) {
        metrics.deadLetter({ topic: record.topic, shard: record.shard, offset: record.offset, code });
      }
      watermarks.observe(batch.shard, arrivals);
    } catch (error) {
      // The outcome may be unknown, so memory and store may differ.
      startAgain(batch.shard, memory);
      throw error;
    }
  };

  const startOver = (shard: number): void => {
    memories.delete(shard);
    tail.forget(shard);
  };

  return {
    onBatch(batch) {
      const memory = memoryOf(batch.shard);
      const done = memory.turn.then(() => handle(batch, memory));
      memory.turn = done.catch(() => {});
      return done;
    },
    onAssigned: startOver,
    onRevoked: startOver,
    liveOrders: () => [...memories.values()].reduce((sum, { live }) => sum + live.size(), 0),
  };
}

/**
 * The live orders that a batch is about. A submission that nothing precedes is optimistic: its order is not looked
 * up, because it is new nearly always and the append finds out when it is not.
 */
function take(live: LiveOrders, arrivals: readonly Arrival[], optimistic: boolean): ReturnType<LiveOrders["take"]> {
  const orderIds = new Set<string>();
  const assumedNew = new Set<string>();
  for (const { message } of arrivals) {
    if (optimistic && message.type === "SubmitOrder" && !orderIds.has(message.orderId)) assumedNew.add(message.orderId);
    orderIds.add(message.orderId);
  }
  return live.take(orderIds, assumedNew);
}
