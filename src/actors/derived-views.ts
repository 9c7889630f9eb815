/**
 * Which documents each view must hold for an order, worked out from its commits alone and apart from the projector. A view
 * that follows from single orders is compared as soon as it has its line in `derivedViews`.
 */
import { foldCommits } from "./fold-commits.ts";
import { viewOf } from "./order-view.ts";
import type { Commit, ViewDocument, ViewVersion } from "./ports.ts";
import type { StoredOrder } from "./reconcile-order.ts";
import {
  ORDERS_VIEW,
  type OrderDocument,
  orderDocument,
  TIMERS,
  type TimerDocument,
  WEBHOOKS,
  type WebhookDocument,
} from "./views.ts";

export interface DerivedView {
  readonly target: ViewVersion;
  /** The documents of an order as these commits make it, by their ids. */
  documentsOf(order: StoredOrder): ReadonlyMap<string, ViewDocument>;
  /** The ids of these documents. */
  idsOf(order: StoredOrder): Iterable<string>;
  /** The order that a document belongs to. */
  orderIdOf(id: string, document: ViewDocument): string;
}

/** The views that are compared: a new one is one line here. The first is the orders view, whose version the others go by. */
export function derivedViews(ordersVersion: number): readonly [DerivedView, ...DerivedView[]] {
  return [ordersView(ordersVersion), TIMERS_OF_ORDERS, WEBHOOKS_OF_ORDERS];
}

/** How many events of its order a document of the orders view shows. */
export function shownVersion(document: ViewDocument | undefined): number {
  return (document as OrderDocument | undefined)?.order.version ?? 0;
}

function ordersView(version: number): DerivedView {
  return {
    target: { view: ORDERS_VIEW.name, version },
    documentsOf({ orderId, commits }) {
      const receivedAt = commits[0]?.recordedAt ?? "";
      const updatedAt = commits.at(-1)?.recordedAt ?? "";
      const view = viewOf(orderId, foldCommits(commits), { receivedAt, updatedAt });
      return new Map([[orderId, orderDocument(view, Date.parse(receivedAt))]]);
    },
    idsOf: ({ orderId }) => [orderId],
    orderIdOf: (id) => id,
  };
}

const TIMERS_OF_ORDERS: DerivedView = {
  target: TIMERS,
  documentsOf({ orderId, shard, commits }) {
    const { status, details } = foldCommits(commits);
    const deadline = details?.paymentDeadline ?? null;
    if (status !== "received" || deadline === null) return new Map();
    const timer: TimerDocument = { orderId, shard, deadline, dueAtMs: Date.parse(deadline) };
    return new Map([[orderId, { ...timer }]]);
  },
  idsOf: (order) => TIMERS_OF_ORDERS.documentsOf(order).keys(),
  orderIdOf: (id) => id,
};

const WEBHOOKS_OF_ORDERS: DerivedView = {
  target: WEBHOOKS,
  documentsOf: ({ orderId, commits }) => new Map(commits.flatMap((commit) => webhooksOf(orderId, commit))),
  idsOf: (order) => WEBHOOKS_OF_ORDERS.documentsOf(order).keys(),
  orderIdOf: (_, document) => (document as unknown as WebhookDocument).orderId,
};

function webhooksOf(orderId: string, { events }: Commit): [string, ViewDocument][] {
  return events.flatMap((event): [string, ViewDocument][] => {
    if (event.type === "PaymentReceived" || event.type === "PaymentQuarantined") {
      const { webhookId, paymentId } = event.data;
      return webhookId === undefined ? [] : [[webhookId, { orderId, causeId: `payment:${paymentId}` }]];
    }
    if (event.type !== "RefundRecorded" || event.data.webhookId === undefined) return [];
    return [[event.data.webhookId, { orderId, causeId: `refund:${event.data.refundId}` }]];
  });
}
