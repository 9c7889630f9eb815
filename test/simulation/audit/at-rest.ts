/** What must hold once everything has come to rest (Q1 to Q5): nothing waits, nothing is lost, and all views agree. */
import { type CountsDocument, countsId, LETTERS_VIEW } from "../../../src/actors/dead-letter-documents.ts";
import { letterIdOf } from "../../../src/actors/dead-letter-records.ts";
import { letterViews } from "../../../src/actors/dead-letter-view.ts";
import { DESK_STATES, deskPaymentsOf } from "../../../src/actors/desk-payments.ts";
import { messageIdOf } from "../../../src/actors/mail-queue.ts";
import { viewOf } from "../../../src/actors/order-view.ts";
import { deskIdOf } from "../../../src/actors/payment-desk.ts";
import { createPaymentPlacesReader } from "../../../src/actors/payment-places.ts";
import {
  INBOX_TOPICS,
  type LogRecord,
  type MailEntry,
  type MailLedger,
  type ViewStore,
} from "../../../src/actors/ports.ts";
import {
  DESK,
  ORDERS_VIEW,
  orderDocument,
  PAYMENT_PLACES,
  type PaymentPlaceDocument,
  TIMERS,
  WEBHOOKS,
} from "../../../src/actors/views.ts";
import type { Order } from "../../../src/domain/order.ts";
import type { Coverage } from "../engine/coverage.ts";
import type { Broker } from "../world/broker.ts";
import type { History } from "../world/history.ts";
import type { MailServer } from "../world/mail-server.ts";
import type { Fail } from "./fail.ts";
import type { Inbox, InboxEntry } from "./inbox.ts";
import type { MailAudit } from "./mail-audit.ts";
import type { AuditedOrder, OrderAudit } from "./order-audit.ts";
import { copyOf, type ModelTerms, newModelOrder, play } from "./reference-model.ts";
import type { TopicAudit } from "./topic-audit.ts";

export interface AtRestDeps {
  readonly broker: Broker;
  readonly views: ViewStore;
  readonly ledger: MailLedger;
  readonly inbox: Inbox;
  readonly orders: OrderAudit;
  readonly topics: TopicAudit;
  readonly mails: MailAudit;
  readonly history: History;
  readonly terms: ModelTerms;
  readonly unknownPolicy: "resend" | "hold";
  readonly mailServer: Pick<MailServer, "doubled">;
  readonly coverage: Coverage;
  readonly watermarkMs: number;
  readonly fail: Fail;
}

const EVERYTHING = { where: {}, direction: "ascending", limit: 10_000 } as const;

export async function checkAtRest(deps: AtRestDeps): Promise<void> {
  checkAcknowledged(deps);
  checkInbox(deps);
  checkLetters(deps);
  checkMoved(deps);
  checkPublished(deps);
  await checkViews(deps);
  await checkMails(deps);
}

/** Q1 and Q2: what was acknowledged is there. A payment may have been parked: its webhook had told of another one. */
function checkAcknowledged({ history, inbox, orders, topics, fail }: AtRestDeps): void {
  for (const orderId of history.acknowledgedOrders()) {
    const details = orders.order(orderId)?.state.details ?? null;
    if (details === null) fail("Q1", `order ${orderId} was acknowledged and is nowhere`);
  }
  for (const { orderId, paymentId } of history.acknowledgedPayments()) {
    const isThere = orders.order(orderId)?.state.payments.some((payment) => payment.paymentId === paymentId);
    const isParked = inbox
      .ofOrder(orderId)
      .some(
        ({ record, message }) =>
          message?.type === "ReceivePayment" && message.paymentId === paymentId && topics.letters().has(idOf(record)),
      );
    if (isThere !== true && !isParked)
      fail("Q2", `payment ${paymentId} of order ${orderId} was acknowledged and is nowhere`);
  }
}

/** Q2: something has come of every message, so each payment is accounted; and all of them are committed. */
function checkInbox({ inbox, topics, broker, orders, fail }: AtRestDeps): void {
  for (const entry of inbox.entries()) {
    if (!topics.isProcessed(entry)) fail("Q2", `nothing has come of ${nameOf(entry)}`);
  }
  for (const { topic, shard, committedOffset, records } of INBOX_TOPICS.flatMap((name) => broker.partitions(name))) {
    if (committedOffset < records.length)
      fail("Q2", `${topic}/${shard} rests at ${committedOffset} of ${records.length}`);
  }
  const received = totals(
    [...orders.orders()].flatMap(({ state }) => state.payments.filter(isFirstHand).map(({ amount }) => amount)),
  );
  const sent = new Map<string, { amountMinor: number; currency: string }>();
  for (const { record, message, isMisrouted } of inbox.entries()) {
    if (message?.type !== "ReceivePayment" || isMisrouted) continue;
    const { orderId, paymentId, amount } = message;
    const counted = orders.order(orderId)?.state.payments.find((payment) => payment.paymentId === paymentId)?.amount;
    const isParked = topics.letters().has(idOf(record));
    if (counted !== undefined || !isParked) sent.set(`${orderId} ${paymentId}`, counted ?? amount);
  }
  if (received !== totals([...sent.values()]))
    fail("A4", `received in total: ${received}, sent: ${totals([...sent.values()])}`);
}

/** Told by a provider, and neither moved from another order nor set free by a person. */
function isFirstHand({ movedFrom, quarantinedAs }: Order["payments"][number]): boolean {
  return movedFrom === undefined && quarantinedAs === undefined;
}

/** A4: what one order gave away, another has; and nobody has what nobody gave. */
function checkMoved({ orders, fail }: AtRestDeps): void {
  const given = new Map<string, string>();
  for (const { orderId, events } of orders.orders()) {
    for (const event of events) {
      if (event.type !== "PaymentMoved") continue;
      const { toOrderId, transferId, amount } = event.data;
      given.set(`${toOrderId} ${transferId}`, `${amount.amountMinor} ${amount.currency} of ${orderId}`);
    }
  }
  for (const { orderId, state } of orders.orders()) {
    for (const { paymentId, amount, movedFrom } of state.payments) {
      if (movedFrom === undefined) continue;
      const taken = `${amount.amountMinor} ${amount.currency} of ${movedFrom.orderId}`;
      const place = `${orderId} ${paymentId}`;
      if (given.get(place) !== taken) fail("A4", `order ${orderId} took ${taken}, and was given ${given.get(place)}`);
      given.delete(place);
    }
  }
  for (const [place, money] of given) fail("A4", `${money} was given to ${place}, and never came`);
}

/** A dead letter must be for a message that nobody can read, or that its order refused in a state in which it met it. */
function checkLetters({ inbox, topics, orders, terms, fail }: AtRestDeps): void {
  for (const entry of inbox.entries()) {
    const { record, message } = entry;
    if (message === null || !topics.letters().has(idOf(record))) continue;
    const order = orders.order(message.orderId);
    const model = newModelOrder();
    let wasRefused = false;
    for (const [i, commit] of [...(order?.commits ?? []), null].entries()) {
      // The state before this commit met the message if it lasted until the message had come.
      const lastedUntilMs = commit === null ? Number.POSITIVE_INFINITY : (order?.storedAtMs[i] as number);
      if (lastedUntilMs >= record.timestampMs) wasRefused ||= play(copyOf(model), message, terms) === "refused";
      const cause = commit === null ? null : inbox.causeOf(commit);
      if (cause !== null) play(model, cause, terms);
    }
    if (!wasRefused) fail("A0", `${nameOf(entry)} is a dead letter, and nothing speaks against it`);
  }
}

/** Every stored event is published: also whenever nothing happens for a while, because nobody may wait for the next news. */
export function checkPublished({ orders, topics, fail }: Pick<AtRestDeps, "orders" | "topics" | "fail">): void {
  for (const { orderId, state } of orders.orders()) {
    const published = topics.published().get(orderId) ?? 0;
    if (published !== state.version)
      fail("A1", `order ${orderId} is at ${state.version} and published to ${published}`);
  }
}

/** Q3: every document is the fold of its order, and a timer waits for every order that is unpaid. Q4: none does. */
async function checkViews(deps: AtRestDeps): Promise<void> {
  const { views, orders, fail } = deps;
  const version = (await views.activeVersion(ORDERS_VIEW.name)) ?? 1;
  const listed = await views.list({ view: ORDERS_VIEW.name, version }, { ...EVERYTHING, sortBy: "listedAtMs" });
  const documents = new Map(listed.map(({ id, document }) => [id, JSON.stringify(document)]));
  for (const { orderId, commits, state } of orders.orders()) {
    const [receivedAt, updatedAt] = [commits[0]?.recordedAt as string, commits.at(-1)?.recordedAt as string];
    const expected = orderDocument(viewOf(orderId, state, { receivedAt, updatedAt }), Date.parse(receivedAt));
    if (documents.get(orderId) !== JSON.stringify(expected)) {
      fail("Q3", `the view of order ${orderId} is ${documents.get(orderId)} and should be ${JSON.stringify(expected)}`);
    }
    documents.delete(orderId);
    if (state.status === "received") fail("Q4", `order ${orderId} still waits for its payment`);
  }
  for (const orderId of documents.keys()) fail("Q3", `the view has an order ${orderId} that does not exist`);
  await checkWebhooks(deps);
  await checkLettersView(deps);
  await checkDesk(deps);
  await checkRepeated(deps);
  for (const { id } of await views.list(TIMERS, { ...EVERYTHING, sortBy: "dueAtMs" })) {
    if (orders.order(id)?.state.status !== "received") fail("Q3", `a timer of order ${id} is left over`);
  }
}

/** Every dead letter is in its view, once, and counted. */
async function checkLettersView({ views, topics, broker, fail }: AtRestDeps): Promise<void> {
  const { letters: target, counts: countsTarget } = letterViews((await views.activeVersion(LETTERS_VIEW.name)) ?? 1);
  const listed = await views.list(target, { ...EVERYTHING, sortBy: "parkedAtMs" });
  const shown = new Set(listed.map(({ id }) => id));
  const written = new Set([...topics.letters().keys()].map((id) => letterIdOf(id) ?? id));
  const differing = [...shown, ...written].filter((id) => !shown.has(id) || !written.has(id)).join(", ");
  if (differing !== "") fail("Q3", `the view of dead letters and their topic differ in ${differing}`);
  const shards = broker.partitions("dead-letters").map(({ shard }) => countsId(shard));
  const counts = [...(await views.getMany(countsTarget, shards)).values()] as unknown as CountsDocument[];
  const counted = counts.flatMap(({ codes }) => codes).reduce((sum, { open }) => sum + open, 0);
  if (counted !== shown.size) fail("Q3", `the view counts ${counted} letters, and has ${shown.size}`);
}

/** The desk has every payment that a person must look at, and no other. */
async function checkDesk({ views, orders, watermarkMs, fail }: AtRestDeps): Promise<void> {
  const places = createPaymentPlacesReader(views);
  const elsewhere = await places.elsewhere(
    new Map([...orders.orders()].map(({ orderId, commits }) => [orderId, commits])),
  );
  const expected = new Map(
    [...orders.orders()].flatMap(({ orderId, commits }) =>
      [...deskPaymentsOf(commits, elsewhere.get(orderId), watermarkMs).values()].flatMap((payment) =>
        payment === null ? [] : [[deskIdOf(payment), JSON.stringify(payment)] as const],
      ),
    ),
  );
  for (const state of DESK_STATES) {
    for (const { id, document } of await views.list(DESK, { ...EVERYTHING, where: { state }, sortBy: "lookAtMs" })) {
      if (JSON.stringify(document) !== expected.get(id))
        fail("Q3", `${id} is on the desk as ${JSON.stringify(document)}`);
      expected.delete(id);
    }
  }
  for (const id of expected.keys()) fail("Q3", `${id} is not on the desk`);
}

/** Q2: an id that counts at several orders has its place at one of them, and a person hears of all others. */
async function checkRepeated({ views, orders, coverage, fail }: AtRestDeps): Promise<void> {
  const counted = [...orders.orders()].flatMap(({ orderId, state }) =>
    state.payments.filter(isFirstHand).map(({ paymentId }) => ({ orderId, paymentId })),
  );
  const ids = [...new Set(counted.map(({ paymentId }) => paymentId))];
  const places = await views.getMany(PAYMENT_PLACES, ids);
  const shown = await views.getMany(DESK, counted.map(deskIdOf));
  for (const [paymentId, payments] of Map.groupBy(counted, (payment) => payment.paymentId)) {
    const place = (places.get(paymentId) as PaymentPlaceDocument | undefined)?.orderId;
    const others = payments.filter(({ orderId }) => orderId !== place);
    if (others.length === payments.length) fail("Q2", `payment ${paymentId} counts, and has its place at ${place}`);
    for (const other of others) {
      if (shown.get(deskIdOf(other))?.["kind"] === "repeated") {
        coverage.hit("payment counts at two orders");
        continue;
      }
      fail("Q2", `payment ${paymentId} counts at ${other.orderId} and at ${place}, and nobody hears of it`);
    }
  }
}

/** Every webhook whose money an order has is known by its id. */
async function checkWebhooks({ views, orders, fail }: AtRestDeps): Promise<void> {
  const told = [...orders.orders()].flatMap(({ orderId, model }) =>
    [...model.told].map(([webhookId, fact]) => ({ orderId, webhookId, causeId: fact.replace(" ", ":") })),
  );
  const documents = await views.getMany(
    WEBHOOKS,
    told.map(({ webhookId }) => webhookId),
  );
  for (const { orderId, webhookId, causeId } of told) {
    const found = JSON.stringify(documents.get(webhookId));
    if (found !== JSON.stringify({ orderId, causeId })) fail("Q3", `webhook ${webhookId} is ${found} in its view`);
  }
}

/** Q5: every confirmed order has its mail, and the order knows what became of it. */
async function checkMails(deps: AtRestDeps): Promise<void> {
  const { orders, ledger, mails, mailServer, fail } = deps;
  const entries = new Map<string, MailEntry>();
  const confirmed = [...orders.orders()].filter(
    ({ state }) => state.status === "confirmed" || state.status === "emailed",
  );
  const messageIds = confirmed.map(({ orderId }) => messageIdOf(orderId, "confirmation"));
  for (const entry of await ledger.get(messageIds)) entries.set(entry.messageId, entry);
  let sends = 0;
  for (const order of confirmed) {
    const messageId = messageIdOf(order.orderId, "confirmation");
    const entry = entries.get(messageId);
    if (entry === undefined) fail("Q5", `order ${order.orderId} is confirmed, and no mail is queued`);
    else checkMail(deps, order, entry);
    sends += entry?.attempts.length ?? 0;
  }
  const delivered = [...mails.deliveries().values()].reduce((sum, times) => sum + times, 0);
  if (delivered > sends + mailServer.doubled()) fail("Q5", `${delivered} mails were delivered in ${sends} attempts`);
}

function checkMail({ mails, unknownPolicy, fail }: AtRestDeps, order: AuditedOrder, entry: MailEntry): void {
  const { orderId, state } = order;
  const outcomes = entry.attempts.map(({ outcome }) => outcome?.type ?? "open");
  if (outcomes.slice(0, -1).some((outcome) => outcome !== "unknown" && outcome !== "deferred")) {
    fail("Q5", `the mail of order ${orderId} is tried again after its end: ${outcomes.join(", ")}`);
  }
  if (unknownPolicy === "hold" && outcomes.slice(0, -1).includes("unknown")) {
    fail("Q5", `the mail of order ${orderId} is to be held, and is sent again: ${outcomes.join(", ")}`);
  }
  const last = outcomes.at(-1);
  const isHeld = last === "unknown" && (unknownPolicy === "hold" || outcomes.length > 5) && entry.retryAtMs === null;
  if (last === "accepted") {
    if (state.status !== "emailed")
      fail("Q5", `the mail of order ${orderId} is sent, and the order is ${state.status}`);
    if (!mails.deliveries().has(entry.messageId))
      fail("Q5", `the mail of order ${orderId} was accepted and never came`);
  } else if (last === "refused") {
    if (state.reason === null) fail("Q5", `the mail of order ${orderId} was refused, and the order does not say so`);
  } else if (!isHeld) fail("Q5", `order ${orderId} is confirmed, and its mail rests: ${outcomes.join(", ")}`);
  if (last !== undefined && !isHeld && !entry.closed) fail("Q5", `the mail of order ${orderId} is not closed`);
}

function totals(amounts: readonly { readonly amountMinor: number; readonly currency: string }[]): string {
  const sums = new Map<string, number>();
  for (const { amountMinor, currency } of amounts) sums.set(currency, (sums.get(currency) ?? 0) + amountMinor);
  return [...sums.keys()]
    .toSorted()
    .map((currency) => `${sums.get(currency)} ${currency}`)
    .join(", ");
}

function nameOf({ record, message }: InboxEntry): string {
  return `${message?.type ?? "an unreadable record"} at ${idOf(record)}`;
}

/** Where a record is, which is the id of its dead letter as well. */
function idOf({ topic, shard, offset }: LogRecord): string {
  return `${topic}/${shard}/${offset}`;
}
