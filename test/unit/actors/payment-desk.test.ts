/** The desk over a real worker in memory: what is on it, how money moves between orders, and what a crash leaves. */
import { describe, expect, test } from "vitest";
import { deskPaymentsOf, ORPHAN_AFTER_MS } from "../../../src/actors/desk-payments.ts";
import { createDeskReader } from "../../../src/actors/desk-reader.ts";
import { foldCommits } from "../../../src/actors/fold-commits.ts";
import { createPaymentDecisions } from "../../../src/actors/payment-decisions.ts";
import { createPaymentDesk, PAYMENT_DESK } from "../../../src/actors/payment-desk.ts";
import { activeOrdersVersion, type Pipeline } from "../../../src/actors/pipeline.ts";
import type { Commit } from "../../../src/actors/ports.ts";
import { checkOrder } from "../../../src/actors/reconcile-order.ts";
import type { Message } from "../../../src/domain/messages.ts";
import { balancesOf, type Order } from "../../../src/domain/order.ts";
import { commitsOf, createShardHistory } from "../../support/commits.ts";
import { withFaults } from "../../support/memory/faults.ts";
import { createManualClock, settled } from "../../support/memory/manual-clock.ts";
import { createMemoryActLog } from "../../support/memory/memory-act-log.ts";
import { createMemoryEventStore } from "../../support/memory/memory-event-store.ts";
import { createMemoryMailLedger } from "../../support/memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "../../support/memory/memory-message-log.ts";
import { createMemoryViewStore } from "../../support/memory/memory-view-store.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { createSeededRandom } from "../../support/memory/seeded-random.ts";
import { TEST_OPERATOR } from "../../support/operators.ts";
import * as messages from "../../support/order-messages.ts";
import { createPipelineWorld, WATERMARK_MS } from "../../support/pipeline-world.ts";

const { euros, receivePayment, submitOrder, TOTAL } = messages;
const OTHER = messages.OTHER_ORDER_ID;

async function startDesk() {
  const world = createPipelineWorld();
  const { clock, ports, actLog } = world;
  const random = createSeededRandom(7);
  let pipeline = await world.start();
  const now = (): string => new Date(clock.nowMs()).toISOString();
  const reader = (of: Pipeline) => createDeskReader({ ...ports, orderReader: of.orderReader, clock });
  const decisions = (of: Pipeline) =>
    createPaymentDecisions({
      log: ports.log,
      codec: plainCodec,
      orderReader: of.orderReader,
      viewStore: ports.viewStore,
      actLog,
      clock,
      random,
    });
  return {
    ...world,
    now,
    desk: () => reader(pipeline),
    async orderOf(orderId: string): Promise<Order> {
      return (await pipeline.orderReader.loadStored(orderId))?.order ?? expect.fail();
    },
    order: (orderId: string) => pipeline.orderReader.get(orderId),
    decide: (asked: Partial<Parameters<ReturnType<typeof decisions>["decide"]>[0]>) =>
      decisions(pipeline).decide({
        orderId: messages.ORDER_ID,
        paymentId: "payment-1",
        decision: "accept",
        operator: TEST_OPERATOR,
        reason: "the customer called",
        ...asked,
      }),
    async send(...sent: readonly Message[]): Promise<void> {
      for (const message of sent) await ports.log.produce([plainCodec.encode(message)]);
      await clock.advance(1_000);
      await settled();
    },
    async restart(): Promise<void> {
      await pipeline.stop();
      pipeline = await world.start();
      await clock.advance(2_000);
      await settled();
    },
    stop: () => pipeline.stop(),
  };
}

const submitted = (orderId: string, submittedAt: string): Message => submitOrder({ orderId, submittedAt });

describe("the payment desk", () => {
  test("lists what somebody must look at, by kind, and the oldest first", async () => {
    const world = await startDesk();
    const at = world.now();
    await world.send(submitted("wrong", at), receivePayment({ orderId: "wrong", amount: euros(1), paidAt: at }));
    await world.send(submitted("twice", at));
    for (const paymentId of ["one", "two"])
      await world.send(receivePayment({ orderId: "twice", paymentId, paidAt: at }));
    await world.send(receivePayment({ orderId: "twice", paymentId: "one", amount: euros(7), paidAt: at }));
    const { payments } = await world.desk().list({ state: "open", limit: 10 });
    expect(payments.map(({ orderId, paymentId, kind }) => [orderId, paymentId, kind])).toEqual([
      ["wrong", "payment-1", "mismatched"],
      ["twice", "two", "other"],
      ["twice", "one~7EUR", "quarantined"],
    ]);
    expect(payments[0]?.order?.status).toBe("rejected");
    expect(payments.map(({ earlierAmount }) => earlierAmount)).toEqual([undefined, undefined, TOTAL]);
    const late = await world.desk().list({ state: "open", kind: "late", limit: 10 });
    expect(late.payments).toEqual([]);
    expect(await world.desk().count("quarantined")).toBe(1);
    await world.stop();
  });

  test("shows a payment whose id counts at another order, too, until somebody has looked", async () => {
    const world = await startDesk();
    const at = world.now();
    await world.send(submitted("first", at), receivePayment({ orderId: "first", paidAt: at }));
    await world.send(submitted("second", at), receivePayment({ orderId: "second", paidAt: at }));
    const open = async () => (await world.desk().list({ state: "open", limit: 10 })).payments;
    const repeated = { orderId: "second", paymentId: "payment-1", kind: "repeated", countedAt: "first", amount: TOTAL };
    expect(await open()).toMatchObject([repeated]);
    await world.restart();
    expect((await world.desk().get("second", "payment-1"))?.payment).toMatchObject({ ...repeated, state: "open" });
    const refund = { orderId: "second", decision: "refund" } as const;
    expect(await world.decide(refund)).toMatchObject({ code: "decision_not_possible" });
    expect(await world.decide({ orderId: "second" })).toMatchObject({ type: "accepted" });
    await world.send();
    expect(await open()).toEqual([]);
    expect((await world.desk().get("second", "payment-1"))?.payment).toMatchObject({ ...repeated, state: "decided" });
    expect(await world.decide({ orderId: "second" })).toMatchObject({ code: "decision_not_possible" });
    expect(balancesOf(await world.orderOf("second"))).toMatchObject([{ appliedMinor: TOTAL.amountMinor }]);
    await world.stop();
  });

  test("lets nobody decide about money that an order has taken and no other has", async () => {
    const world = await startDesk();
    const at = world.now();
    await world.send(submitOrder({ submittedAt: at }), receivePayment({ paidAt: at }));
    expect(await world.decide({})).toMatchObject({ code: "decision_not_possible" });
    await world.stop();
  });

  test("goes on behind the last payment of a page", async () => {
    const world = await startDesk();
    const ids = ["a", "b", "c"];
    for (const orderId of ids) {
      await world.send(submitted(orderId, world.now()));
      await world.send(receivePayment({ orderId, amount: euros(1), paidAt: world.now() }));
    }
    const first = await world.desk().list({ state: "open", limit: 2 });
    expect(first.payments.map(({ orderId }) => orderId)).toEqual(["a", "b"]);
    const second = await world.desk().list({ state: "open", limit: 2, after: first.next ?? expect.fail() });
    expect([second.payments.map(({ orderId }) => orderId), second.next]).toEqual([["c"], null]);
    await world.stop();
  });

  test("takes money for an orphan once it has waited long enough for its order", async () => {
    const world = await startDesk();
    await world.send(receivePayment({ paidAt: world.now() }));
    const orphans = async () => (await world.desk().list({ state: "open", limit: 10 })).payments;
    expect(await orphans()).toEqual([]);
    await world.clock.advance(WATERMARK_MS - 1_000);
    expect(await orphans()).toMatchObject([{ kind: "orphan", order: null, amount: TOTAL }]);
    await world.send(submitted(messages.ORDER_ID, world.now()));
    expect(await orphans()).toEqual([]);
    await world.stop();
  });

  test("suggests orders that wait for the same amount, then those of the same customer, and never its own", async () => {
    const world = await startDesk();
    const at = world.now();
    const other = { name: "Bob", email: "bob@example.org" };
    const items = [{ sku: "tiramisu", quantity: 1 }];
    await world.send(submitOrder({ submittedAt: at }));
    for (const paymentId of ["one", "two"]) await world.send(receivePayment({ paymentId, paidAt: at }));
    await world.send(
      submitOrder({ orderId: "same customer", submittedAt: at, items }),
      submitOrder({ orderId: "same amount", submittedAt: at, customer: other }),
      submitOrder({ orderId: "both", submittedAt: at }),
      submitOrder({ orderId: "neither", submittedAt: at, customer: other, items }),
    );
    const found = await world.desk().get(messages.ORDER_ID, "two");
    expect(found?.suggestions.map(({ order, because }) => [order.orderId, because.join()])).toEqual([
      ["both", "amount,customer,time"],
      ["same amount", "amount,time"],
      ["same customer", "customer,time"],
      ["neither", "time"],
    ]);
    await world.stop();
  });

  test("finds the order from just before an orphan's payment, however many came after it", async () => {
    const world = await startDesk();
    const items = [{ sku: "tiramisu", quantity: 1 }];
    await world.send(submitOrder({ orderId: "meant", submittedAt: world.now() }));
    await world.clock.advance(1_000);
    await world.send(receivePayment({ paidAt: world.now() }));
    await world.clock.advance(1_000);
    const later = Array.from({ length: 210 }, (_, i) => `later ${i}`);
    await world.send(...later.map((orderId) => submitOrder({ orderId, submittedAt: world.now(), items })));
    await world.clock.advance(ORPHAN_AFTER_MS);
    const found = await world.desk().get(messages.ORDER_ID, "payment-1");
    expect(found?.suggestions[0]?.order.orderId).toBe("meant");
    await world.stop();
  });

  test("is the same after it was made again from the beginning", async () => {
    const world = await startDesk();
    const at = world.now();
    await world.send(submitOrder({ submittedAt: at }), submitted(OTHER, at));
    for (const paymentId of ["one", "two"]) await world.send(receivePayment({ paymentId, paidAt: at }));
    await world.send(messages.decidePayment({ paymentId: "two", toOrderId: OTHER }));
    const all = async () =>
      Promise.all((["open", "decided"] as const).map((state) => world.desk().list({ state, limit: 9 })));
    const before = await all();
    await world.ports.viewStore.resetCheckpoint(PAYMENT_DESK);
    await world.restart();
    expect(await all()).toEqual(before);
    expect(before[1]?.payments).toMatchObject([{ paymentId: "two", decision: { toOrderId: OTHER } }]);
    await world.stop();
  });
});

describe("a decision", () => {
  test("gives money to another order, which is paid by it, and is in the act log", async () => {
    const world = await startDesk();
    const at = world.now();
    await world.send(submitOrder({ submittedAt: at }), submitted(OTHER, at));
    for (const paymentId of ["one", "two"]) await world.send(receivePayment({ paymentId, paidAt: at }));
    expect(await world.decide({ paymentId: "two", toOrderId: OTHER })).toMatchObject({ type: "accepted" });
    await world.send();
    expect((await world.order(OTHER))?.status).toMatch(/confirmed|emailed/);
    expect((await world.order(messages.ORDER_ID))?.refundDue).toEqual([]);
    const found = await world.desk().get(messages.ORDER_ID, "two");
    expect(found?.payment).toMatchObject({ state: "decided", decision: { operator: { name: "Test" } } });
    expect(await world.actLog.list({ limit: 5 })).toMatchObject([
      { act: "payment.decided", target: messages.ORDER_ID, details: { paymentId: "two", toOrderId: OTHER } },
    ]);
    await world.stop();
  });

  test.each([
    ["an order that nobody submitted", { toOrderId: "nobody's" }, "order_not_found"],
    ["an order that waits for no money", { toOrderId: OTHER }, "decision_not_possible"],
    ["a payment that is not there", { paymentId: "nobody's" }, "payment_not_found"],
    ["money that it cannot reject", { decision: "reject" as const }, "decision_not_possible"],
  ])("is refused for %s, and the act log has it", async (_, asked, code) => {
    const world = await startDesk();
    const at = world.now();
    await world.send(submitted(OTHER, at), receivePayment({ orderId: OTHER, paidAt: at }));
    await world.send(submitOrder({ submittedAt: at }), receivePayment({ amount: euros(1), paidAt: at }));
    expect(await world.decide(asked)).toMatchObject({ type: "refused", code });
    expect(await world.actLog.list({ limit: 5 })).toMatchObject([{ act: "payment.decisionRefused" }]);
    await world.stop();
  });

  test("is refused for an order that waits for money of another currency, which keeps waiting for its own", async () => {
    const world = await startDesk();
    const at = world.now();
    await world.send(submitOrder({ submittedAt: at }), submitted(OTHER, at));
    await world.send(receivePayment({ amount: { ...TOTAL, currency: "USD" }, paidAt: at }));
    const answer = await world.decide({ toOrderId: OTHER });
    const detail = expect.stringContaining("another currency");
    expect(answer).toMatchObject({ type: "refused", code: "decision_not_possible", detail });
    await world.send();
    expect((await world.orderOf(OTHER)).payments).toEqual([]);
    expect(await world.actLog.list({ limit: 5 })).toMatchObject([{ act: "payment.decisionRefused" }]);
    await world.stop();
  });

  test("that its order refuses in the end has an act that says so, once, and one that nobody asked for has none", async () => {
    const world = await startDesk();
    const at = world.now();
    await world.send(submitOrder({ submittedAt: at }), receivePayment({ amount: euros(1), paidAt: at }));
    await world.send(submitted(OTHER, at));
    // Both fit when they are made, and one of them is first.
    const made = [world.decide({ decision: "refund" }), world.decide({ toOrderId: OTHER })];
    expect(await Promise.all(made)).toMatchObject([{ type: "accepted" }, { type: "accepted" }]);
    await world.send(messages.decidePayment({ commandId: "from elsewhere", toOrderId: OTHER }));
    const acts = await world.actLog.list({ limit: 9 });
    const refused = acts.find(({ act }) => act === "payment.decisionRefused");
    const decided = acts.filter(({ act }) => act === "payment.decided");
    expect(acts).toHaveLength(3);
    expect(decided.map(({ details }) => details["decision"])).toEqual(["accept", "refund"]);
    expect(refused).toMatchObject({
      operator: TEST_OPERATOR,
      target: messages.ORDER_ID,
      reason: "the customer called",
      details: { ...decided[0]?.details, actId: decided[0]?.actId, refused: expect.stringMatching(/decided before/) },
    });
    await world.ports.viewStore.resetCheckpoint(PAYMENT_DESK);
    await world.restart();
    expect(await world.actLog.list({ limit: 9 })).toEqual(acts);
    await world.stop();
  });

  test("that does not get into the log has an act that says so", async () => {
    const world = await startDesk();
    const at = world.now();
    await world.send(submitOrder({ submittedAt: at }), receivePayment({ amount: euros(1), paidAt: at }));
    world.fail("log.produce", "before");
    const code = "store_unavailable";
    await expect(world.decide({ decision: "refund" })).rejects.toMatchObject({ code });
    const acts = await world.actLog.list({ limit: 9 });
    expect(acts.map((one) => one.act)).toEqual(["payment.decisionFailed", "payment.decided"]);
    expect(acts[0]?.details).toMatchObject({ actId: acts[1]?.actId, code });
    await world.stop();
  });

  test("that is late is shown with what was in its way", async () => {
    const world = await startDesk();
    const at = world.now();
    await world.send(submitOrder({ submittedAt: at }), receivePayment({ amount: euros(1), paidAt: at }));
    await world.send(messages.recordRefund({ amount: euros(1) }));
    await world.send(messages.decidePayment({ toOrderId: OTHER }));
    const found = await world.desk().get(messages.ORDER_ID, "payment-1");
    expect(found?.payment).toMatchObject({
      state: "settled",
      decision: null,
      refused: { refusedBecause: expect.stringMatching(/gone back/) },
    });
    await world.stop();
  });
});

describe("money between two orders", () => {
  const life = [
    submitOrder(),
    submitted(OTHER, messages.SUBMITTED_AT),
    receivePayment({ paymentId: "one" }),
    receivePayment({ paymentId: "two" }),
    messages.decidePayment({ paymentId: "two", toOrderId: OTHER }),
  ];

  test.each([
    ["before it is in the log", "log", "before", 1],
    ["when it is in the log, and nobody knows", "log", "after", 2],
    ["before the checkpoint is stored", "views", "before", 2],
    ["when the checkpoint is stored, and nobody knows", "views", "after", 2],
  ] as const)("arrives once although the process dies %s", async (_, port, when, copies) => {
    const clock = createManualClock();
    const events = createMemoryEventStore();
    const log = withFaults(createMemoryMessageLog({ clock, shards: 1 }));
    const views = withFaults(createMemoryViewStore({ ledger: createMemoryMailLedger() }));
    await activeOrdersVersion(views.port);
    const history = createShardHistory();
    await events.append(history.add(...life));
    const balancesBefore = balancesOf(ofOrder(history.commits, OTHER));
    const checkpoint = { reactor: PAYMENT_DESK, positions: new Map([[0, history.commits.length]]) };
    const newDesk = () =>
      createPaymentDesk({
        eventStore: events,
        viewStore: views.port,
        log: log.port,
        codec: plainCodec,
        actLog: createMemoryActLog(),
        watermarkMs: ORPHAN_AFTER_MS,
      });

    if (port === "log") log.fail("produce", when);
    else views.fail("apply", when);
    await expect(newDesk()(history.commits, checkpoint)).rejects.toMatchObject({ retryable: true });
    // Whoever comes next begins at the checkpoint that is stored, or a repeat is made at will.
    expect(await newDesk()(history.commits, checkpoint)).toBe("applied");

    const arrived = await log.port.read("order-commands", 0, 0, 10);
    expect(arrived).toHaveLength(copies);
    for (const record of arrived) {
      const decoded = plainCodec.decode(record);
      if (decoded.type === "message") history.add(decoded.message);
    }
    const [sender, taker] = [ofOrder(history.commits, messages.ORDER_ID), ofOrder(history.commits, OTHER)];
    expect(balancesBefore).toEqual([]);
    expect(balancesOf(taker)).toMatchObject([{ receivedMinor: TOTAL.amountMinor, appliedMinor: TOTAL.amountMinor }]);
    for (const orderId of [messages.ORDER_ID, OTHER]) {
      const commits = history.commits.filter((commit) => commit.orderId === orderId);
      expect(checkOrder({ orderId, shard: 0, commits }, 1).found).toEqual([]);
    }
    expect(balancesOf(sender)).toMatchObject([{ receivedMinor: TOTAL.amountMinor, refundDueMinor: 0 }]);
  });
});

function ofOrder(commits: readonly Commit[], orderId: string): Order {
  return foldCommits(commits.filter((commit) => commit.orderId === orderId));
}

test("money that was paid back is nobody's business, and of an orphan only what still waits is", () => {
  const shownAfter = (...life: readonly Message[]) => deskPaymentsOf(commitsOf(...life)).get("payment-1");
  const back = (amount: number, refundId = "refund-1") => messages.recordRefund({ refundId, amount: euros(amount) });
  expect(shownAfter(submitOrder(), receivePayment(), back(450))).toBeNull();
  expect(shownAfter(submitOrder(), receivePayment(), back(450), receivePayment({ paymentId: "two" }))).toBeNull();
  const orphan = { kind: "orphan", state: "open", amount: euros(2_000), paidAt: messages.PAID_AT };
  expect(shownAfter(receivePayment(), back(450))).toMatchObject(orphan);
  expect(shownAfter(receivePayment(), back(450), back(2_000, "refund-2"))).toBeNull();
});

test("an orphan that support has paid back stays what it was, since when it was", () => {
  const refunded = commitsOf(receivePayment(), messages.decidePayment({ decision: "refund" }));
  const before = deskPaymentsOf(refunded.slice(0, 1)).get("payment-1");
  const shown = deskPaymentsOf(refunded).get("payment-1");
  expect(shown).toMatchObject({ kind: "orphan", state: "decided", since: before?.since });
});

test("a payment that was decided shows all that was paid, and one that its order took is nobody's business", () => {
  const commits = commitsOf(
    submitOrder(),
    receivePayment(),
    receivePayment({ paymentId: "two" }),
    messages.decidePayment({ paymentId: "two", decision: "refund" }),
  );
  const shown = deskPaymentsOf(commits);
  expect(shown.get("payment-1")).toBeNull();
  expect(shown.get("two")).toMatchObject({ state: "decided", amount: TOTAL, decision: { decision: "refund" } });
});

describe("a quarantined payment", () => {
  const quarantined = [
    submitOrder(),
    receivePayment(),
    receivePayment({ amount: euros(7), paidAt: messages.PAID_AT }),
  ] as const;
  const paymentId = "payment-1~7EUR";
  const shownAfter = (...more: readonly Message[]) => deskPaymentsOf(commitsOf(...more)).get(paymentId);

  test.each([
    ["goes back", messages.decidePayment({ paymentId, decision: "refund" }), "decided"],
    ["goes to another order", messages.decidePayment({ paymentId, toOrderId: OTHER }), "decided"],
    ["never was money", messages.decidePayment({ paymentId, decision: "reject" }), "decided"],
    ["is due back after all, because its order is paid", messages.decidePayment({ paymentId }), "open"],
  ])("stays what it was when it %s", (_, decision, state) => {
    expect(shownAfter(...quarantined)).toMatchObject({ kind: "quarantined", state: "open" });
    expect(shownAfter(...quarantined, decision)).toMatchObject({ kind: "quarantined", state });
  });

  test("that somebody kept for an order which has not come waits for it, and stays what it was", () => {
    const withoutOrder = quarantined.slice(1);
    const decision = messages.decidePayment({ paymentId });
    const shown = shownAfter(...withoutOrder, decision);
    const decidedAt = commitsOf(...withoutOrder, decision).at(-1)?.recordedAt as string;
    expect(shown).toMatchObject({ kind: "quarantined", state: "open", since: decidedAt });
    expect(shown?.lookAtMs).toBe(Date.parse(decidedAt) + ORPHAN_AFTER_MS);
  });
});
