/**
 * Compares the views with the orders. A document must show at least what its projector has handled; where the service
 * runs, it may show more. So each order is compared as far as its document goes, and what lies between is under way.
 */

import { type DerivedView, derivedViews, shownVersion } from "./derived-views.ts";
import type { Discrepancy } from "./discrepancy.ts";
import { isSame } from "./is-same.ts";
import type { Commit, EventStore, ViewDocument, ViewStore } from "./ports.ts";
import type { StoredOrder } from "./reconcile-order.ts";
import { shardOf } from "./sharding.ts";
import { createTally, type Tally } from "./tally.ts";

const PAGE_DOCUMENTS = 500;

export interface ViewChecks {
  /** Compares the documents of some orders, and notes that they have been met where it is the first time. */
  compare(orders: readonly StoredOrder[], isFirst: boolean): Promise<readonly Discrepancy[]>;
  /** Looks for documents that no order speaks for; to be called when all orders have been compared. */
  surplus(onDiscrepancy: (found: Discrepancy) => void): Promise<void>;
}

/** @param projected how far the projector had come in each shard before anything else was read. */
export function createViewChecks(deps: {
  readonly viewStore: Pick<ViewStore, "getMany" | "scan">;
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly ordersVersion: number;
  readonly projected: ReadonlyMap<number, number>;
  readonly shards: number;
}): ViewChecks {
  const { viewStore, eventStore, projected, shards } = deps;
  const views = derivedViews(deps.ordersVersion);
  const met = new Map<DerivedView, Tally>(views.map((view) => [view, createTally()]));

  /** True when the document is what another order asks for under the same id: both have it, and one document can only name one. */
  const isOfAnother = async (
    view: DerivedView,
    id: string,
    document: ViewDocument,
    orderId: string,
  ): Promise<boolean> => {
    const other = view.orderIdOf(id, document);
    if (other === orderId) return false;
    const shard = shardOf(other, shards);
    const commits = (await eventStore.readOrders(shard, [other])).get(other) ?? [];
    return isSame(view.documentsOf({ orderId: other, shard, commits }).get(id), document);
  };

  /** How many of its commits a projector has certainly shown. */
  const handledOf = ({ shard, commits }: StoredOrder): number =>
    commits.filter(({ position }) => position <= (projected.get(shard) ?? 0)).length;

  /** The documents that a view may have for an order, from what was projected to all that is stored. */
  const possibleDocuments = (view: DerivedView, order: StoredOrder): ReadonlySet<string> => {
    const ids = new Set<string>();
    for (let count = Math.max(1, handledOf(order)); count <= order.commits.length; count++) {
      const shown = { ...order, commits: order.commits.slice(0, count) };
      for (const id of view.idsOf(shown)) ids.add(id);
    }
    return ids;
  };

  /** The surplus among some documents: those whose order has no place for them. */
  const surplusOf = async (
    view: DerivedView,
    documents: readonly { readonly id: string; readonly document: ViewDocument }[],
  ): Promise<Discrepancy[]> => {
    const byShard = Map.groupBy(documents, ({ id, document }) => shardOf(view.orderIdOf(id, document), shards));
    const found: Discrepancy[] = [];
    for (const [shard, ofShard] of byShard) {
      const orderIds = [...new Set(ofShard.map(({ id, document }) => view.orderIdOf(id, document)))];
      const stored = await eventStore.readOrders(shard, orderIds);
      for (const { id, document } of ofShard) {
        const orderId = view.orderIdOf(id, document);
        const order = { orderId, shard, commits: stored.get(orderId) ?? [] };
        if (order.commits.length > 0 && possibleDocuments(view, order).has(id)) continue;
        const detail = order.commits.length === 0 ? "there is no such order" : "the order has no place for it";
        found.push({ kind: "view_surplus", shard, orderId, subject: `${nameOf(view)} ${id}`, detail });
      }
    }
    return found;
  };

  return {
    async compare(orders, isFirst) {
      const found: Discrepancy[] = [];
      const [main] = views;
      const mainDocuments = await viewStore.getMany(
        main.target,
        orders.map(({ orderId }) => orderId),
      );
      const shown = orders.flatMap((order): StoredOrder[] => {
        const version = shownVersion(mainDocuments.get(order.orderId));
        const commits = order.commits.filter(({ sequence, events }) => sequence + events.length - 1 <= version);
        const handled = handledOf(order);
        if (commits.length < handled || (commits.length > 0 && lastSequence(commits) !== version)) {
          found.push(missingOf(main, order, version));
          return [];
        }
        return commits.length === 0 ? [] : [{ ...order, commits }];
      });
      for (const view of views) {
        const expected = shown.flatMap((order) =>
          [...view.documentsOf(order)].map(([id, document]) => ({ order, id, document })),
        );
        const ids = expected.map(({ id }) => id);
        const actual = view === main ? mainDocuments : await viewStore.getMany(view.target, ids);
        for (const {
          order: { shard, orderId },
          id,
          document,
        } of expected) {
          const stored = actual.get(id);
          const isOwn = stored !== undefined && view.orderIdOf(id, stored) === orderId;
          if (isOwn && isFirst) met.get(view)?.add(id);
          if (isSame(stored, document)) continue;
          if (stored !== undefined && (await isOfAnother(view, id, stored, orderId))) continue;
          const subject = `${nameOf(view)} ${id}`;
          if (stored === undefined) {
            found.push({ kind: "view_missing", shard, orderId, subject, detail: "the order's events ask for it" });
          } else {
            const detail = `it is ${JSON.stringify(stored)}, and the order's events say ${JSON.stringify(document)}`;
            found.push({ kind: "view_differs", shard, orderId, subject, detail });
          }
        }
      }
      return found;
    },
    async surplus(onDiscrepancy) {
      for (const view of views) {
        const all = createTally();
        for await (const page of pagesOf(viewStore, view)) for (const { id } of page) all.add(id);
        if (all.equals(met.get(view) ?? createTally())) continue;
        for await (const page of pagesOf(viewStore, view)) {
          const first = await surplusOf(view, page);
          if (first.length === 0) continue;
          // On a running service an order may just have moved on: what is still there, and still surplus, is wrong.
          const again = await viewStore.getMany(
            view.target,
            page.map(({ id }) => id),
          );
          const left = page.filter(({ id }) => again.has(id));
          for (const discrepancy of await surplusOf(view, left)) onDiscrepancy(discrepancy);
        }
      }
    },
  };
}

async function* pagesOf(viewStore: Pick<ViewStore, "scan">, { target }: DerivedView) {
  let afterId = "";
  for (;;) {
    const page = await viewStore.scan(target, { afterId, limit: PAGE_DOCUMENTS });
    if (page.length > 0) yield page;
    if (page.length < PAGE_DOCUMENTS) return;
    afterId = page.at(-1)?.id ?? "";
  }
}

function missingOf(view: DerivedView, { shard, orderId }: StoredOrder, version: number): Discrepancy {
  const subject = `${nameOf(view)} ${orderId}`;
  if (version === 0)
    return { kind: "view_missing", shard, orderId, subject, detail: "the projector has passed the order" };
  const detail = `it shows event ${version}, and the projector has passed that, or the order has no such state`;
  return { kind: "view_differs", shard, orderId, subject, detail };
}

function lastSequence(commits: readonly Commit[]): number {
  const last = commits.at(-1);
  return last === undefined ? 0 : last.sequence + last.events.length - 1;
}

function nameOf({ target }: DerivedView): string {
  return target.view;
}
