import { describe, expect, test } from "vitest";
import { createActor } from "xstate";
import { orderMachine } from "../../../src/actors/order-machine.ts";
import { decide } from "../../../src/domain/decide.ts";
import type { OrderEvent, RefundReason } from "../../../src/domain/events.ts";
import type { Message } from "../../../src/domain/messages.ts";
import * as events from "../../support/order-events.ts";
import * as messages from "../../support/order-messages.ts";

const { CONFIRMED_LIFE, ORDER_CANCELLED, ORDER_RECEIVED, paymentReceived, refundDue, refundRecorded } = events;

type Region = "lifecycle" | "money";
const REGIONS: readonly Region[] = ["lifecycle", "money"];
const STATES = REGIONS.flatMap((region) =>
  Object.entries(orderMachine.root.states[region]?.states ?? {}).map(([state, node]) => ({
    region,
    state,
    node,
    meta: node.meta,
  })),
);

const partBack = refundRecorded("refund-1", messages.euros(1));
/** For each state in which an order can rest, a life that ends in it. */
const LIVES: Readonly<Record<string, readonly OrderEvent[]>> = {
  awaitingOrder: [paymentReceived()],
  received: [ORDER_RECEIVED],
  confirmed: CONFIRMED_LIFE,
  emailed: [...CONFIRMED_LIFE, events.CONFIRMATION_EMAILED],
  rejected: [events.orderTurnedAway("priceChanged")],
  expired: [ORDER_RECEIVED, events.ORDER_EXPIRED],
  cancelled: [ORDER_RECEIVED, ORDER_CANCELLED],
  settled: [ORDER_RECEIVED],
  refundDue: [ORDER_RECEIVED, ORDER_CANCELLED, paymentReceived(), refundDue("cancelled")],
  partlyRefunded: [...CONFIRMED_LIFE, refundDue("paidBack", "payment-1", messages.euros(1)), partBack],
  refunded: [ORDER_RECEIVED, ORDER_CANCELLED, paymentReceived(), refundDue("cancelled"), refundRecorded()],
};
/** No order rests in the others: its payment, its validation and its confirmation are one commit. */
const RESTING = STATES.filter(({ state }) => state !== "paid" && state !== "validated");

/** One message of each type; those that name a payment or refund name a new one. */
const MESSAGES: readonly Message[] = [
  messages.submitOrder(),
  messages.receivePayment({ paymentId: "payment-9" }),
  messages.recordRefund({ refundId: "refund-9" }),
  messages.cancelOrder(),
  messages.recordMail(),
  messages.reachDeadline(),
  messages.decidePayment({ toOrderId: messages.OTHER_ORDER_ID }),
  messages.takeMovedPayment(),
];

/** The types of the messages that take an order with this life to another state of the region. */
function moversOf(region: Region, life: readonly OrderEvent[]): readonly Message["type"][] {
  return MESSAGES.filter((message) => {
    const actor = createActor(orderMachine).start();
    for (const event of life) actor.send(event);
    const before = actor.getSnapshot();
    const decision = decide(before.context, message, messages.TERMS);
    for (const event of decision.type === "events" ? decision.events : []) actor.send(event);
    return actor.getSnapshot().value[region] !== before.value[region];
  }).map(({ type }) => type);
}

describe.each(STATES)("the state $region.$state", ({ node, meta }) => {
  test("does nothing by itself: no timer, no service, no entry or exit action", () => {
    const { after, invoke, entry, exit, always } = node;
    expect({ after, invoke, entry, exit, always: always ?? [] }).toEqual({
      after: [],
      invoke: [],
      entry: [],
      exit: [],
      always: [],
    });
  });

  test("tells who owns it, how long it may last, what it is and what moves it", () => {
    expect(meta).toEqual({
      owner: expect.toBeOneOf(["shopper", "payment provider", "service", "support", null]),
      sloSeconds: expect.toBeOneOf([expect.any(Number), null]),
      description: expect.stringMatching(/^[A-Z].{10,}\.$/),
      movedBy: expect.any(Array),
      ...(meta?.sometimesMovedBy === undefined ? {} : { sometimesMovedBy: expect.any(Array) }),
    });
  });

  test("has a time limit exactly when somebody has to act", () => {
    expect(meta?.sloSeconds === null).toBe(meta?.owner === null);
  });
});

const BRINGS_MONEY: ReadonlySet<Message["type"]> = new Set(["ReceivePayment", "TakeMovedPayment"]);

describe.each(RESTING)("the state $region.$state", ({ region, state, meta }) => {
  test("is moved by what it names", () => {
    const life = LIVES[state];
    expect(life, `LIVES needs a life that ends in ${state}`).toBeDefined();
    const movers = moversOf(region, life ?? []);
    // A payment may end in money that is due, from any state; only messages that must come are named.
    const isAwaited = (type: Message["type"]) =>
      meta?.sometimesMovedBy?.includes(type) !== true && !(region === "money" && BRINGS_MONEY.has(type));
    const awaited = movers.filter(isAwaited);
    expect(awaited.toSorted()).toEqual(meta?.movedBy.toSorted());
  });
});

describe("the order machine", () => {
  test("lets credited money become due only of an order that will not be, or because it was paid back", () => {
    const part = messages.euros(1_000);
    const credited: OrderEvent = { type: "PaymentCredited", data: { paymentId: "payment-1", amount: part } };
    const waiting = [ORDER_RECEIVED, paymentReceived("payment-1", part), credited];
    const allows = (life: readonly OrderEvent[], reason: RefundReason): boolean => {
      const actor = createActor(orderMachine).start();
      for (const event of life) actor.send(event);
      return actor.getSnapshot().can(refundDue(reason, "payment-1", part));
    };
    expect(allows(waiting, "overpaid")).toBe(false);
    expect(allows(CONFIRMED_LIFE, "notAwaitingPayment")).toBe(false);
    expect(allows(CONFIRMED_LIFE, "paidBack")).toBe(true);
    expect(allows([...waiting, ORDER_CANCELLED], "cancelled")).toBe(true);
  });

  test("starts without an order and without money", () => {
    expect(createActor(orderMachine).start().getSnapshot().value).toEqual({
      lifecycle: "awaitingOrder",
      money: "settled",
    });
  });
});
