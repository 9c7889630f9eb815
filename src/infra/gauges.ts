/**
 * Gauges that are read from their sources when somebody asks for the metrics. A source that does not answer leaves
 * its gauge out: the other metrics tell why, and they must be readable just then.
 */
import { Gauge, type Registry } from "prom-client";
import type { CodeCounts } from "../actors/dead-letter-documents.ts";
import { DESK_KINDS, type DeskKind } from "../actors/desk-payments.ts";
import { OperationalError } from "../actors/errors.ts";
import { BREAKER_STATES, type BreakerState } from "../actors/mail-breaker.ts";
import type { InboxLag, MailState } from "../actors/ports.ts";
import type { ReactorLag } from "../actors/reactor-lag.ts";
import type { Watermark } from "../actors/watermarks.ts";

/** What the metrics ask for when somebody reads them; nothing is sampled in between. */
export interface MetricsSources {
  inboxLag(): Promise<readonly InboxLag[]>;
  reactorLag(): Promise<readonly ReactorLag[]>;
  /** Those of the shards that belong to this process. */
  watermarks(): Promise<readonly Watermark[]>;
  mailCounts(): Promise<Readonly<Record<MailState, number>>>;
  /** How many payments of a kind somebody must look at. */
  deskPayments(kind: DeskKind): Promise<number>;
  /** How many dead letters there are of each code. */
  deadLetters(): Promise<readonly CodeCounts[]>;
  /** Null where no mails are sent. */
  mailBreaker(): BreakerState | null;
  liveOrders(): number;
  ownedShards(): readonly number[];
  pendingStoreOperations(): number;
}

/** Registers the gauges. */
export function connectGauges(registers: Registry[], sources: MetricsSources, nowMs: () => number): void {
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (gauge: Gauge) => Promise<void> | void,
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        this.reset();
        try {
          await read(this);
        } catch (error) {
          if (!(error instanceof OperationalError)) throw error;
          this.reset();
        }
      },
    });
  // Each lag has a gauge in records and one in seconds, and one reading of the metrics asks for both at once.
  const inboxLag = shared(() => sources.inboxLag());
  const reactorLag = shared(() => sources.reactorLag());
  const watermarks = shared(() => sources.watermarks());
  const ageS = (sinceMs: number | null): number => (sinceMs === null ? 0 : Math.max(0, nowMs() - sinceMs) / 1_000);
  const onShard = ["topic", "shard"];
  const ofReactor = ["reactor", "shard"];

  gauge("orderloom_inbox_lag_records", "Inbox records that are not processed yet.", onShard, async (lag) => {
    for (const { topic, shard, endOffset, committedOffset } of await inboxLag()) {
      lag.set({ topic, shard }, endOffset - committedOffset);
    }
  });
  gauge(
    "orderloom_inbox_lag_seconds",
    "Age of the oldest inbox record that is not processed yet.",
    onShard,
    async (lag) => {
      for (const { topic, shard, oldestUnreadMs } of await inboxLag()) {
        // An age that the log cannot tell is no age at all.
        if (oldestUnreadMs !== 0) lag.set({ topic, shard }, ageS(oldestUnreadMs));
      }
    },
  );
  gauge("orderloom_reactor_lag_commits", "Commits that a reactor has not handled.", ofReactor, async (lag) => {
    for (const { reactor, shard, commits } of await reactorLag()) lag.set({ reactor, shard }, commits);
  });
  gauge(
    "orderloom_reactor_lag_seconds",
    "Age of the oldest commit that a reactor has not handled.",
    ofReactor,
    async (lag) => {
      for (const { reactor, shard, oldestMs } of await reactorLag()) lag.set({ reactor, shard }, ageS(oldestMs));
    },
  );
  gauge(
    "orderloom_watermark_timestamp_seconds",
    "How far in time a shard has come, in seconds since 1970: orders with earlier deadlines expire.",
    ["shard"],
    async (reached) => {
      for (const { shard, watermarkMs } of await watermarks()) {
        if (watermarkMs > 0) reached.set({ shard }, watermarkMs / 1_000);
      }
    },
  );
  gauge(
    "orderloom_watermark_lag_seconds",
    "How far a shard's watermark is behind where it would be if its orders and payments were read to their ends.",
    ["shard"],
    async (lag) => {
      // A shard whose watermark was never known has no lag that could be told; the inbox lag tells why.
      for (const { shard, watermarkMs, lagMs } of await watermarks()) {
        if (watermarkMs > 0) lag.set({ shard }, lagMs / 1_000);
      }
    },
  );
  gauge("orderloom_mails", "Mails in the ledger by state.", ["state"], async (mails) => {
    for (const [state, count] of Object.entries(await sources.mailCounts())) mails.set({ state }, count);
  });
  gauge("orderloom_dead_letters", "Dead letters that wait for somebody, by code.", ["code"], async (letters) => {
    for (const { code, open } of await sources.deadLetters()) letters.set({ code }, open);
  });
  gauge(
    "orderloom_desk_payments",
    "Payments that somebody must look at, by kind; counted up to 1000 of each.",
    ["kind"],
    async (payments) => {
      const counts = await Promise.all(
        DESK_KINDS.map(async (kind) => [kind, await sources.deskPayments(kind)] as const),
      );
      for (const [kind, count] of counts) payments.set({ kind }, count);
    },
  );
  gauge(
    "orderloom_mail_breaker_state",
    "1 for the state that the mail server is in: closed (used), open (left alone), probing or recovering.",
    ["state"],
    (breaker) => {
      const current = sources.mailBreaker();
      if (current !== null) for (const state of BREAKER_STATES) breaker.set({ state }, state === current ? 1 : 0);
    },
  );
  gauge("orderloom_live_orders", "Order actors kept in memory.", [], (orders) => orders.set(sources.liveOrders()));
  gauge("orderloom_owned_shards", "Shards that belong to this process.", [], (shards) =>
    shards.set(sources.ownedShards().length),
  );
  gauge("orderloom_store_pending_operations", "Operations that wait for the store.", [], (pending) =>
    pending.set(sources.pendingStoreOperations()),
  );
}

/** Lets calls that come while one is under way have its result. */
function shared<Result>(read: () => Promise<Result>): () => Promise<Result> {
  let current: Promise<Result> | null = null;
  return () => {
    current ??= read().finally(() => {
      current = null;
    });
    return current;
  };
}
