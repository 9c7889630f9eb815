/** Reads orders for people: from the event store by id, from the read model by list, and live as they move. */
import type { Order, OrderStatus } from "../domain/order.ts";
import { type AcceptedOrders, acceptedView } from "./accepted-orders.ts";
import type { CommitTail } from "./commit-tail.ts";
import { OperationalError } from "./errors.ts";
import { foldCommits } from "./fold-commits.ts";
import { messageIdOf } from "./mail-queue.ts";
import { isSettled, type OrderView, type ShownStatus, type TimelineEvent, viewOf } from "./order-view.ts";
import type { Clock, Commit, EventStore, MailEntry, MailLedger, MessageLog, ViewStore } from "./ports.ts";
import { publicFact } from "./public-fact.ts";
import type { RemoteCommits } from "./remote-commits.ts";
import { createWakeUp } from "./retry.ts";
import { shardOf } from "./sharding.ts";
import { ORDERS_VIEW, type OrderDocument } from "./views.ts";

/** How long a question about an unknown order waits for the order's shard to be read to its end. */
const CATCH_UP_MS = 5_000;
/** How often the log is asked meanwhile: at first, and at last. Each question costs the broker an answer for every shard. */
const CATCH_UP_POLL = { firstMs: 20, longestMs: 320 };

export interface OrderPage {
  readonly orders: readonly OrderView[];
  /** Where the next page begins; null on the last page. */
  readonly next: PageKey | null;
}

/** The sort key of the last order on a page: orders received later do not move it. */
export interface PageKey {
  readonly receivedAtMs: number;
  readonly orderId: string;
}

export interface StoredOrder {
  readonly order: Order;
  readonly commits: readonly Commit[];
}

export interface OrderSubscription {
  /** Ends the subscription. Idempotent. */
  close(): void;
}

export interface OrderReader {
  /** The order folded from its commits; null when the event store has none now. */
  loadStored(orderId: string): Promise<StoredOrder | null>;
  /** The same, but says that nobody submitted the order only after all that waited in its inbox was processed. */
  load(orderId: string): Promise<StoredOrder | null>;
  /** The order now; null when there is none. An order that is only in the log reads `accepted`. */
  get(orderId: string): Promise<OrderView | null>;
  /** The order once it reaches or passes `until`, or as it is after `waitMs`. */
  waitFor(orderId: string, until: ShownStatus, waitMs: number, signal: AbortSignal): Promise<OrderView | null>;
  /** Every event of the order, oldest first; null when there is no such order, empty while it is only accepted. */
  timeline(orderId: string): Promise<readonly TimelineEvent[] | null>;
  /** The order's mails with every attempt, from the ledger; null when there is no such order, empty while none is due. */
  mails(orderId: string): Promise<readonly MailEntry[] | null>;
  /** Calls `onChange` after each commit of the order that this process learns of; it may call more often than needed. */
  watch(orderId: string, onChange: () => void): OrderSubscription;
  /** Orders, newest first. */
  list(query: {
    readonly status?: OrderStatus;
    readonly customerEmail?: string;
    readonly limit: number;
    readonly after?: PageKey;
  }): Promise<OrderPage>;
}

export interface OrderReaderDeps {
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly viewStore: Pick<ViewStore, "list" | "activeVersion">;
  readonly ledger: Pick<MailLedger, "get">;
  readonly log: Pick<MessageLog, "inboxLag">;
  readonly tail: Pick<CommitTail, "watchOrder">;
  readonly remoteCommits: Pick<RemoteCommits, "watch">;
  readonly accepted: AcceptedOrders;
  readonly clock: Clock;
  readonly shards: number;
}

const PROGRESS: readonly ShownStatus[] = [
  "accepted",
  "awaitingOrder",
  "received",
  "paid",
  "validated",
  "confirmed",
  "emailed",
];

/** True when an order needs no more waiting for `until`: it is there, past it, or will never come there. */
export function reachedOrPassed(view: Pick<OrderView, "status" | "reason">, until: ShownStatus): boolean {
  const { status } = view;
  if (status === until || isSettled(view)) return true;
  const target = PROGRESS.indexOf(until);
  return target >= 0 && PROGRESS.indexOf(status) >= target;
}

export function createOrderReader(deps: OrderReaderDeps): OrderReader {
  const { eventStore, viewStore, ledger, log, tail, remoteCommits, accepted, clock, shards } = deps;

  /** Waits until everything that was in the order's inbox when it was called has been processed. */
  const caughtUp = async (orderId: string): Promise<void> => {
    const shard = shardOf(orderId, shards);
    let waiting = (await log.inboxLag()).filter((lag) => lag.shard === shard && lag.committedOffset < lag.endOffset);
    const pause = createWakeUp(clock);
    const deadlineMs = clock.nowMs() + CATCH_UP_MS;
    for (let pauseMs = CATCH_UP_POLL.firstMs; waiting.length > 0; pauseMs *= 2) {
      if (clock.nowMs() >= deadlineMs) {
        const message = `shard ${shard} is behind, so whether order ${orderId} exists cannot be told yet; ask again`;
        throw new OperationalError("log_unavailable", message, { retryable: true });
      }
      await pause.wait(Math.min(pauseMs, CATCH_UP_POLL.longestMs));
      const now = await log.inboxLag();
      waiting = waiting.filter(
        ({ topic, endOffset }) =>
          !now.some((lag) => lag.shard === shard && lag.topic === topic && lag.committedOffset >= endOffset),
      );
    }
  };

  const reader: OrderReader = {
    async loadStored(orderId) {
      const commits = (await eventStore.readOrders(shardOf(orderId, shards), [orderId])).get(orderId);
      return commits === undefined ? null : { commits, order: foldCommits(commits) };
    },
    async load(orderId) {
      const found = await reader.loadStored(orderId);
      const isSubmitted = found !== null && found.order.details !== null;
      if (isSubmitted || accepted.has(orderId)) return found;
      // What is acknowledged may wait in the log, behind a payment as well: only a shard that has been read can say that
      // an order is unknown.
      await caughtUp(orderId);
      return reader.loadStored(orderId);
    },
    async get(orderId) {
      const found = await reader.load(orderId);
      if (found !== null && found.order.details !== null) return shown(orderId, found.order, found.commits);
      const submitted = accepted.get(orderId);
      if (submitted !== undefined) return acceptedView(orderId, submitted);
      return found === null ? null : shown(orderId, found.order, found.commits);
    },
    async waitFor(orderId, until, waitMs, signal) {
      const change = createWakeUp(clock);
      const subscription = reader.watch(orderId, () => change.wake());
      const stop = (): void => change.wake();
      signal.addEventListener("abort", stop, { once: true });
      const deadlineMs = clock.nowMs() + waitMs;
      try {
        for (;;) {
          const view = await reader.get(orderId);
          const leftMs = deadlineMs - clock.nowMs();
          if (view === null || reachedOrPassed(view, until) || leftMs <= 0 || signal.aborted) return view;
          await change.wait(leftMs);
        }
      } finally {
        subscription.close();
        signal.removeEventListener("abort", stop);
      }
    },
    async timeline(orderId) {
      const found = await reader.load(orderId);
      if (found !== null) return found.commits.flatMap(timelineOf);
      return accepted.has(orderId) ? [] : null;
    },
    async mails(orderId) {
      if ((await reader.load(orderId)) !== null) return ledger.get([messageIdOf(orderId, "confirmation")]);
      return accepted.has(orderId) ? [] : null;
    },
    watch(orderId, onChange) {
      const unwatch = tail.watchOrder(orderId, onChange);
      const release = remoteCommits.watch(shardOf(orderId, shards), onChange);
      return {
        close() {
          unwatch();
          release();
        },
      };
    },
    async list({ status, customerEmail, limit, after }) {
      const version = (await viewStore.activeVersion(ORDERS_VIEW.name)) ?? 1;
      // One more than asked for tells whether there is a next page.
      const found = await viewStore.list(
        { view: ORDERS_VIEW.name, version },
        {
          where: {
            ...(status === undefined ? {} : { status }),
            ...(customerEmail === undefined ? {} : { customerEmail: customerEmail.toLowerCase() }),
          },
          sortBy: "listedAtMs",
          direction: "descending",
          limit: limit + 1,
          ...(after === undefined ? {} : { after: { value: after.receivedAtMs, id: after.orderId } }),
        },
      );
      const documents = found.slice(0, limit).map(({ document }) => document as unknown as OrderDocument);
      const last = documents.at(-1);
      const next = found.length > limit && last ? { receivedAtMs: last.listedAtMs, orderId: last.order.orderId } : null;
      return { orders: documents.map(({ order }) => order), next };
    },
  };
  return reader;
}

function shown(orderId: string, order: Order, commits: readonly Commit[]): OrderView {
  const receivedAt = commits[0]?.recordedAt as string;
  const updatedAt = commits.at(-1)?.recordedAt as string;
  return viewOf(orderId, order, { receivedAt, updatedAt });
}

function timelineOf({ events, sequence, recordedAt, causeId }: Commit): TimelineEvent[] {
  return events.map((event, index) => ({
    sequence: sequence + index,
    type: event.type,
    occurredAt: recordedAt,
    ...publicFact(event, causeId),
  }));
}
