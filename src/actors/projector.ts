/**
 * Turns commits into read models: the orders view, the timers and the webhooks, and closes mails whose outcome the order
 * knows, in one transaction with the checkpoint. Everything it writes follows from the commits alone and bears a repeat, so
 * a projector can be reset and replayed.
 */
import { LRUCache } from "lru-cache";
import type { OrderEvent } from "../domain/events.ts";
import { roundOfCause } from "../domain/messages.ts";
import { evolve, NO_ORDER, type Order } from "../domain/order.ts";
import { viewOf } from "./order-view.ts";
import type { Commit, EventStore, ViewStore, ViewVersion, ViewWrite } from "./ports.ts";
import type { HandleCommits } from "./reactor.ts";
import { ORDERS_VIEW, orderDocument, TIMERS, type TimerDocument, WEBHOOKS, type WebhookDocument } from "./views.ts";

/** An order folded up to the last commit that was projected, and when its first one was recorded. */
interface Folded {
  readonly order: Order;
  readonly firstRecordedAt: string;
}

export interface ProjectorDeps {
  readonly eventStore: EventStore;
  readonly viewStore: ViewStore;
  readonly ordersVersion: number;
  /** How many folded orders are kept; others are folded again from the store. */
  readonly capacity: number;
}

/** The name of the checkpoint of the projector that writes a version of the orders view. */
export function projectorName(ordersVersion: number): string {
  return `projector-v${ordersVersion}`;
}

/** The projector's work on a batch of commits. */
export function createProjector(deps: ProjectorDeps): HandleCommits {
  const { eventStore, viewStore, ordersVersion, capacity } = deps;
  const target: ViewVersion = { view: ORDERS_VIEW.name, version: ordersVersion };
  const cache = new LRUCache<string, Folded>({ max: capacity });

  /** The orders of a batch as they were before it: from memory, or folded again from the store with one query a shard. */
  const foldedBefore = async (commits: readonly Commit[]): Promise<Map<string, Folded>> => {
    const folded = new Map<string, Folded>();
    const missing = new Map<string, Commit>();
    const seen = new Set<string>();
    for (const commit of commits) {
      const { orderId, sequence } = commit;
      if (seen.has(orderId)) continue;
      seen.add(orderId);
      const cached = cache.get(orderId);
      // A replay meets orders that memory has in a later state.
      if (cached !== undefined && cached.order.version === sequence - 1) folded.set(orderId, cached);
      else if (sequence > 1) missing.set(orderId, commit);
    }
    const shards = new Set([...missing.values()].map(({ shard }) => shard));
    for (const shard of shards) {
      const ofShard = [...missing.values()].filter((commit) => commit.shard === shard);
      const stored = await eventStore.readOrders(
        shard,
        ofShard.map(({ orderId }) => orderId),
      );
      for (const { orderId, position } of ofShard) {
        const earlier = (stored.get(orderId) ?? []).filter((commit) => commit.position < position);
        for (const commit of earlier) folded.set(orderId, fold(folded.get(orderId), commit));
      }
    }
    return folded;
  };

  /** What the commits write; `folded` holds their orders as they are after the batch. */
  const project = (commits: readonly Commit[], folded: Map<string, Folded>): ViewWrite[] => {
    const latest = new Map<string, Commit>();
    const timers = new Map<string, ViewWrite>();
    const webhooks = new Map<string, ViewWrite>();
    const closed: ViewWrite[] = [];
    for (const commit of commits) {
      const next = fold(folded.get(commit.orderId), commit);
      folded.set(commit.orderId, next);
      latest.set(commit.orderId, commit);
      for (const event of commit.events) {
        const timer = timerWrite(commit, event);
        if (timer !== null) timers.set(commit.orderId, timer);
        const webhook = webhookWrite(commit, event);
        if (webhook !== null) webhooks.set(webhook.id, webhook);
        if (event.type === "ConfirmationEmailed" || event.type === "ConfirmationRefused") {
          closed.push({ type: "closeMail", messageId: event.data.messageId, round: roundOfCause(commit.causeId) });
        }
      }
    }
    const documents = [...latest.values()].map(({ orderId, recordedAt }): ViewWrite => {
      const { order, firstRecordedAt } = folded.get(orderId) as Folded;
      const view = viewOf(orderId, order, { receivedAt: firstRecordedAt, updatedAt: recordedAt });
      return { type: "put", target, id: orderId, document: orderDocument(view, Date.parse(firstRecordedAt)) };
    });
    return [...documents, ...timers.values(), ...webhooks.values(), ...closed];
  };

  return async (commits, checkpoint) => {
    const folded = await foldedBefore(commits);
    const writes = project(commits, folded);
    const { type } = await viewStore.apply(writes, checkpoint);
    if (type === "applied") for (const [orderId, after] of folded) cache.set(orderId, after);
    return type;
  };
}

function fold(before: Folded | undefined, commit: Commit): Folded {
  return {
    order: commit.events.reduce(evolve, before?.order ?? NO_ORDER),
    firstRecordedAt: before?.firstRecordedAt ?? commit.recordedAt,
  };
}

/** Money that a webhook told of binds the webhook's id to it. */
function webhookWrite({ orderId }: Commit, event: OrderEvent): Extract<ViewWrite, { type: "put" }> | null {
  const isMoney =
    event.type === "PaymentReceived" || event.type === "PaymentQuarantined" || event.type === "RefundRecorded";
  if (!isMoney || event.data.webhookId === undefined) return null;
  const causeId = event.type === "RefundRecorded" ? `refund:${event.data.refundId}` : `payment:${event.data.paymentId}`;
  const document: WebhookDocument = { orderId, causeId };
  return { type: "put", target: WEBHOOKS, id: event.data.webhookId, document: { ...document } };
}

/** A received order waits for its deadline; whatever decides it ends the wait. */
function timerWrite({ shard, orderId }: Commit, event: OrderEvent): ViewWrite | null {
  if (event.type === "OrderReceived") {
    const { paymentDeadline } = event.data;
    const timer: TimerDocument = { orderId, shard, deadline: paymentDeadline, dueAtMs: Date.parse(paymentDeadline) };
    return { type: "put", target: TIMERS, id: orderId, document: { ...timer } };
  }
  const ends =
    event.type === "OrderPaid" ||
    event.type === "OrderRejected" ||
    event.type === "OrderExpired" ||
    event.type === "OrderCancelled";
  return ends ? { type: "delete", target: TIMERS, id: orderId } : null;
}
