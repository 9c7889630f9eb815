/**
 * Turns stored deadlines that are due into messages. A deadline is due once the watermark has passed it: every
 * payment made before the deadline has had `watermarkMs` to arrive, and none of those that did arrive still waits
 * unread. A message sent twice has one cause and takes effect once, so nothing is remembered durably here.
 */
import { LRUCache } from "lru-cache";
import { OperationalError } from "./errors.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { OwnedShards } from "./owned-shards.ts";
import type { PipelineMetrics } from "./pipeline-metrics.ts";
import type { Clock, MessageLog, ViewStore } from "./ports.ts";
import { createWakeUp } from "./retry.ts";
import { TIMERS, type TimerDocument } from "./views.ts";

const POLL_MS = 1_000;
const PAGE_TIMERS = 500;
const MAX_PAGES = 20;
/** How long a deadline that was sent is left alone before it is sent again. */
const RESEND_AFTER_MS = 60_000;

export interface TimerReactorDeps {
  readonly viewStore: Pick<ViewStore, "list">;
  readonly log: Pick<MessageLog, "produce" | "inboxLag">;
  readonly codec: MessageCodec;
  readonly clock: Clock;
  readonly metrics: PipelineMetrics;
  /** Whoever owns a shard fires its deadlines. */
  readonly shards: Pick<OwnedShards, "has" | "list">;
  readonly watermarkMs: number;
  /** How many deadlines that were sent are remembered; one that is forgotten is sent again. */
  readonly capacity: number;
}

export interface TimerReactor {
  start(): void;
  /** Lets the round in progress finish. Idempotent. */
  stop(): Promise<void>;
}

export function createTimerReactor(deps: TimerReactorDeps): TimerReactor {
  const { viewStore, log, codec, clock, metrics, shards, watermarkMs, capacity } = deps;
  const pause = createWakeUp(clock);
  const sentAtMs = new LRUCache<string, number>({ max: capacity });
  let stopping = false;
  let running: Promise<void> | null = null;

  /** Every timer that is due, oldest first, a page at a time: a shard that lags must not hold up the others. */
  async function* dueTimers(nowMs: number): AsyncGenerator<readonly TimerDocument[]> {
    let after: { value: number; id: string } | null = null;
    for (let page = 0; page < MAX_PAGES; page++) {
      const due: Awaited<ReturnType<ViewStore["list"]>> = await viewStore.list(TIMERS, {
        where: {},
        sortBy: "dueAtMs",
        direction: "ascending",
        until: nowMs - watermarkMs,
        limit: PAGE_TIMERS,
        ...(after === null ? {} : { after }),
      });
      const timers = due.map(({ document }) => document as unknown as TimerDocument);
      yield timers;
      const last = timers.at(-1);
      if (last === undefined || timers.length < PAGE_TIMERS) return;
      after = { value: last.dueAtMs, id: last.orderId };
    }
  }

  const round = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    if (shards.list().length === 0) return;
    for await (const allDue of dueTimers(nowMs)) {
      const due = allDue.filter(({ shard }) => shards.has(shard));
      if (due.length === 0) continue;
      const oldestUnreadMs = await oldestUnreadByShard(log);
      const ready = due
        .filter(({ shard, dueAtMs }) => dueAtMs + watermarkMs < (oldestUnreadMs.get(shard) ?? Number.POSITIVE_INFINITY))
        .filter(({ orderId }) => nowMs - (sentAtMs.get(orderId) ?? Number.NEGATIVE_INFINITY) > RESEND_AFTER_MS);
      await log.produce(
        ready.map(({ orderId, deadline }) =>
          codec.encode({ type: "ReachDeadline", orderId, name: "payment", deadline }),
        ),
      );
      for (const { orderId } of ready) sentAtMs.set(orderId, nowMs);
    }
  };

  const loop = async (): Promise<void> => {
    while (!stopping) {
      try {
        await round();
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error;
        metrics.error(error.code, "timers");
      }
      if (!stopping) await pause.wait(POLL_MS);
    }
  };

  return {
    start() {
      running = loop();
    },
    async stop() {
      stopping = true;
      pause.wake();
      await running;
    },
  };
}

/** When the oldest payment that waits unread was stored, for each shard that has one. */
async function oldestUnreadByShard(log: Pick<MessageLog, "inboxLag">): Promise<ReadonlyMap<number, number>> {
  const lags = await log.inboxLag();
  return new Map(
    lags.flatMap(({ shard, topic, oldestUnreadMs }) =>
      topic === "payments" && oldestUnreadMs !== null ? [[shard, oldestUnreadMs]] : [],
    ),
  );
}
