/**
 * Compares everything that the stores hold with everything else: inbox offsets, commits, events, views, published events,
 * mails and money. It walks through each shard log once, and looks at each order where its first commit stands, so that
 * it needs the memory of one page, however many orders there are. It changes nothing, and may run beside the service:
 * what the reactors had not handled when it began is under way, and what looks wrong is looked at twice.
 */
import type { Order } from "../../domain/order.ts";
import { MAIL_QUEUE } from "../mail-queue.ts";
import type { Clock, Commit, EventStore, MailLedger, MessageLog, ViewStore } from "../ports.ts";
import { projectorName } from "../projector.ts";
import { PUBLISHER } from "../publisher.ts";
import { createWakeUp } from "../retry.ts";
import { ORDERS_VIEW } from "../views.ts";
import { createMailChecks, type MailChecks } from "./check-mails.ts";
import { checkOrder, type StoredOrder } from "./check-order.ts";
import { createPublishedCheck } from "./check-published.ts";
import { createViewChecks, type ViewChecks } from "./check-views.ts";
import type { Discrepancy } from "./discrepancy.ts";
import { identityOf } from "./discrepancy.ts";
import { createMoneyTotals, type MoneyTotal } from "./money-totals.ts";
import { createTally } from "./tally.ts";

const PAGE_COMMITS = 500;
/** So long after what looked wrong is looked at again: a running service may just have been writing it. */
const SECOND_LOOK_MS = 500;
/** So long reactors may take to come to the end before anything is compared. */
const SETTLE_MS = 3_000;
const SETTLE_POLL_MS = 250;
/** More are counted, and not listed. */
export const MAX_LISTED = 10_000;

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
  readonly log: Pick<MessageLog, "inboxLag" | "read">;
  readonly eventStore: Pick<EventStore, "readShard" | "readOrders" | "head">;
  readonly viewStore: Pick<ViewStore, "getMany" | "scan" | "checkpoint" | "activeVersion">;
  readonly ledger: Pick<MailLedger, "get" | "scan">;
  readonly clock: Clock;
  readonly shards: number;
  readonly onProgress?: (commits: number, of: number) => void;
}

/** Compares everything. Throws OperationalError when a store cannot be read. */
export async function reconcile(deps: ReconcileDeps): Promise<Reconciliation> {
  const { log, eventStore, viewStore, ledger, clock, shards, onProgress } = deps;
  const ordersVersion = (await viewStore.activeVersion(ORDERS_VIEW.name)) ?? 1;
  const { queued, projected, published, heads } = await settledCut(deps, projectorName(ordersVersion));

  const list = createList();
  const unread = await checkInbox(log, list.add);
  const money = createMoneyTotals();
  const views = createViewChecks({ viewStore, eventStore, ordersVersion, projected, shards });
  const mails = createMailChecks({ ledger, eventStore, queued, shards });
  const orders = createOrderChecks({
    eventStore,
    clock,
    shards,
    views,
    mails,
    onOrder: (order) => money.add(order),
    list,
  });
  const counts = { commits: 0, events: 0, repeated: 0, retired: 0 };

  for (const [shard, head] of heads.entries()) {
    const reached = published.get(shard) ?? 0;
    const publication = createPublishedCheck({ log, eventStore, shard, published: reached, nowMs: clock.nowMs() });
    const scan = createScan(shard);
    for await (const page of pagesOf(eventStore, shard, head)) {
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
    const { found, repeated, retired } = await publication.end();
    for (const discrepancy of found) list.add(discrepancy);
    counts.repeated += repeated;
    counts.retired += retired;
  }
  await views.surplus(list.add);
  await mails.surplus(list.add);

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
      { what: "mails that are not done", count: open },
    ].filter(({ count }) => count > 0),
    explained: [
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
    const heads = await Promise.all(Array.from({ length: shards }, (_, shard) => eventStore.head(shard)));
    return { queued, projected, published, heads };
  };
  let cut = await read();
  for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += SETTLE_POLL_MS) {
    const { queued, projected, published, heads } = cut;
    if ([queued, projected, published].every((reached) => behind(reached, heads) === 0)) break;
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

/** @returns how many records wait. */
async function checkInbox(log: ReconcileDeps["log"], add: (found: Discrepancy) => void): Promise<number> {
  let unread = 0;
  for (const { topic, shard, committedOffset, endOffset } of await log.inboxLag()) {
    unread += Math.max(0, endOffset - committedOffset);
    if (committedOffset <= endOffset) continue;
    const detail = `offset ${committedOffset} is committed, and the next record will get ${endOffset}`;
    add({ kind: "inbox_offset_beyond_end", shard, orderId: null, subject: `${topic}[${shard}]`, detail });
  }
  return unread;
}

async function* pagesOf(eventStore: ReconcileDeps["eventStore"], shard: number, head: number) {
  for (let position = 0; position < head; ) {
    const page = await eventStore.readShard(shard, position, Math.min(PAGE_COMMITS, head - position));
    const last = page.at(-1);
    if (last === undefined) return;
    const upToHead = page.filter((commit) => commit.position <= head);
    if (upToHead.length > 0) yield upToHead;
    position = last.position;
  }
}

/** Walks along the positions of a shard, and finds out whether every commit belongs to an order that was checked. */
function createScan(shard: number) {
  const seen = createTally();
  const covered = createTally();
  let next = 1;
  return {
    take(page: readonly Commit[]): Discrepancy[] {
      return page.flatMap((commit): Discrepancy[] => {
        const { position, orderId } = commit;
        const isGap = position !== next;
        const detail = `position ${next} should come next`;
        next = position + 1;
        seen.add(nameOf(commit));
        return isGap
          ? [{ kind: "position_gap", shard, orderId, subject: `shard ${shard}, position ${position}`, detail }]
          : [];
      });
    },
    cover: (commit: Commit) => covered.add(nameOf(commit)),
    isCovered: () => seen.equals(covered),
  };
}

function nameOf({ orderId, sequence, position }: Commit): string {
  return `${orderId}:${sequence}:${position}`;
}

/** Finds the commits of orders that have no first one: the walk never came to those orders. */
async function checkHeadless(
  eventStore: ReconcileDeps["eventStore"],
  shard: number,
  head: number,
  add: (found: Discrepancy) => void,
): Promise<void> {
  for await (const page of pagesOf(eventStore, shard, head)) {
    const stored = await eventStore.readOrders(shard, [...new Set(page.map(({ orderId }) => orderId))]);
    for (const { orderId, sequence, position } of page) {
      const commits = stored.get(orderId) ?? [];
      if (commits[0]?.sequence === 1 && commits.some((commit) => commit.position === position)) continue;
      const detail = commits.length === 0 ? "the order is not found by its id" : "the order has no first event";
      add({ kind: "sequence_gap", shard, orderId, subject: `${orderId}:${sequence}`, detail });
    }
  }
}

/** Checks orders, page by page; those that look wrong are read and compared once more. */
function createOrderChecks(deps: {
  readonly eventStore: ReconcileDeps["eventStore"];
  readonly clock: Clock;
  readonly shards: number;
  readonly views: ViewChecks;
  readonly mails: MailChecks;
  readonly onOrder: (order: Order) => void;
  readonly list: { add(discrepancy: Discrepancy): void };
}) {
  const { eventStore, clock, shards, views, mails, onOrder, list } = deps;
  const pause = createWakeUp(clock);
  const held = { count: 0, ids: [] as string[] };
  const maybeTwice = { count: 0, ids: [] as string[] };
  let open = 0;
  let count = 0;

  const read = async (shard: number, orderIds: readonly string[]): Promise<StoredOrder[]> =>
    [...(await eventStore.readOrders(shard, orderIds))].map(([orderId, commits]) => ({ orderId, shard, commits }));

  const compare = async (orders: readonly StoredOrder[], isFirst: boolean) => {
    const checked = orders.map((order) => checkOrder(order, shards));
    const [inViews, inMails] = [await views.compare(orders, isFirst), await mails.compare(orders, isFirst)];
    const found = [...checked.flatMap((one) => one.found), ...inViews, ...inMails.found];
    return { checked, found, inMails };
  };

  return {
    async check(shard: number, orderIds: readonly string[]): Promise<readonly StoredOrder[]> {
      if (orderIds.length === 0) return [];
      const orders = await read(shard, orderIds);
      const first = await compare(orders, true);
      for (const { order } of first.checked) onOrder(order);
      count += orders.length;
      open += first.inMails.open;
      note(held, first.inMails.held);
      note(maybeTwice, first.inMails.maybeTwice);
      if (first.found.length === 0) return orders;
      await pause.wait(SECOND_LOOK_MS);
      const suspects = [...new Set(first.found.map(({ orderId }) => orderId ?? ""))];
      const second = await compare(await read(shard, suspects), false);
      const before = new Set(first.found.map(identityOf));
      for (const discrepancy of second.found) if (before.has(identityOf(discrepancy))) list.add(discrepancy);
      return orders;
    },
    count: () => count,
    mails: () => ({ held, maybeTwice, open }),
  };
}

function note(kept: { count: number; readonly ids: string[] }, ids: readonly string[]): void {
  kept.count += ids.length;
  kept.ids.push(...ids.slice(0, Math.max(0, MAX_LISTED - kept.ids.length)));
}
