/** Every kind of discrepancy, planted in what the real pipeline has made, and found. */
import { beforeAll, describe, expect, test } from "vitest";
import { resolutionRecord } from "../../../src/actors/dead-letter-records.ts";
import { letterReaderName } from "../../../src/actors/dead-letter-view.ts";
import { type DeskPayment, deskPaymentsOf } from "../../../src/actors/desk-payments.ts";
import { type DiscrepancyKind, REMEDIES } from "../../../src/actors/discrepancy.ts";
import { MAIL_QUEUE, messageIdOf } from "../../../src/actors/mail-queue.ts";
import { deskIdOf, PAYMENT_DESK } from "../../../src/actors/payment-desk.ts";
import type { Clock, Commit, LogRecord, MailEntry, NewRecord, ViewDocument } from "../../../src/actors/ports.ts";
import { projectorName } from "../../../src/actors/projector.ts";
import { PUBLISHER } from "../../../src/actors/publisher.ts";
import { type Reconciliation, reconcile } from "../../../src/actors/reconcile.ts";
import { shardOf } from "../../../src/actors/sharding.ts";
import type { PaymentMoved, PaymentReceived } from "../../../src/domain/events.ts";
import type { Message } from "../../../src/domain/messages.ts";
import { copyOf, type FrozenStores, freeze } from "../../support/frozen-stores.ts";
import { settled, TEST_EPOCH } from "../../support/memory/manual-clock.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { createScriptedMailer } from "../../support/memory/scripted-mailer.ts";
import {
  cancelOrder,
  decidePayment,
  euros,
  reachDeadline,
  receivePayment,
  recordRefund,
  submitOrder,
} from "../../support/order-messages.ts";
import { createPipelineWorld } from "../../support/pipeline-world.ts";

const SHARDS = 2;
const PROJECTOR = projectorName(1);
const LETTER_READER = letterReaderName(1);
const REACTORS = [MAIL_QUEUE, PROJECTOR, PUBLISHER, PAYMENT_DESK, LETTER_READER];
const DAY_MS = 24 * 3_600_000;

const EMAILED = "order-emailed";
const WAITING = "order-waiting";
const CANCELLED = "order-cancelled";
const PARKED = "order-parked";
const MESSAGES: readonly Message[] = [
  submitOrder({ orderId: EMAILED }),
  receivePayment({ orderId: EMAILED, webhookId: "webhook-1" }),
  submitOrder({ orderId: WAITING }),
  submitOrder({ orderId: CANCELLED }),
  receivePayment({ orderId: CANCELLED, paymentId: "payment-2", amount: euros(100), partial: true }),
  cancelOrder({ orderId: CANCELLED }),
  receivePayment({ orderId: PARKED, paymentId: "payment-3" }),
];

const GIVER = "order-giver";
const TAKER = "order-getter";
/** A second payment of one order, which a person gives to another one in the other shard. */
const GIFT: readonly Message[] = [
  submitOrder({ orderId: GIVER }),
  submitOrder({ orderId: TAKER }),
  receivePayment({ orderId: GIVER, paymentId: "first" }),
  receivePayment({ orderId: GIVER, paymentId: "second" }),
  decidePayment({ orderId: GIVER, paymentId: "second", toOrderId: TAKER }),
];
const TRANSFER_ID = `moved~${GIVER}~decision-1`;
const PARKED_ON_DESK = deskIdOf({ orderId: PARKED, paymentId: "payment-3" });

/** What the pipeline makes of messages. */
async function createStores(mailer = createScriptedMailer(), messages = MESSAGES): Promise<FrozenStores> {
  const world = createPipelineWorld({ mailer });
  const pipeline = await world.start();
  await world.ports.log.produce([{ topic: "payments", key: "unreadable", value: "what is this?", headers: {} }]);
  await settled();
  for (const message of messages) {
    await world.ports.log.produce([plainCodec.encode(message)]);
    await settled();
    await world.clock.advance(10);
  }
  await world.clock.advance(5_000);
  await pipeline.stop();
  return freeze(world.ports, { shards: SHARDS, reactors: REACTORS });
}

let made: FrozenStores;
let given: FrozenStores;
beforeAll(async () => {
  made = await createStores();
  given = await createStores(createScriptedMailer(), GIFT);
});

/** A clock that nobody has to wait for. */
const clock: Clock = {
  nowMs: () => Date.parse(TEST_EPOCH),
  schedule(_, callback) {
    queueMicrotask(callback);
    return () => {};
  },
};

const shardOfOrder = (orderId: string): number => shardOf(orderId, SHARDS);
const listOf = <Entry>(lists: readonly Entry[][], orderId: string): Entry[] => lists[shardOfOrder(orderId)] ?? [];
const commitOf = (stores: FrozenStores, orderId: string, type: string): Commit =>
  listOf(stores.commits, orderId).find(
    (commit) => commit.orderId === orderId && commit.events.some((event) => event.type === type),
  ) as Commit;

function replaceCommit(stores: FrozenStores, commit: Commit, changes: Partial<Commit>): void {
  const list = listOf(stores.commits, commit.orderId);
  list[list.indexOf(commit)] = { ...commit, ...changes };
}

function reconciled(stores: FrozenStores): Promise<Reconciliation> {
  return reconcile({ ...stores.ports, codec: plainCodec, clock, shards: SHARDS });
}

async function kindsIn(stores: FrozenStores): Promise<readonly DiscrepancyKind[]> {
  const { discrepancies } = await reconciled(stores);
  return [...new Set(discrepancies.map(({ kind }) => kind))].toSorted();
}

/** The records of order-events about an order. */
function publishedOf(stores: FrozenStores, orderId: string): LogRecord[] {
  return listOf(stores.published, orderId).filter(({ key }) => key === orderId);
}

function changeView(stores: FrozenStores, view: string, id: string, document: ViewDocument | null): void {
  const documents = stores.views.get(view) ?? new Map();
  if (document === null) documents.delete(id);
  else documents.set(id, document);
}

/** The id of the one dead letter. */
const letterId = (stores: FrozenStores): string => [...(stores.views.get("dead-letters")?.keys() ?? [])].join();

function changeLetter(stores: FrozenStores, changes: ViewDocument): void {
  const id = letterId(stores);
  changeView(stores, "dead-letters", id, { ...stores.views.get("dead-letters")?.get(id), ...changes });
}

/** Puts a decision about the letter behind it. */
function decideLetter(stores: FrozenStores, resolution: "redriven" | "dropped"): void {
  const list = stores.letters.find(({ length }) => length > 0) ?? [];
  const [letter] = list as [LogRecord];
  const { headers } = resolutionRecord(letter.key, {
    id: letterId(stores),
    actId: "act-1",
    resolution,
    operator: { keyId: "key-1", name: "Ada" },
    reason: "it was a test",
    at: TEST_EPOCH,
    editedPayload: null,
    editedKey: null,
  });
  list.push({ ...letter, value: "", headers, offset: letter.offset + 1 });
  stores.checkpoints.set(LETTER_READER, new Map([0, 1].map((shard) => [shard, letter.offset + 2])));
}

/** Changes what came of the gift, at the order that gave it or at the one that took it. */
function changeGift(stores: FrozenStores, changes: Partial<PaymentMoved["data"]>): void {
  const commit = commitOf(stores, GIVER, "PaymentMoved");
  const events = commit.events.map((event) =>
    event.type === "PaymentMoved" ? { ...event, data: { ...event.data, ...changes } } : event,
  );
  replaceCommit(stores, commit, { events });
}

function changeArrival(stores: FrozenStores, changes: Partial<PaymentReceived["data"]>): void {
  const commit = commitOf(stores, TAKER, "PaymentReceived");
  const events = commit.events.map((event) =>
    event.type === "PaymentReceived" ? { ...event, data: { ...event.data, ...changes } } : event,
  );
  replaceCommit(stores, commit, { events });
}

/** Takes away everything that an order did from its first payment on. */
function forgetPayment(stores: FrozenStores, orderId: string): void {
  const list = listOf(stores.commits, orderId);
  list.splice(list.indexOf(commitOf(stores, orderId, "PaymentReceived")));
}

const MAIL_ID = messageIdOf(EMAILED, "confirmation");

function changeMail(stores: FrozenStores, changes: Partial<MailEntry>): void {
  stores.mails.set(MAIL_ID, { ...(stores.mails.get(MAIL_ID) as MailEntry), ...changes });
}

describe("stores at rest", () => {
  test("agree, and all money is accounted for", async () => {
    const report = await reconciled(made);
    expect(report.discrepancies).toEqual([]);
    expect(report).toMatchObject({ unexplained: 0, underWay: [] });
    expect(report.compared).toMatchObject({ orders: 4, commits: 8, repeatedEvents: 0, retiredEvents: 0 });
    expect(report.money).toEqual([
      {
        currency: "EUR",
        received: "5000",
        applied: "2450",
        refundDue: "100",
        refunded: "0",
        parked: "2450",
        addsUp: true,
      },
    ]);
  });
});

test("stores agree after refunds of what an order keeps, of a deposit and of money that is parked", async () => {
  const back = (orderId: string, amount: number) =>
    recordRefund({ orderId, amount: euros(amount), webhookId: orderId });
  const stores = await createStores(createScriptedMailer(), [
    ...MESSAGES,
    back(EMAILED, 450),
    receivePayment({ orderId: WAITING, paymentId: "deposit", amount: euros(1_000), partial: true }),
    back(WAITING, 300),
    back(PARKED, 2_000),
  ]);
  const report = await reconciled(stores);
  expect(report).toMatchObject({ discrepancies: [], unexplained: 0, underWay: [] });
  const money = { received: "6000", applied: "2700", refundDue: "100", refunded: "2750", parked: "450" };
  expect(report.money).toEqual([{ currency: "EUR", ...money, addsUp: true }]);
});

describe("money that an order gave to another one", () => {
  test("agrees once it has arrived, in another shard too", async () => {
    expect(shardOfOrder(GIVER)).not.toBe(shardOfOrder(TAKER));
    const report = await reconciled(given);
    expect(report).toMatchObject({ discrepancies: [], unexplained: 0, underWay: [], compared: { orders: 2 } });
    expect(report.money).toMatchObject([{ received: "4900", applied: "4900", refundDue: "0", parked: "0" }]);
  });

  test("is lost when nothing can bring it any more, and both orders are named", async () => {
    const stores = copyOf(given);
    forgetPayment(stores, TAKER);
    const lost = (await reconciled(stores)).discrepancies.filter(({ kind }) => kind === "transfer_lost");
    expect(lost).toEqual([
      {
        kind: "transfer_lost",
        shard: shardOfOrder(GIVER),
        orderId: GIVER,
        subject: TRANSFER_ID,
        detail: `24.50 EUR of payment second left order ${GIVER} and is not at order ${TAKER}`,
      },
    ]);
  });

  const onTheWay = { what: "payments on their way from one order to another", count: 1 };

  test("is on its way while the payment desk has not come to it", async () => {
    const stores = copyOf(given);
    forgetPayment(stores, TAKER);
    const { position } = commitOf(stores, GIVER, "PaymentMoved");
    const reached = new Map(stores.checkpoints.get(PAYMENT_DESK)).set(shardOfOrder(GIVER), position - 1);
    stores.checkpoints.set(PAYMENT_DESK, reached);
    expect((await reconciled(stores)).underWay).toContainEqual(onTheWay);
    expect(await kindsIn(stores)).not.toContain("transfer_lost");
  });

  test.each([
    ["is on its way while records wait in the inbox of the order that gets it", "order-commands", TAKER, true],
    ["is not on its way because records wait in the inbox of the one that gave it", "order-commands", GIVER, false],
    ["is not on its way because records of another topic wait", "payments", TAKER, false],
  ] as const)("%s", async (_, topic, orderId, isOnTheWay) => {
    const stores = copyOf(given);
    forgetPayment(stores, TAKER);
    const shard = shardOfOrder(orderId);
    const index = stores.lags.findIndex((lag) => lag.topic === topic && lag.shard === shard);
    const lag = stores.lags[index] as (typeof stores.lags)[number];
    stores.lags[index] = { ...lag, endOffset: lag.committedOffset + 1 };
    const { underWay } = await reconciled(stores);
    expect(underWay.some(({ what }) => what === onTheWay.what)).toBe(isOnTheWay);
    expect((await kindsIn(stores)).includes("transfer_lost")).toBe(!isOnTheWay);
  });
});

function inboxOf(stores: FrozenStores, topic: string, shard: number): LogRecord[] {
  return stores.inbox.get(topic)?.[shard] ?? [];
}

/** Puts a record behind all others of its topic and shard, and counts it as processed. */
function addProcessed(stores: FrozenStores, record: NewRecord, shard = shardOfOrder(record.key)): void {
  const list = inboxOf(stores, record.topic, shard);
  const offset = (list.at(-1)?.offset ?? -1) + 1;
  list.push({ ...record, shard, offset, timestampMs: Date.parse(TEST_EPOCH) });
  const index = stores.lags.findIndex((lag) => lag.topic === record.topic && lag.shard === shard);
  const lag = stores.lags[index] as (typeof stores.lags)[number];
  stores.lags[index] = { ...lag, committedOffset: offset + 1, endOffset: offset + 1 };
}

/** For each kind at least one damage, in words, that must be found as that kind. */
const DAMAGES: readonly [DiscrepancyKind, string, (stores: FrozenStores) => void][] = [
  [
    "inbox_offset_beyond_end",
    "an offset that the log never gave",
    ({ lags }) => {
      lags[0] = { ...(lags[0] as (typeof lags)[number]), committedOffset: 900, endOffset: 3 };
    },
  ],
  [
    "message_lost",
    "a payment whose offset was committed though nothing came of it",
    (stores) => addProcessed(stores, plainCodec.encode(receivePayment({ orderId: WAITING, paymentId: "lost" }))),
  ],
  [
    "message_lost",
    "an order that was never taken",
    (stores) => addProcessed(stores, plainCodec.encode(submitOrder({ orderId: "never-taken" }))),
  ],
  [
    "message_lost",
    "a refund that its order would refuse, and that no dead letter has",
    (stores) => addProcessed(stores, plainCodec.encode(recordRefund({ orderId: WAITING, amount: euros(9_999) }))),
  ],
  [
    "message_lost",
    "bytes that nobody can read, and that no dead letter has",
    (stores) => addProcessed(stores, { topic: "payments", key: WAITING, value: "?", headers: {} }),
  ],
  [
    "index_missing",
    "an index that is gone",
    ({ missingIndexes }) => void missingIndexes.push("commits.shard_orderId_causeId"),
  ],
  [
    "position_gap",
    "a position that is missing",
    (stores) => {
      const list = listOf(stores.commits, WAITING);
      const last = list.at(-1) as Commit;
      list[list.length - 1] = { ...last, position: last.position + 1 };
    },
  ],
  [
    "wrong_shard",
    "an order under an id of another shard",
    (stores) => {
      const shard = shardOfOrder(WAITING);
      const foreign = [1, 2, 3, 4, 5, 6, 7, 8]
        .map((i) => `foreign-${i}`)
        .find((id) => shardOfOrder(id) !== shard) as string;
      replaceCommit(stores, commitOf(stores, WAITING, "OrderReceived"), { orderId: foreign });
    },
  ],
  [
    "sequence_gap",
    "an order whose first commit is gone",
    (stores) => {
      const list = listOf(stores.commits, EMAILED);
      list.splice(list.indexOf(commitOf(stores, EMAILED, "OrderReceived")), 1);
    },
  ],
  [
    "sequence_gap",
    "an order whose second commit is gone",
    (stores) => {
      const list = listOf(stores.commits, EMAILED);
      list.splice(list.indexOf(commitOf(stores, EMAILED, "OrderPaid")), 1);
    },
  ],
  [
    "cause_repeated",
    "two commits of one cause",
    (stores) => replaceCommit(stores, commitOf(stores, EMAILED, "OrderPaid"), { causeId: `order:${EMAILED}` }),
  ],
  [
    "payment_repeated",
    "a payment that counts twice",
    (stores) => {
      const paid = commitOf(stores, PARKED, "PaymentReceived");
      replaceCommit(stores, paid, { events: [...paid.events, ...paid.events] });
    },
  ],
  [
    "illegal_event",
    "an event where an order's life does not lead",
    (stores) => {
      const received = commitOf(stores, WAITING, "OrderReceived");
      replaceCommit(stores, received, { events: [...received.events, { type: "OrderConfirmed", data: {} as never }] });
    },
  ],
  [
    "money_differs",
    "more refund due than came in",
    (stores) => {
      const parked = commitOf(stores, PARKED, "PaymentReceived");
      const refundDue = { paymentId: "payment-3", amount: euros(9_999), reason: "expired" as const };
      replaceCommit(stores, parked, { events: [...parked.events, { type: "RefundDue", data: refundDue }] });
    },
  ],
  [
    "money_differs",
    "more money paid back than had to go back",
    (stores) => {
      const parked = commitOf(stores, PARKED, "PaymentReceived");
      const data = { refundId: "refund-1", amount: euros(1) };
      replaceCommit(stores, parked, { events: [...parked.events, { type: "RefundRecorded", data }] });
    },
  ],
  ["view_missing", "an order that no list has", (stores) => changeView(stores, "orders", EMAILED, null)],
  ["view_missing", "a deadline without a timer", (stores) => changeView(stores, "timers", WAITING, null)],
  ["view_missing", "a webhook that is forgotten", (stores) => changeView(stores, "webhooks", "webhook-1", null)],
  [
    "view_differs",
    "an order that a list shows otherwise",
    (stores) => {
      const document = stores.views.get("orders")?.get(CANCELLED) as ViewDocument;
      changeView(stores, "orders", CANCELLED, { ...document, status: "received" });
    },
  ],
  [
    "view_differs",
    "an order that a list shows as it was before",
    (stores) => {
      const document = stores.views.get("orders")?.get(EMAILED) as { order: object };
      changeView(stores, "orders", EMAILED, { ...document, order: { ...document.order, version: 1 } });
    },
  ],
  [
    "view_surplus",
    "an order that nobody stored",
    (stores) => changeView(stores, "orders", "nobody", { order: { version: 1 } }),
  ],
  [
    "view_surplus",
    "a timer of an order that is decided",
    (stores) => changeView(stores, "timers", EMAILED, { orderId: EMAILED, shard: 0, deadline: "", dueAtMs: 1 }),
  ],
  [
    "event_not_published",
    "an event that no record tells of",
    (stores) => {
      const list = listOf(stores.published, EMAILED);
      list.splice(list.indexOf(publishedOf(stores, EMAILED)[2] as LogRecord), 1);
    },
  ],
  [
    "event_not_stored",
    "a record of an event that never was",
    (stores) => {
      const list = listOf(stores.published, EMAILED);
      const last = list.at(-1) as LogRecord;
      list.push({
        ...last,
        offset: last.offset + 1,
        value: String(last.value).replace(/"id":"[^"]+"/, '"id":"nobody:1"'),
      });
    },
  ],
  [
    "event_not_stored",
    "a record that is no event at all",
    (stores) => {
      const list = listOf(stores.published, EMAILED);
      list.push({ ...(list.at(-1) as LogRecord), offset: 999, value: "what is this?" });
    },
  ],
  [
    "event_differs",
    "an event that is published with other data",
    (stores) => {
      const [first] = publishedOf(stores, EMAILED);
      const list = listOf(stores.published, EMAILED);
      list[list.indexOf(first as LogRecord)] = {
        ...(first as LogRecord),
        value: String(first?.value).replace("Ada", "Eve"),
      };
    },
  ],
  [
    "event_out_of_order",
    "two events that changed places",
    (stores) => {
      const [first, second] = publishedOf(stores, EMAILED) as [LogRecord, LogRecord];
      const list = listOf(stores.published, EMAILED);
      const [i, j] = [list.indexOf(first), list.indexOf(second)];
      list[i] = { ...first, value: second.value };
      list[j] = { ...second, value: first.value };
    },
  ],
  ["mail_missing", "a confirmed order without a mail", ({ mails }) => void mails.delete(MAIL_ID)],
  [
    "mail_surplus",
    "a mail of an order that nobody stored",
    ({ mails }) => {
      const messageId = messageIdOf("nobody", "confirmation");
      mails.set(messageId, { ...(mails.get(MAIL_ID) as MailEntry), messageId, orderId: "nobody" });
    },
  ],
  [
    "mail_surplus",
    "a mail of an order that is not confirmed",
    ({ mails }) => {
      const messageId = messageIdOf(WAITING, "confirmation");
      mails.set(messageId, { ...(mails.get(MAIL_ID) as MailEntry), messageId, orderId: WAITING });
    },
  ],
  [
    "mail_differs",
    "a mail that was refused, of an order that says it was sent",
    (stores) => {
      const outcome = { type: "refused", response: "550 no" } as const;
      changeMail(stores, { state: "refused", attempts: [{ attempt: 1, startedAtMs: 1, outcome }] });
    },
  ],
  [
    "mail_untold",
    "a closed mail, of an order that says nothing of it",
    (stores) => {
      const list = listOf(stores.commits, EMAILED);
      list.splice(list.indexOf(commitOf(stores, EMAILED, "ConfirmationEmailed")), 1);
    },
  ],
  [
    "desk_missing",
    "money that waits for its order, and that nobody sees",
    (stores) => changeView(stores, "payment-desk", PARKED_ON_DESK, null),
  ],
  [
    "desk_differs",
    "a payment of another sum",
    (stores) => {
      const document = stores.views.get("payment-desk")?.get(PARKED_ON_DESK) as ViewDocument;
      changeView(stores, "payment-desk", PARKED_ON_DESK, { ...document, amount: euros(1) });
    },
  ],
  [
    "desk_differs",
    "a payment of another kind",
    (stores) => {
      const document = stores.views.get("payment-desk")?.get(PARKED_ON_DESK) as ViewDocument;
      changeView(stores, "payment-desk", PARKED_ON_DESK, { ...document, kind: "late" });
    },
  ],
  [
    "desk_missing",
    "a payment whose id has no place",
    (stores) => changeView(stores, "payment-places", "payment-3", null),
  ],
  [
    "payment_at_two_orders",
    "a payment that counts at another order, too, and that waits on the desk",
    (stores) => {
      const document = stores.views.get("payment-desk")?.get(PARKED_ON_DESK) as ViewDocument;
      const lookAtMs = Date.parse(String(document["since"]));
      const repeated = { ...document, kind: "repeated", countedAt: EMAILED, lookAtMs };
      changeView(stores, "payment-places", "payment-3", { orderId: EMAILED });
      changeView(stores, "payment-desk", PARKED_ON_DESK, repeated);
    },
  ],
  [
    "desk_surplus",
    "a payment that its order has taken",
    (stores) => changeView(stores, "payment-desk", deskIdOf({ orderId: EMAILED, paymentId: "payment-1" }), {}),
  ],
  [
    "desk_surplus",
    "a payment that its order never had",
    (stores) => changeView(stores, "payment-desk", deskIdOf({ orderId: EMAILED, paymentId: "nobody's" }), {}),
  ],
  [
    "desk_surplus",
    "a payment of an order that nobody stored",
    (stores) => changeView(stores, "payment-desk", deskIdOf({ orderId: "nobody", paymentId: "payment-1" }), {}),
  ],
  [
    "letter_missing",
    "a dead letter that nobody sees",
    (stores) => changeView(stores, "dead-letters", letterId(stores), null),
  ],
  ["letter_differs", "a dead letter of another code", (stores) => changeLetter(stores, { code: "order_not_found" })],
  [
    "letter_differs",
    "a dead letter that is open, and that somebody dropped",
    (stores) => decideLetter(stores, "dropped"),
  ],
  [
    "letter_differs",
    "a dead letter that counts as dropped, and that was sent again",
    (stores) => {
      decideLetter(stores, "redriven");
      changeLetter(stores, { state: "dropped" });
    },
  ],
  [
    "letter_surplus",
    "a dead letter that its topic never had",
    (stores) => changeView(stores, "dead-letters", "payments-1-999", { id: "payments-1-999", state: "open" }),
  ],
  ["transfer_lost", "money that left an order and arrived nowhere", (stores) => forgetPayment(stores, TAKER)],
  [
    "transfer_lost",
    "money that arrived at another order than it was given to",
    (stores) => changeGift(stores, { toOrderId: "order-elsewhere" }),
  ],
  [
    "transfer_surplus",
    "money that arrived and that its order still has",
    (stores) => {
      const moved = commitOf(stores, GIVER, "PaymentMoved");
      replaceCommit(stores, moved, { events: moved.events.filter(({ type }) => type !== "PaymentMoved") });
    },
  ],
  [
    "transfer_surplus",
    "money from an order that nobody stored",
    (stores) => changeArrival(stores, { movedFrom: { orderId: "nobody", paymentId: "second" } }),
  ],
  ["transfer_differs", "less money than was given", (stores) => changeGift(stores, { amount: euros(2_400) })],
  [
    "transfer_differs",
    "money of another payment",
    (stores) => changeArrival(stores, { movedFrom: { orderId: GIVER, paymentId: "first" } }),
  ],
  [
    "transfer_differs",
    "one arrival of money that was given twice",
    (stores) => {
      const moved = commitOf(stores, GIVER, "PaymentMoved");
      replaceCommit(stores, moved, {
        events: [...moved.events, ...moved.events.filter(({ type }) => type === "PaymentMoved")],
      });
    },
  ],
];

/** The stores that a damage of this kind is done to. */
const soundFor = (kind: DiscrepancyKind): FrozenStores => (kind.startsWith("transfer") ? given : made);

describe("reconciliation finds", () => {
  test.each(DAMAGES)("%s: %s", async (kind, _what, damage) => {
    const stores = copyOf(soundFor(kind));
    damage(stores);
    expect(await kindsIn(stores)).toContain(kind);
    expect((await reconciled(stores)).unexplained).toBeGreaterThan(0);
  });

  test("every kind that there is, in these cases", () => {
    expect([...new Set(DAMAGES.map(([kind]) => kind))].toSorted()).toEqual(Object.keys(REMEDIES).toSorted());
  });

  test.each(
    DAMAGES.filter(
      ([kind]) =>
        /^(inbox|index|view|desk|letter|mail|event_(?!not_stored|differs))/.test(kind) && kind !== "mail_untold",
    ),
  )("nothing else than %s in %s", async (kind, _what, damage) => {
    const stores = copyOf(made);
    damage(stores);
    expect(await kindsIn(stores)).toEqual([kind]);
  });

  test("the ids of what differs", async () => {
    const stores = copyOf(made);
    changeView(stores, "timers", WAITING, null);
    expect((await reconciled(stores)).discrepancies).toEqual([
      {
        kind: "view_missing",
        shard: shardOfOrder(WAITING),
        orderId: WAITING,
        subject: `timers ${WAITING}`,
        detail: "the order's events ask for it",
      },
    ]);
  });
});

describe("what is under way is not wrong", () => {
  test("records that wait unread", async () => {
    const stores = copyOf(made);
    stores.lags[0] = { ...(stores.lags[0] as (typeof stores.lags)[number]), committedOffset: 1, endOffset: 4 };
    const report = await reconciled(stores);
    expect(report.unexplained).toBe(0);
    expect(report.underWay).toEqual([{ what: "inbox records that wait to be read", count: 3 }]);
  });

  test("commits that no reactor has come to", async () => {
    const stores = copyOf(made);
    for (const reactor of REACTORS) stores.checkpoints.set(reactor, new Map());
    for (const documents of stores.views.values()) documents.clear();
    for (const list of stores.published) list.length = 0;
    stores.mails.clear();
    const told = listOf(stores.commits, EMAILED).pop();
    expect(told?.events[0]?.type).toBe("ConfirmationEmailed");
    const report = await reconciled(stores);
    expect(report.discrepancies).toEqual([]);
    expect(report.underWay).toEqual([
      { what: "commits whose mails are not queued", count: 7 },
      { what: "commits that the views do not show", count: 7 },
      { what: "commits that are not published", count: 7 },
      { what: "commits that the payment desk does not show", count: 7 },
      { what: "records of dead letters that their view does not show", count: 1 },
    ]);
  });

  test("a document that shows more than the projector's checkpoint says", async () => {
    const stores = copyOf(made);
    stores.checkpoints.set(PROJECTOR, new Map());
    expect((await reconciled(stores)).unexplained).toBe(0);
  });

  test("a desk that shows an order as it is now, or as it was at the checkpoint", async () => {
    const stores = copyOf(given);
    const shard = shardOfOrder(GIVER);
    const { position } = commitOf(stores, GIVER, "PaymentDecided");
    stores.checkpoints.set(PAYMENT_DESK, new Map(stores.checkpoints.get(PAYMENT_DESK)).set(shard, position - 1));
    expect((await reconciled(stores)).discrepancies).toEqual([]);
    const earlier = listOf(stores.commits, GIVER).filter(
      (commit) => commit.orderId === GIVER && commit.position < position,
    );
    const shown = { ...(deskPaymentsOf(earlier).get("second") as DeskPayment) };
    expect(shown.state).toBe("open");
    const id = deskIdOf({ orderId: GIVER, paymentId: "second" });
    changeView(stores, "payment-desk", id, shown);
    expect((await reconciled(stores)).discrepancies).toEqual([]);
    changeView(stores, "payment-desk", id, null);
    expect(await kindsIn(stores)).toEqual(["desk_missing"]);
  });

  test("a mail that waits, and one whose order has yet to hear of it", async () => {
    const stores = copyOf(made);
    const list = listOf(stores.commits, EMAILED);
    const told = list.indexOf(commitOf(stores, EMAILED, "ConfirmationEmailed"));
    expect(told).toBe(list.length - 1);
    list.pop();
    changeMail(stores, { closed: false });
    expect((await reconciled(stores)).underWay).toContainEqual({ what: "mails that are not done", count: 1 });
    expect(await kindsIn(stores)).not.toContain("mail_untold");
  });
});

describe("a message in the inbox", () => {
  const lost = plainCodec.encode(receivePayment({ orderId: WAITING, paymentId: "lost" }));

  test.each([
    ["that took effect before", receivePayment({ orderId: EMAILED })],
    ["that cancels what is cancelled", cancelOrder({ orderId: CANCELLED, commandId: "again" })],
    ["whose deadline came after the money", reachDeadline({ orderId: EMAILED })],
  ])("%s needs nothing to come of it", async (_, message) => {
    const stores = copyOf(made);
    addProcessed(stores, plainCodec.encode(message));
    expect((await reconciled(stores)).discrepancies).toEqual([]);
  });

  test("that is not processed yet is under way, however little came of it", async () => {
    const stores = copyOf(made);
    addProcessed(stores, lost);
    const index = stores.lags.findIndex(({ topic, shard }) => topic === "payments" && shard === shardOfOrder(WAITING));
    const lag = stores.lags[index] as (typeof stores.lags)[number];
    stores.lags[index] = { ...lag, committedOffset: lag.committedOffset - 1 };
    const { discrepancies, underWay } = await reconciled(stores);
    expect(discrepancies).toEqual([]);
    expect(underWay).toEqual([{ what: "inbox records that wait to be read", count: 1 }]);
  });

  test("may be among the dead letters that their view does not show yet", async () => {
    const stores = copyOf(made);
    addProcessed(stores, lost);
    stores.checkpoints.set(LETTER_READER, new Map());
    expect((await reconciled(stores)).discrepancies).toEqual([]);
  });

  test("that was passed on is looked at where it went", async () => {
    const stores = copyOf(made);
    const elsewhere = 1 - shardOfOrder(WAITING);
    addProcessed(stores, lost, elsewhere);
    expect((await reconciled(stores)).discrepancies).toEqual([]);
    addProcessed(stores, { ...lost, topic: "order-commands" });
    expect((await reconciled(stores)).discrepancies).toMatchObject([
      { kind: "message_lost", orderId: WAITING, subject: expect.stringContaining("order-commands[") },
    ]);
  });
});

describe("what is explained is not wrong", () => {
  test("a mail that is held for a person", async () => {
    const unknown = { type: "unknown", response: "the connection broke" } as const;
    const stores = await createStores(createScriptedMailer(Array.from({ length: 9 }, () => unknown)));
    const entry = stores.mails.get(MAIL_ID) as MailEntry;
    stores.mails.set(MAIL_ID, { ...entry, state: "unknown", retryAtMs: null });
    const report = await reconciled(stores);
    expect(report.discrepancies).toEqual([]);
    expect(report.explained).toContainEqual({ what: "mails that are held for a person", count: 1, ids: [MAIL_ID] });
  });

  test("a dead letter that may be about money, as long as nobody has decided about it", async () => {
    const stores = copyOf(made);
    const what = "dead letters that may be about money and wait for a person";
    expect((await reconciled(stores)).explained).toEqual([{ what, count: 1, ids: [letterId(stores)] }]);
    decideLetter(stores, "dropped");
    changeLetter(stores, { state: "dropped" });
    expect(await reconciled(stores)).toMatchObject({ unexplained: 0, explained: [] });
  });

  test("a command among the dead letters, which may be a payment that had come to the wrong shard", async () => {
    const stores = copyOf(made);
    const [before, topic] = [letterId(stores), "order-commands" as const];
    const shard = Number(before.split("-").at(1));
    const [unreadable] = inboxOf(stores, "payments", shard).splice(0, 1) as [LogRecord];
    addProcessed(stores, { ...unreadable, topic }, shard);
    const id = `${topic}-${shard}-${inboxOf(stores, topic, shard).at(-1)?.offset}`;
    const list = stores.letters.find(({ length }) => length > 0) as LogRecord[];
    const [letter] = list as [LogRecord];
    list[0] = { ...letter, headers: { ...letter.headers, "dead-letter-id": id, "dead-letter-topic": topic } };
    const document = { ...stores.views.get("dead-letters")?.get(before) };
    changeView(stores, "dead-letters", before, null);
    changeView(stores, "dead-letters", id, { ...document, id, source: { ...(document["source"] as object), topic } });
    const report = await reconciled(stores);
    expect(report.discrepancies).toEqual([]);
    expect(report.explained).toMatchObject([{ count: 1, ids: [id] }]);
  });

  test("an order that heard from a sender whose attempt was given up, and a ledger that did not", async () => {
    const stores = copyOf(made);
    const lost = { type: "unknown", response: "the sender stopped", retryAtMs: null } as const;
    const refused = { type: "refused", response: "550 no" } as const;
    const attempts = [lost, refused].map((outcome, i) => ({ attempt: i + 1, startedAtMs: i, outcome }));
    changeMail(stores, { state: "refused", attempts });
    const report = await reconciled(stores);
    expect(report.discrepancies).toEqual([]);
    expect(report.explained).toContainEqual({
      what: "mails that may have come twice, under one Message-ID",
      count: 1,
      ids: [MAIL_ID],
    });
    changeMail(stores, { state: "unknown", attempts: attempts.slice(0, 1), retryAtMs: null });
    expect((await reconciled(stores)).explained.map(({ what }) => what)).not.toContain(
      "mails that are held for a person",
    );
  });

  test("a webhook that two orders have, whose document names one of them", async () => {
    const stores = copyOf(made);
    const commit = commitOf(stores, PARKED, "PaymentReceived");
    const events = commit.events.map((event) =>
      event.type === "PaymentReceived" ? { ...event, data: { ...event.data, webhookId: "webhook-1" } } : event,
    );
    replaceCommit(stores, commit, { events });
    expect(await kindsIn(stores)).not.toContain("view_differs");
    changeView(stores, "webhooks", "webhook-1", { orderId: WAITING, causeId: "payment:payment-3" });
    expect(await kindsIn(stores)).toContain("view_differs");
  });

  test("dead letters that the topic's retention deleted", async () => {
    const stores = copyOf(made);
    const list = stores.letters.find(({ length }) => length > 0) as LogRecord[];
    const [letter] = list as [LogRecord];
    list[0] = { ...letter, offset: 1, headers: { ...letter.headers, "dead-letter-id": "payments/1/77" } };
    stores.checkpoints.set(LETTER_READER, new Map());
    const { discrepancies, underWay } = await reconciled(stores);
    expect(discrepancies).toEqual([]);
    expect(underWay).toEqual([{ what: "records of dead letters that their view does not show", count: 1 }]);
  });

  test("a dead letter that was sent again after it was dropped", async () => {
    const stores = copyOf(made);
    decideLetter(stores, "dropped");
    changeLetter(stores, { state: "redriven" });
    expect((await reconciled(stores)).discrepancies).toEqual([]);
  });

  test("events that were published again", async () => {
    const stores = copyOf(made);
    const list = listOf(stores.published, EMAILED);
    const records = list.length;
    list.push(...list.map((record) => ({ ...record, offset: record.offset + records })));
    const report = await reconciled(stores);
    expect(report.discrepancies).toEqual([]);
    expect(report.compared.repeatedEvents).toBe(records);
  });

  test("events that were published again in the midst of others", async () => {
    const stores = copyOf(made);
    const list = listOf(stores.published, EMAILED);
    list.splice(3, 0, ...list.slice(1, 3));
    stores.published[shardOfOrder(EMAILED)] = list.map((record, offset) => ({ ...record, offset }));
    expect(await reconciled(stores)).toMatchObject({ unexplained: 0, compared: { repeatedEvents: 2 } });
  });

  test("records that the log's retention deleted", async () => {
    const stores = copyOf(made);
    listOf(stores.published, EMAILED).splice(0, 2);
    expect(await reconciled(stores)).toMatchObject({ unexplained: 0, compared: { retiredEvents: 2 } });
  });

  test("a topic that retention has emptied, but not one that is empty too soon", async () => {
    const stores = copyOf(made);
    for (const list of stores.published) list.length = 0;
    const later: Clock = { ...clock, nowMs: () => Date.parse(TEST_EPOCH) + 8 * DAY_MS };
    const old = await reconcile({ ...stores.ports, codec: plainCodec, clock: later, shards: SHARDS });
    expect(old).toMatchObject({ unexplained: 0, compared: { retiredEvents: old.compared.events } });
    expect((await reconciled(stores)).unexplained).toBe(old.compared.events);
  });
});

test("what looked wrong and is mended at the second look was only being written", async () => {
  const stores = copyOf(made);
  const { viewStore } = stores.ports;
  let looks = 0;
  const lateStore = {
    ...viewStore,
    getMany: async (...[target, ids]: Parameters<typeof viewStore.getMany>) => {
      looks += 1;
      return looks <= 1 ? new Map<string, ViewDocument>() : viewStore.getMany(target, ids);
    },
  };
  const report = await reconcile({ ...stores.ports, viewStore: lateStore, codec: plainCodec, clock, shards: SHARDS });
  expect(report.discrepancies).toEqual([]);
});
