/**
 * A shop in memory behind the front door's and the order reader's interfaces, with the real domain inside. What
 * is submitted stays `accepted` until a test processes it, so that a test decides what happened when.
 */
import type { FrontDoor, Refused, SubmittedOrder } from "../../src/actors/front-door.ts";
import type { OrderReader } from "../../src/actors/order-reader.ts";
import { type OrderView, type TimelineEvent, viewOf } from "../../src/actors/order-view.ts";
import type { PaymentWebhooks } from "../../src/actors/payment-webhooks.ts";
import type { MailEntry } from "../../src/actors/ports.ts";
import { type Catalogue, priceItems } from "../../src/domain/catalogue.ts";
import { decide, sameRequest } from "../../src/domain/decide.ts";
import type { OrderEvent } from "../../src/domain/events.ts";
import { causeOf, type Message, type SubmitOrder } from "../../src/domain/messages.ts";
import { evolve, NO_ORDER, type Order } from "../../src/domain/order.ts";
import { refundableMinor } from "../../src/domain/settle.ts";
import { orderIdFromKey } from "../../src/schemas/order-id.ts";
import type { ManualClock } from "./memory/manual-clock.ts";

export const TEST_CATALOGUE: Catalogue = {
  currency: "EUR",
  items: [
    { sku: "margherita", name: "Pizza Margherita", description: "Tomato, fior di latte, basil", priceMinor: 950 },
    { sku: "espresso", name: "Espresso", description: "A short, dark shot", priceMinor: 220 },
    { sku: "palace", name: "A palace", description: "Not for delivery", priceMinor: 9_000_000_000_000 },
  ],
};

export interface FakeShop {
  readonly frontDoor: FrontDoor;
  readonly paymentWebhooks: PaymentWebhooks;
  readonly orderReader: OrderReader;
  /** What was taken in and not processed yet, in order. */
  readonly waiting: readonly Message[];
  /** How often `submit` was called. */
  submissions(): number;
  /** Processes everything that waits. */
  process(): void;
  /** Appends an event as if a message had caused it; `quietly`, nobody who watches learns of it. */
  append(orderId: string, event: OrderEvent, options?: { readonly quietly: boolean }): void;
  /** The ledger's entries of an order's mails. */
  setMails(orderId: string, mails: readonly MailEntry[]): void;
  /** Every further call throws this; null heals. */
  failWith(error: Error | null): void;
  /** How many `watch` subscriptions are open. */
  watchers(): number;
}

interface Kept {
  order: Order;
  readonly timeline: TimelineEvent[];
}

export function createFakeShop(clock: ManualClock): FakeShop {
  const waiting: Message[] = [];
  const submitted = new Map<string, SubmitOrder>();
  const kept = new Map<string, Kept>();
  const mails = new Map<string, readonly MailEntry[]>();
  const causeOfWebhook = new Map<string, string>();
  const listeners = new Map<string, Set<() => void>>();
  let failure: Error | null = null;
  let submissions = 0;
  let nextId = 0;

  const checkHealth = (): void => {
    if (failure !== null) throw failure;
  };
  const newId = (): string => {
    nextId += 1;
    return `00000000-0000-7000-8000-${nextId.toString(16).padStart(12, "0")}`;
  };
  const store = (orderId: string, causeId: string, events: readonly OrderEvent[], quietly = false): void => {
    const entry = kept.get(orderId) ?? { order: NO_ORDER, timeline: [] };
    kept.set(orderId, entry);
    for (const event of events) {
      entry.order = evolve(entry.order, event);
      const { type, data } = event;
      entry.timeline.push({ sequence: entry.order.version, type, occurredAt: clock.nowIso(), data, causeId });
    }
    if (!quietly) for (const onChange of listeners.get(orderId) ?? []) onChange();
  };
  const view = (orderId: string): OrderView | null => {
    const entry = kept.get(orderId);
    const times = { receivedAt: clock.nowIso(), updatedAt: clock.nowIso() };
    if (entry !== undefined) return viewOf(orderId, entry.order, times);
    const order = submitted.get(orderId);
    if (order === undefined) return null;
    const { customer, items, quotedTotal = null, submittedAt } = order;
    const rest = {
      paid: null,
      money: "settled",
      refundDue: [],
      reason: null,
      version: 0,
      updatedAt: submittedAt,
    } as const;
    return { orderId, status: "accepted", customer, items, total: quotedTotal, receivedAt: submittedAt, ...rest };
  };
  const refused = (code: Refused["code"], detail: string): Refused => ({ type: "refused", code, detail });

  const frontDoor: FrontDoor = {
    catalogue: TEST_CATALOGUE,
    async submit({ customer, items, idempotencyKey }): Promise<SubmittedOrder | Refused> {
      submissions += 1;
      checkHealth();
      const pricing = priceItems(TEST_CATALOGUE, items);
      if (pricing.type === "unknownItem") return refused("unknown_item", `no item ${pricing.sku}`);
      if (pricing.type === "tooLarge") return refused("total_too_large", "too large");
      const orderId = idempotencyKey === undefined ? newId() : orderIdFromKey(idempotencyKey);
      const earlier = submitted.get(orderId);
      if (earlier !== undefined && !sameRequest(earlier, { customer, items })) {
        return refused("idempotency_key_reused", "another body");
      }
      if (earlier === undefined) {
        const message: SubmitOrder = {
          type: "SubmitOrder",
          orderId,
          customer,
          items,
          quotedTotal: pricing.total,
          submittedAt: clock.nowIso(),
        };
        submitted.set(orderId, message);
        waiting.push(message);
      }
      return { type: "accepted", orderId, status: "accepted", total: pricing.total };
    },
    async pay({ orderId, paymentId, amount, paidAt = clock.nowIso(), partial = false }) {
      checkHealth();
      const payment = { type: "ReceivePayment", orderId, paymentId, amount, paidAt } as const;
      waiting.push(partial ? { ...payment, partial } : payment);
      return { type: "accepted" };
    },
    async refund({ orderId, refundId, amount }) {
      checkHealth();
      const order = kept.get(orderId)?.order;
      if (order === undefined) return refused("order_not_found", "no such order");
      const left = refundableMinor(order, amount.currency);
      if (amount.amountMinor > left) return refused("refund_exceeds_received", `only ${left} is left`);
      waiting.push({ type: "RecordRefund", orderId, refundId, amount });
      return { type: "accepted" };
    },
    async cancel({ orderId, reason }) {
      checkHealth();
      const status = view(orderId)?.status;
      if (status === undefined) return refused("order_not_found", "no such order");
      if (status !== "accepted" && status !== "received") return refused("order_not_cancellable", `it is ${status}`);
      const commandId = newId();
      waiting.push({ type: "CancelOrder", orderId, commandId, reason });
      return { type: "accepted", commandId };
    },
  };

  const paymentWebhooks: PaymentWebhooks = {
    async take(webhookId, told) {
      checkHealth();
      const cause = `${told.orderId} ${causeOf(told)}`;
      if ((causeOfWebhook.get(webhookId) ?? cause) !== cause) return refused("webhook_id_reused", "another fact");
      causeOfWebhook.set(webhookId, cause);
      waiting.push({ ...told, webhookId });
      return { type: "accepted" };
    },
  };

  const orderReader: OrderReader = {
    async loadStored() {
      throw new Error("the HTTP layer shows orders and never folds them");
    },
    async load() {
      throw new Error("the HTTP layer shows orders and never folds them");
    },
    async get(orderId) {
      checkHealth();
      return view(orderId);
    },
    async waitFor(orderId, until, waitMs, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = clock.schedule(waitMs, resolve);
      const look = (): void => {
        if (view(orderId)?.status === until) resolve();
      };
      const subscription = orderReader.watch(orderId, look);
      signal.addEventListener("abort", () => resolve(), { once: true });
      look();
      await promise;
      subscription.close();
      cancel();
      return view(orderId);
    },
    async timeline(orderId) {
      checkHealth();
      return kept.get(orderId)?.timeline.slice() ?? (submitted.has(orderId) ? [] : null);
    },
    async mails(orderId) {
      checkHealth();
      return view(orderId) === null ? null : (mails.get(orderId) ?? []);
    },
    watch(orderId, onChange) {
      const ofOrder = listeners.get(orderId) ?? new Set();
      listeners.set(orderId, ofOrder.add(onChange));
      return { close: () => void ofOrder.delete(onChange) };
    },
    async list({ status, customerEmail, limit, after }) {
      checkHealth();
      const all = [...kept.keys()].map((orderId) => view(orderId) as OrderView);
      const newestFirst = all
        .filter((order) => status === undefined || order.status === status)
        .filter((order) => customerEmail === undefined || order.customer?.email === customerEmail)
        .toSorted((a, b) =>
          a.receivedAt === b.receivedAt ? b.orderId.localeCompare(a.orderId) : b.receivedAt.localeCompare(a.receivedAt),
        );
      const from = after === undefined ? 0 : newestFirst.findIndex(({ orderId }) => orderId === after.orderId) + 1;
      const orders = newestFirst.slice(from, from + limit);
      const last = orders.at(-1);
      const isLastPage = last === undefined || from + limit >= newestFirst.length;
      return { orders, next: isLastPage ? null : { receivedAtMs: Date.parse(last.receivedAt), orderId: last.orderId } };
    },
  };

  return {
    frontDoor,
    paymentWebhooks,
    orderReader,
    waiting,
    submissions: () => submissions,
    process() {
      for (const message of waiting.splice(0)) {
        const order = kept.get(message.orderId)?.order ?? NO_ORDER;
        const decision = decide(order, message, { catalogue: TEST_CATALOGUE, paymentWindowMs: 900_000 });
        if (decision.type === "events") store(message.orderId, causeOf(message), decision.events);
      }
    },
    append: (orderId, event, options) => store(orderId, "test:append", [event], options?.quietly),
    setMails: (orderId, entries) => void mails.set(orderId, entries),
    failWith(error) {
      failure = error;
    },
    watchers: () => [...listeners.values()].reduce((count, { size }) => count + size, 0),
  };
}
