/**
 * Compares everything that the stores hold with everything else: the inbox and its offsets, commits, events, views, published events,
 * dead letters, mails and money. It walks through each shard log once, and looks at each order where its first commit stands, so that
 * it needs the memory of one page, however many orders there are. It changes nothing, and may run beside the service:
 * what the reactors had not handled when it began is under way, and what looks wrong is looked at twice.
 */

import type { Discrepancy } from "./discrepancy.ts";
import { MAIL_QUEUE } from "./mail-queue.ts";
import type { MessageCodec } from "./message-codec.ts";
import { PAYMENT_DESK } from "./payment-desk.ts";
import type { Clock, EventStore, InboxLag, MailLedger, MessageLog, ViewStore } from "./ports.ts";
import { projectorName } from "./projector.ts";
import { PUBLISHER } from "./publisher.ts";
import { createDeskChecks } from "./reconcile-desk.ts";
import { checkInboxRecords } from "./reconcile-inbox.ts";
import { checkLetters } from "./reconcile-letters.ts";
import { createMailChecks } from "./reconcile-mails.ts";
import { createMoneyTotals, type MoneyTotal } from "./reconcile-money.ts";
import { createOrderChecks, MAX_LISTED } from "./reconcile-pages.ts";
import { createPublishedCheck } from "./reconcile-published.ts";
import { createTransferChecks } from "./reconcile-transfers.ts";
import { createViewChecks } from "./reconcile-views.ts";
import { createWakeUp } from "./retry.ts";
import { checkHeadless, commitPages, createScan } from "./shard-scan.ts";
import { ORDERS_VIEW } from "./views.ts";

/** So long reactors may take to come to the end before anything is compared. */
const SETTLE_MS = 3_000;
const SETTLE_POLL_MS = 250;

export interface Reconciliation {
  readonly compared: {
    readonly commits: number;
    readonly orders: number;
    readonly events: number;
    /** Published events that came more than once, under one id. */
    readonly repeatedEvents: number;
    /** Stored events whose publication the log has deleted since, by its retention. */
    readonly retiredEvents: number;
  };
  readonly money: readonly MoneyTotal[];
  /** What was not done yet, by what it waits for. Empty when the service is at rest. */
  readonly underWay: readonly { readonly what: string; readonly count: number }[];
  /** What is as it is for a reason that a person knows, or must. */
  readonly explained: readonly { readonly what: string; readonly count: number; readonly ids: readonly string[] }[];
  readonly discrepancies: readonly Discrepancy[];
  /** How many discrepancies there are, those that are not listed among them. */
  readonly unexplained: number;
}

export interface ReconcileDeps {
  readonly log: Pick<MessageLog, "inboxLag" | "read" | "endOffsets" | "asConsumed">;
  readonly eventStore: Pick<EventStore, "readShard" | "readOrders" | "head">;
  readonly viewStore: Pick<ViewStore, "getMany" | "scan" | "checkpoint" | "activeVersion">;
  readonly ledger: Pick<MailLedger, "get" | "scan">;
  /** Indexes that the store should have and has not; none where it creates them itself. */
  readonly missingIndexes: readonly string[];
  readonly codec: Pick<MessageCodec, "decode">;
  readonly clock: Clock;
  readonly shards: number;
  readonly onProgress?: (commits: number, of: number) => void;
}

/** Compares everything. Throws OperationalError when a store cannot be read. */
export async function reconcile(deps: ReconcileDeps): Promise<Reconciliation> {
  const { log, eventStore, viewStore, ledger, missingIndexes, clock, shards, onProgress } = deps;
  const ordersVersion = (await viewStore.activeVersion(ORDERS_VIEW.name)) ?? 1;
  const { queued, projected, published, desked, heads } = await settledCut(deps, projectorName(ordersVersion));

  const list = createList();
  for (const subject of missingIndexes) {
    list.add({ kind: "index_missing", shard: null, orderId: null, subject, detail: "the store does not have it" });
  }
  const lags = await log.inboxLag();
  const { unread, unreadCommands } = checkOffsets(lags, list.add);
  const money = createMoneyTotals();
  const views = createViewChecks({ viewStore, eventStore, ordersVersion, projected, shards });
  const mails = createMailChecks({ ledger, eventStore, queued, shards });
  const desk = createDeskChecks({ viewStore, eventStore, shown: desked, shards });
  const transfers = createTransferChecks({ eventStore, carried: desked, unreadCommands, shards });
  const orders = createOrderChecks({
    eventStore,
    clock,
    shards,
    views,
    mails,
    desk,
    transfers,
    onOrder: (order) => money.add(order),
    list,
  });
  const counts = { commits: 0, events: 0, repeated: 0, retired: 0 };

  for (const [shard, head] of heads.entries()) {
    const reached = published.get(shard) ?? 0;
    const publication = createPublishedCheck({
      log,
      eventStore,
      shard,
      published: reached,
      nowMs: clock.nowMs(),
      onDiscrepancy: list.add,
    });
    const scan = createScan(shard);
    for await (const page of commitPages(eventStore, shard, head)) {
      for (const discrepancy of scan.take(page)) list.add(discrepancy);
      await publication.take(page);
      const begun = page.filter(({ sequence }) => sequence === 1).map(({ orderId }) => orderId);
      for (const order of await orders.check(shard, begun)) {
        for (const commit of order.commits) if (commit.position <= head) scan.cover(commit);
      }
      counts.commits += page.length;
      counts.events += page.reduce((sum, { events }) => sum + events.length, 0);
      onProgress?.(
        counts.commits,
        heads.reduce((sum, one) => sum + one, 0),
      );
    }
    if (!scan.isCovered()) await checkHeadless(eventStore, shard, head, list.add);
    const { repeated, retired } = await publication.end();
    counts.repeated += repeated;
    counts.retired += retired;
  }
  await views.surplus(list.add);
  await mails.surplus(list.add);
  await desk.surplus(list.add);
  const letters = await checkLetters({ log, viewStore, shards }, list.add);
  await checkInboxRecords({ ...deps, letters, lags }, list.add);

  const totals = money.list();
  const { held, maybeTwice, open } = orders.mails();
  return {
    compared: {
      commits: counts.commits,
      orders: orders.count(),
      events: counts.events,
      repeatedEvents: counts.repeated,
      retiredEvents: counts.retired,
    },
    money: totals,
    underWay: [
      { what: "inbox records that wait to be read", count: unread },
      { what: "commits whose mails are not queued", count: behind(queued, heads) },
      { what: "commits that the views do not show", count: behind(projected, heads) },
      { what: "commits that are not published", count: behind(published, heads) },
      { what: "commits that the payment desk does not show", count: behind(desked, heads) },
      { what: "payments on their way from one order to another", count: orders.onTheWay() },
      { what: "records of dead letters that their view does not show", count: letters.waiting },
      { what: "mails that are not done", count: open },
    ].filter(({ count }) => count > 0),
    explained: [
      { what: "dead letters that may be about money and wait for a person", ...letters.openMoney },
      { what: "mails that are held for a person", ...held },
      { what: "mails that may have come twice, under one Message-ID", ...maybeTwice },
    ].filter(({ count }) => count > 0),
    discrepancies: list.listed,
    unexplained: list.count() + totals.filter(({ addsUp }) => !addsUp).length,
  };
}

/** How far the shards and their reactors are: what is stored behind it is not compared. */
interface Cut {
  readonly queued: ReadonlyMap<number, number>;
  readonly projected: ReadonlyMap<number, number>;
  readonly published: ReadonlyMap<number, number>;
  readonly desked: ReadonlyMap<number, number>;
  readonly heads: readonly number[];
}

/** Waits a little for reactors that are behind, and takes things as they are then. */
async function settledCut({ eventStore, viewStore, clock, shards }: ReconcileDeps, projector: string): Promise<Cut> {
  const pause = createWakeUp(clock);
  const read = async (): Promise<Cut> => {
    // The checkpoints come first: whatever is read later is at least as new.
    const checkpointOf = (reactor: string) => viewStore.checkpoint(reactor);
    const queued = await checkpointOf(MAIL_QUEUE);
    const projected = await checkpointOf(projector);
    const published = await checkpointOf(PUBLISHER);
    const desked = await checkpointOf(PAYMENT_DESK);
    const heads = await Promise.all(Array.from({ length: shards }, (_, shard) => eventStore.head(shard)));
    return { queued, projected, published, desked, heads };
  };
  let cut = await read();
  for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += SETTLE_POLL_MS) {
    const { queued, projected, published, desked, heads } = cut;
    if ([queued, projected, published, desked].every((reached) => behind(reached, heads) === 0)) break;
    await pause.wait(SETTLE_POLL_MS);
    cut = await read();
  }
  return cut;
}

function behind(reached: ReadonlyMap<number, number>, heads: readonly number[]): number {
  return heads.reduce((sum, head, shard) => sum + Math.max(0, head - (reached.get(shard) ?? 0)), 0);
}

/** Keeps discrepancies, and counts those that are too many to keep. */
function createList() {
  const listed: Discrepancy[] = [];
  let count = 0;
  return {
    listed,
    count: () => count,
    add(discrepancy: Discrepancy): void {
      count += 1;
      if (listed.length < MAX_LISTED) listed.push(discrepancy);
    },
  };
}

/** @returns how many records wait, and those of order-commands by shard. */
function checkOffsets(
  lags: readonly InboxLag[],
  add: (found: Discrepancy) => void,
): { readonly unread: number; readonly unreadCommands: ReadonlyMap<number, number> } {
  let unread = 0;
  const unreadCommands = new Map<number, number>();
  for (const { topic, shard, committedOffset, endOffset } of lags) {
    const waiting = Math.max(0, endOffset - committedOffset);
    unread += waiting;
    if (topic === "order-commands") unreadCommands.set(shard, waiting);
    if (committedOffset <= endOffset) continue;
    const detail = `offset ${committedOffset} is committed, and the next record will get ${endOffset}`;
    add({ kind: "inbox_offset_beyond_end", shard, orderId: null, subject: `${topic}[${shard}]`, detail });
  }
  return { unread, unreadCommands };
}
