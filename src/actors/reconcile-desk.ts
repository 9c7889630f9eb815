/**
 * Compares the payment desk with the orders: every payment that a person must look at is there as its order's events tell
 * it, and nothing else is. The reactor writes all payments of an order at once, and may have seen more of it than its
 * checkpoint says; so what is there must be what some point between the checkpoint and the order's end asks for.
 */

import { quarantineIdOf } from "../domain/order.ts";
import { type DeskPayment, deskPaymentsOf } from "./desk-payments.ts";
import type { Discrepancy } from "./discrepancy.ts";
import { foldCommits } from "./fold-commits.ts";
import { isSame } from "./is-same.ts";
import { deskIdOf } from "./payment-desk.ts";
import { type CountedElsewhere, createPaymentPlacesReader, NOWHERE_ELSE, paymentIdsOf } from "./payment-places.ts";
import type { EventStore, ViewDocument, ViewStore } from "./ports.ts";
import type { StoredOrder } from "./reconcile-order.ts";
import { shardOf } from "./sharding.ts";
import { createTally } from "./tally.ts";
import { DESK, PAYMENT_PLACES } from "./views.ts";

const PAGE_DOCUMENTS = 500;

export interface DeskChecks {
  /** Compares the payments of some orders, and notes that they have been met where it is the first time. */
  compare(orders: readonly StoredOrder[], isFirst: boolean): Promise<readonly Discrepancy[]>;
  /** Looks for payments that no order has; to be called when all orders have been compared. */
  surplus(onDiscrepancy: (found: Discrepancy) => void): Promise<void>;
}

/** @param shown how far the payment desk had come in each shard before anything else was read; empty where it never ran. */
export function createDeskChecks(deps: {
  readonly viewStore: Pick<ViewStore, "getMany" | "scan">;
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly shown: ReadonlyMap<number, number>;
  readonly shards: number;
}): DeskChecks {
  const { viewStore, eventStore, shown, shards } = deps;
  const places = createPaymentPlacesReader(viewStore);
  const met = createTally();

  const compareOne = (
    order: StoredOrder,
    stored: ReadonlyMap<string, ViewDocument>,
    elsewhere: CountedElsewhere = NOWHERE_ELSE,
  ): Discrepancy[] => {
    const { shard, commits } = order;
    const handled = commits.filter(({ position }) => position <= (shown.get(shard) ?? 0)).length;
    const ids = idsOf(order);
    let found: Discrepancy[] = [];
    for (let count = commits.length; count >= handled; count--) {
      const asked = askedBy({ ...order, commits: commits.slice(0, count) }, elsewhere);
      const wrong = ids.flatMap((id) => disagreement(order, id, stored.get(id), asked.get(id)));
      if (wrong.length === 0) return [];
      if (count === commits.length) found = wrong;
    }
    return found;
  };

  /** Payments that the desk has handled, and whose ids have no place: at a second order they would not be noticed. */
  const withoutPlace = async (orders: readonly StoredOrder[]): Promise<Discrepancy[]> => {
    const handled = orders.flatMap(({ shard, orderId, commits }) =>
      paymentIdsOf(commits.filter(({ position }) => position <= (shown.get(shard) ?? 0))).map((paymentId) => ({
        shard,
        orderId,
        paymentId,
      })),
    );
    if (handled.length === 0) return [];
    const ids = handled.map(({ paymentId }) => paymentId);
    const placed = await viewStore.getMany(PAYMENT_PLACES, [...new Set(ids)]);
    return handled.flatMap(({ shard, orderId, paymentId }): Discrepancy[] => {
      if (placed.has(paymentId)) return [];
      const detail = "nothing tells at which order the payment counts";
      return [{ kind: "desk_missing", shard, orderId, subject: `${PAYMENT_PLACES.view} ${paymentId}`, detail }];
    });
  };

  const surplusOf = async (ids: readonly string[]): Promise<Discrepancy[]> => {
    const found: Discrepancy[] = [];
    for (const [shard, ofShard] of Map.groupBy(ids, (id) => shardOf(orderIdOf(id), shards))) {
      const stored = await eventStore.readOrders(shard, [...new Set(ofShard.map(orderIdOf))]);
      for (const id of ofShard) {
        const orderId = orderIdOf(id);
        const commits = stored.get(orderId) ?? [];
        if (idsOf({ orderId, shard, commits }).includes(id)) continue;
        const detail = commits.length === 0 ? "there is no such order" : "the order has no such payment";
        found.push({ kind: "desk_surplus", shard, orderId, subject: id, detail });
      }
    }
    return found;
  };

  return {
    async compare(orders, isFirst) {
      if (shown.size === 0) return [];
      const ids = orders.flatMap(idsOf);
      const stored = ids.length === 0 ? new Map<string, ViewDocument>() : await viewStore.getMany(DESK, ids);
      if (isFirst) for (const id of stored.keys()) met.add(id);
      const elsewhere = await places.elsewhere(new Map(orders.map(({ orderId, commits }) => [orderId, commits])));
      const unplaced = await withoutPlace(orders);
      return orders.flatMap((order) => [
        ...unplaced.filter(({ orderId }) => orderId === order.orderId),
        ...compareOne(order, stored, elsewhere.get(order.orderId)),
        ...atTwoOrders(order, elsewhere.get(order.orderId)),
      ]);
    },
    async surplus(onDiscrepancy) {
      if (shown.size === 0) return;
      const all = createTally();
      for await (const ids of pagesOf(viewStore)) for (const id of ids) all.add(id);
      if (all.equals(met)) return;
      for await (const ids of pagesOf(viewStore)) for (const found of await surplusOf(ids)) onDiscrepancy(found);
    },
  };
}

/** What the desk must show of an order, by its ids. */
function askedBy({ commits }: StoredOrder, elsewhere: CountedElsewhere): ReadonlyMap<string, DeskPayment> {
  const payments = [...deskPaymentsOf(commits, elsewhere).values()].filter((payment) => payment !== null);
  return new Map(payments.map((payment) => [deskIdOf(payment), payment]));
}

/** The payments of an order that count at another one, too, and about which nobody has decided. */
function atTwoOrders(
  { shard, orderId, commits }: StoredOrder,
  elsewhere: CountedElsewhere = NOWHERE_ELSE,
): Discrepancy[] {
  if (elsewhere.size === 0) return [];
  return [...deskPaymentsOf(commits, elsewhere).values()].flatMap((payment): Discrepancy[] => {
    if (payment?.state !== "open" || payment.countedAt === undefined) return [];
    const detail = `it counts at order ${payment.countedAt}, too`;
    return [{ kind: "payment_at_two_orders", shard, orderId, subject: deskIdOf(payment), detail }];
  });
}

/** The ids that the payments of an order have on the desk, whether they are there or not. */
function idsOf({ orderId, commits }: StoredOrder): readonly string[] {
  const { payments, quarantined } = foldCommits(commits);
  const paymentIds = new Set([...payments.map(({ paymentId }) => paymentId), ...quarantined.map(quarantineIdOf)]);
  return [...paymentIds].map((paymentId) => deskIdOf({ orderId, paymentId }));
}

function orderIdOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf("/")));
}

function disagreement(
  { shard, orderId }: StoredOrder,
  id: string,
  stored: ViewDocument | undefined,
  asked: DeskPayment | undefined,
): Discrepancy[] {
  if (isSame(stored, asked) || isSame(stored, withTimeOf(stored, asked))) return [];
  const about = { shard, orderId, subject: id };
  if (stored === undefined)
    return [{ kind: "desk_missing", ...about, detail: `it should be ${JSON.stringify(asked)}` }];
  if (asked === undefined) return [{ kind: "desk_surplus", ...about, detail: "nobody has to look at the payment" }];
  const detail = `it is ${JSON.stringify(stored)}, and the order's events say ${JSON.stringify(asked)}`;
  return [{ kind: "desk_differs", ...about, detail }];
}

/** From when on an orphan is looked at depends on WATERMARK_S, which may have been another one when it was written. */
function withTimeOf(stored: ViewDocument | undefined, asked: DeskPayment | undefined): DeskPayment | undefined {
  const lookAtMs = stored?.["lookAtMs"];
  if (asked?.kind !== "orphan" || asked.state !== "open" || typeof lookAtMs !== "number") return asked;
  return lookAtMs < Date.parse(asked.since) ? asked : { ...asked, lookAtMs };
}

async function* pagesOf(viewStore: Pick<ViewStore, "scan">): AsyncGenerator<readonly string[]> {
  let afterId = "";
  for (;;) {
    const page = await viewStore.scan(DESK, { afterId, limit: PAGE_DOCUMENTS });
    if (page.length > 0) yield page.map(({ id }) => id);
    if (page.length < PAGE_DOCUMENTS) return;
    afterId = page.at(-1)?.id ?? "";
  }
}
