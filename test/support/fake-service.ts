/**
 * The service's public API over the real domain, in memory and without a pipeline, for tests of its clients. It can be
 * told to misbehave in every way that a client has to notice or to survive.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { viewOf } from "../../src/actors/order-view.ts";
import type { Catalogue } from "../../src/domain/catalogue.ts";
import { decide } from "../../src/domain/decide.ts";
import type { OrderEvent } from "../../src/domain/events.ts";
import {
  causeOf,
  type Message,
  type ReceivePayment,
  type RecordRefund,
  type SubmitOrder,
} from "../../src/domain/messages.ts";
import type { Money } from "../../src/domain/money.ts";
import { evolve, NO_ORDER, type Order } from "../../src/domain/order.ts";
import { orderIdFromKey } from "../../src/schemas/order-id.ts";

export const FAKE_CATALOGUE: Catalogue = {
  currency: "EUR",
  items: [
    { sku: "soup", name: "Soup", description: "Of the day", priceMinor: 450 },
    { sku: "bread", name: "Bread", description: "Sourdough", priceMinor: 120 },
    { sku: "cake", name: "Cake", description: "Lemon", priceMinor: 380 },
    { sku: "water", name: "Water", description: "From the tap", priceMinor: 0 },
  ],
};

/** How the service misbehaves; what is left out works. */
export interface Faults {
  /** Acknowledges a message and never applies it. */
  readonly loses?: (message: Message) => boolean;
  /** Stores the events of a message twice. */
  readonly storesTwice?: (message: Message) => boolean;
  /** The Message-IDs that arrive when a mail is sent. */
  readonly delivers?: (messageId: string) => readonly string[];
  /** The outcomes of a mail's attempts, as the ledger has them. */
  readonly attempts?: (messageId: string) => readonly string[];
  /** Charges prices that differ from the published ones. */
  readonly chargedCatalogue?: Catalogue;
  /** The id that an order gets, instead of the right one, when its key comes for this time, from 1. */
  readonly idFor?: (orderId: string, time: number) => string;
  /** Changes events before they are stored. */
  readonly rewrites?: (event: OrderEvent) => OrderEvent;
  /** Replaces an answer: by a status, or by a broken connection. It happens before or after the request is carried out. */
  readonly breaks?: (request: {
    readonly method: string;
    readonly url: string;
    readonly number: number;
  }) => Break | undefined;
  /** Leaves an order out of the listing. */
  readonly unlisted?: (orderId: string) => boolean;
  readonly withoutInbox?: boolean;
}

export interface Break {
  readonly when: "before" | "after";
  readonly answer: "reset" | { readonly status: number; readonly headers?: Readonly<Record<string, string>> };
}

export interface FakeService {
  readonly url: string;
  /** Every request that came, for example `POST /orders`. */
  readonly requests: readonly { readonly call: string; readonly key: string | undefined }[];
  /** How many orders there are. */
  orders(): number;
  /** Closes the port; everything is remembered. */
  stop(): Promise<void>;
  /** Opens the same port again. */
  start(): Promise<void>;
}

interface StoredEvent {
  readonly sequence: number;
  readonly type: string;
  readonly occurredAt: string;
  readonly data: unknown;
  readonly causeId: string;
}

interface StoredOrder {
  order: Order;
  readonly events: StoredEvent[];
}

const messageIdOf = (orderId: string): string => `<confirmation.${orderId}@orderloom.example>`;

/** Applies messages the way the pipeline does: one commit for each cause, and a mail for each confirmed order. */
function createOrders(faults: Faults) {
  const stored = new Map<string, StoredOrder>();
  const mails: { id: string; messageId: string; orderId: string }[] = [];
  const terms = { catalogue: faults.chargedCatalogue ?? FAKE_CATALOGUE, paymentWindowMs: 600_000 };

  const append = (entry: StoredOrder, causeId: string, event: OrderEvent): void => {
    entry.order = evolve(entry.order, event);
    const { type, data } = event;
    entry.events.push({ sequence: entry.order.version, type, occurredAt: new Date().toISOString(), data, causeId });
  };

  const apply = (message: Message): void => {
    if (faults.loses?.(message)) return;
    const entry = stored.get(message.orderId) ?? { order: NO_ORDER, events: [] };
    const decision = decide(entry.order, message, terms);
    if (decision.type !== "events") return;
    stored.set(message.orderId, entry);
    for (let times = faults.storesTwice?.(message) ? 2 : 1; times > 0; times--) {
      for (const event of decision.events) append(entry, causeOf(message), faults.rewrites?.(event) ?? event);
    }
    if (decision.events.some(({ type }) => type === "OrderConfirmed")) sendMail(message.orderId);
  };

  const sendMail = (orderId: string): void => {
    const messageId = messageIdOf(orderId);
    for (const delivered of faults.delivers?.(messageId) ?? [messageId]) {
      mails.push({ id: String(mails.length + 1), messageId: delivered, orderId });
    }
    apply({ type: "RecordMail", orderId, kind: "confirmation", messageId, outcome: "accepted", response: "250 OK" });
  };

  const viewOfStored = (orderId: string) => {
    const entry = stored.get(orderId);
    const first = entry?.events[0]?.occurredAt ?? "";
    return entry && viewOf(orderId, entry.order, { receivedAt: first, updatedAt: first });
  };
  return { stored, mails, terms, apply, viewOfStored };
}

/** Starts the service on a free port of the loopback interface. */
export async function startFakeService(faults: Faults = {}): Promise<FakeService> {
  const orders = createOrders(faults);
  const requests: { call: string; key: string | undefined }[] = [];
  let app: FastifyInstance;
  let port = 0;
  const start = async (): Promise<void> => {
    app = Fastify({ forceCloseConnections: true });
    breakAnswers(app, faults, requests);
    addRoutes(app, faults, orders);
    await app.listen({ host: "127.0.0.1", port });
    port = (app.server.address() as { port: number }).port;
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    orders: () => orders.stored.size,
    start,
    stop: () => app.close(),
  };
}

function breakAnswers(
  app: FastifyInstance,
  faults: Faults,
  requests: { call: string; key: string | undefined }[],
): void {
  const broken = new WeakMap<FastifyRequest, Break>();
  app.addHook("onRequest", async (request, reply) => {
    const { method, url } = request;
    requests.push({ call: `${method} ${url}`, key: request.headers["idempotency-key"] as string | undefined });
    const fault = faults.breaks?.({ method, url, number: requests.length });
    if (fault === undefined) return;
    if (fault.when === "after") broken.set(request, fault);
    else await breakOff(fault, request, reply);
  });
  app.addHook("onSend", async (request, reply) => {
    const fault = broken.get(request);
    broken.delete(request);
    if (fault?.answer === "reset") request.raw.socket.destroy();
    else if (fault !== undefined) reply.code(fault.answer.status);
  });
}

async function breakOff({ answer }: Break, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (answer === "reset") {
    request.raw.socket.destroy();
    reply.hijack();
    return;
  }
  await reply
    .code(answer.status)
    .headers(answer.headers ?? {})
    .send({ title: "Broken", detail: "on purpose." });
}

function addRoutes(app: FastifyInstance, faults: Faults, orders: ReturnType<typeof createOrders>): void {
  const { stored, mails, apply, viewOfStored } = orders;
  const times = new Map<string, number>();
  const notFound = (reply: FastifyReply) => reply.code(404).send({ title: "Not found", code: "order_not_found" });

  app.get("/catalogue", () => FAKE_CATALOGUE);

  app.post("/orders", (request, reply) => {
    const key = request.headers["idempotency-key"] as string;
    const time = (times.get(key) ?? 0) + 1;
    times.set(key, time);
    const orderId = faults.idFor?.(orderIdFromKey(key), time) ?? orderIdFromKey(key);
    const submittedAt = new Date().toISOString();
    const message = { ...(request.body as Pick<SubmitOrder, "customer" | "items">), orderId, submittedAt };
    const answer = decide(NO_ORDER, { type: "SubmitOrder", ...message }, orders.terms);
    apply({ type: "SubmitOrder", ...message });
    const opening = answer.type === "events" ? answer.events[0] : null;
    const total = opening?.type === "OrderReceived" ? opening.data.total : null;
    return reply.code(202).send({ orderId, status: "accepted", total });
  });

  app.post<{ Params: { orderId: string } }>("/orders/:orderId/payments", (request, reply) => {
    const { orderId } = request.params;
    const { amountMinor, currency, ...payment } = request.body as Pick<
      ReceivePayment,
      "paymentId" | "paidAt" | "partial"
    > &
      Money;
    const { paymentId } = payment;
    apply({ type: "ReceivePayment", orderId, amount: { amountMinor, currency }, ...payment });
    return reply.code(202).send({ paymentId, orderId });
  });

  app.post<{ Params: { orderId: string } }>("/orders/:orderId/refunds", (request, reply) => {
    const { orderId } = request.params;
    const { refundId, ...amount } = request.body as Pick<RecordRefund, "refundId"> & Money;
    apply({ type: "RecordRefund", orderId, refundId, amount });
    return reply.code(202).send({ refundId, orderId });
  });

  app.post<{ Params: { orderId: string } }>("/orders/:orderId/cancel", (request, reply) => {
    const { orderId } = request.params;
    apply({ type: "CancelOrder", orderId, commandId: crypto.randomUUID(), reason: null });
    return reply.code(202).send({ orderId });
  });

  app.get<{ Params: { orderId: string } }>("/orders/:orderId", (request, reply) => {
    const view = viewOfStored(request.params.orderId);
    return view === undefined ? notFound(reply) : reply.send(view);
  });

  app.get<{ Params: { orderId: string } }>("/orders/:orderId/events", (request, reply) => {
    const entry = stored.get(request.params.orderId);
    return entry === undefined ? notFound(reply) : reply.send({ events: entry.events });
  });

  app.get<{ Params: { orderId: string } }>("/orders/:orderId/mails", (request) => {
    const messageId = messageIdOf(request.params.orderId);
    const outcomes = faults.attempts?.(messageId) ?? ["accepted"];
    return { mails: [{ messageId, attempts: outcomes.map((outcome) => ({ outcome })) }] };
  });

  app.get<{ Querystring: { customerEmail: string } }>("/orders", (request) => {
    const { customerEmail } = request.query;
    const listed = [...stored.keys()].filter((orderId) => !faults.unlisted?.(orderId)).map(viewOfStored);
    return { orders: listed.filter((view) => view?.customer?.email === customerEmail), next: null };
  });

  if (faults.withoutInbox) return;
  app.get<{ Querystring: { orderId: string } }>("/inbox/messages", (request) => ({
    messages: mails.filter(({ orderId }) => orderId === request.query.orderId),
    next: null,
  }));
}
