/**
 * Turns stored deadlines that are due into messages. A deadline is due once the watermark of its shard has passed it:
 * every payment made before the deadline has had `watermarkMs` to arrive, and none of those that did arrive still waits
 * unread. The clock has to have passed it by as much, too, since a watermark stays where it is when the clock is set
 * back. A message sent twice has one cause and takes effect once, so nothing is remembered durably here but the watermark.
 */
import { LRUCache } from "lru-cache";
import { OperationalError } from "./errors.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { OwnedShards } from "./owned-shards.ts";
import type { PipelineMetrics } from "./pipeline-metrics.ts";
import type { Clock, MessageLog, ViewStore } from "./ports.ts";
import { createWakeUp } from "./retry.ts";
import type { SteadyClock } from "./steady-clock.ts";
import { TIMERS, type TimerDocument } from "./views.ts";
import type { Watermarks } from "./watermarks.ts";

const POLL_MS = 1_000;
const PAGE_TIMERS = 500;
const MAX_PAGES = 20;
/** So many pages of a round are the newest: more than come due in a second. */
const NEWEST_PAGES = 4;
/** How long a deadline that was sent is left alone before it is sent again. */
const RESEND_AFTER_MS = 60_000;
/** How often the watermarks are stored while no deadline is due. */
const STORE_EVERY_MS = 60_000;

export interface TimerReactorDeps {
  readonly viewStore: Pick<ViewStore, "list">;
  readonly log: Pick<MessageLog, "produce">;
  readonly codec: MessageCodec;
  readonly clock: Clock;
  readonly steadyClock: SteadyClock;
  readonly watermarks: Pick<Watermarks, "advance" | "store">;
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
  const { viewStore, log, codec, clock, steadyClock, watermarks, metrics, shards, watermarkMs, capacity } = deps;
  const pause = createWakeUp(clock);
  const sentAtMs = new LRUCache<string, number>({ max: capacity });
  let storedAtMs = Number.NEGATIVE_INFINITY;
  let stopping = false;
  let running: Promise<void> | null = null;
  /** Where the last round ended among the timers that are due; null when it came to the oldest. */
  let place: { readonly value: number; readonly id: string } | null = null;

  /**
   * Timers that are due, a page at a time. However many of a shard that lags are due, and they stay due, the others come to
   * their turn: the newest first, which have just become due everywhere, then those from where the last round ended.
   */
  async function* dueTimers(untilMs: number): AsyncGenerator<readonly TimerDocument[]> {
    let after = { value: untilMs + 1, id: "" };
    for (let page = 0; page < MAX_PAGES; page++) {
      if (page === NEWEST_PAGES && place !== null) after = place;
      const due: Awaited<ReturnType<ViewStore["list"]>> = await viewStore.list(TIMERS, {
        where: {},
        sortBy: "dueAtMs",
        direction: "descending",
        limit: PAGE_TIMERS,
        after,
      });
      const timers = due.map(({ document }) => document as unknown as TimerDocument);
      yield timers;
      const last = timers.at(-1);
      if (last === undefined || timers.length < PAGE_TIMERS) {
        place = null;
        return;
      }
      after = { value: last.dueAtMs, id: last.orderId };
    }
    place = after;
  }

  const storeWatermarks = async (nowMs: number): Promise<void> => {
    if (Math.abs(nowMs - storedAtMs) < STORE_EVERY_MS) return;
    await watermarks.advance();
    await watermarks.store();
    storedAtMs = nowMs;
  };

  const round = async (): Promise<void> => {
    const nowMs = steadyClock.tick();
    if (shards.list().length === 0) return;
    await storeWatermarks(nowMs);
    // What is due at this very millisecond may still meet a payment that is stored in the same one.
    for await (const allDue of dueTimers(nowMs - watermarkMs - 1)) {
      const due = allDue.filter(({ shard }) => shards.has(shard));
      if (due.length === 0) continue;
      const reached = await watermarks.advance();
      const ready = due
        .filter(({ shard, dueAtMs }) => dueAtMs < (reached.get(shard)?.watermarkMs ?? Number.NEGATIVE_INFINITY))
        .filter(
          ({ orderId }) => Math.abs(nowMs - (sentAtMs.get(orderId) ?? Number.NEGATIVE_INFINITY)) > RESEND_AFTER_MS,
        );
      if (ready.length === 0) continue;
      // What expires by a watermark must not be ahead of it after a restart.
      await watermarks.store();
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
