import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OrderStatus, OrderView, TimelineEvent } from "../../../web/src/api/wire.ts";
import { describeEvent, explanationOf } from "../../../web/src/tracker/order-texts.ts";
import { outstandingOf } from "../../../web/src/tracker/outstanding.ts";
import { stepsOf } from "../../../web/src/tracker/steps.ts";
import {
  isFinal,
  isWaiting,
  NOTHING_KNOWN,
  streamMessageOf,
  trackerReducer,
} from "../../../web/src/tracker/tracker-state.ts";

const LIFE: readonly (readonly [type: string, status: OrderStatus])[] = [
  ["OrderReceived", "received"],
  ["PaymentReceived", "received"],
  ["OrderPaid", "paid"],
  ["OrderValidated", "validated"],
  ["OrderConfirmed", "confirmed"],
  ["ConfirmationEmailed", "emailed"],
];

const eventOf = (type: string, sequence: number): TimelineEvent => ({
  type,
  sequence,
  occurredAt: `2026-01-05T12:00:0${sequence}.000Z`,
  data: {},
  causeId: "order:1",
});
const orderAt = (status: OrderStatus, version: number): OrderView => ({
  orderId: "order-1",
  status,
  customer: { name: "Ada", email: "ada@shop.example" },
  items: [],
  total: { amountMinor: 100, currency: "EUR" },
  paid: null,
  money: "settled",
  refundDue: [],
  reason: null,
  version,
  receivedAt: "2026-01-05T12:00:00.000Z",
  updatedAt: "2026-01-05T12:00:00.000Z",
});
const MESSAGES = LIFE.map(([type, status], index) => ({
  type: "timeline" as const,
  event: eventOf(type, index + 1),
  order: orderAt(status, index + 1),
}));

describe("the tracker", () => {
  test("ends at the newest state with every event once, however messages repeat and overtake each other", () => {
    const deliveries = fc
      .array(fc.constantFrom(...MESSAGES))
      .chain((extra) => fc.shuffledSubarray([...MESSAGES, ...extra], { minLength: MESSAGES.length + extra.length }));
    fc.assert(
      fc.property(deliveries, (messages) => {
        const state = messages.reduce(
          (before, message) => trackerReducer(before, { type: "streamed", message }),
          NOTHING_KNOWN,
        );
        expect(state.order?.status).toBe("emailed");
        expect(state.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
      }),
    );
  });

  test("keeps what it knows when the connection is lost, and says so", () => {
    const [first] = MESSAGES;
    if (first === undefined) throw new Error("there is a first message");
    const live = trackerReducer(NOTHING_KNOWN, { type: "streamed", message: first });
    const lost = trackerReducer(live, { type: "connection", connection: "lost" });
    expect(lost).toMatchObject({ connection: "lost", order: { status: "received" } });
    expect(trackerReducer(NOTHING_KNOWN, { type: "missing" })).toMatchObject({ isMissing: true, connection: "ended" });
  });

  test("takes no message from data that is none", () => {
    for (const data of [
      "",
      "null",
      "{}",
      "[",
      '"timeline"',
      '{"type":"timeline"}',
      '{"type":"other","event":{},"order":{}}',
    ]) {
      expect(streamMessageOf(data), data).toBeNull();
    }
    expect(streamMessageOf(JSON.stringify(MESSAGES[0]))).toEqual(MESSAGES[0]);
  });

  test("knows which states are the last", () => {
    const states = ["received", "confirmed", "emailed", "rejected", "expired", "cancelled"] as const;
    const last = states.filter((status) => isFinal({ status, reason: null }));
    expect(last).toEqual(["emailed", "rejected", "expired", "cancelled"]);
  });

  test("waits no longer for a mail that was refused for good", () => {
    const refused = { ...orderAt("confirmed", 6), reason: "550 no such mailbox" };
    expect(isFinal(refused)).toBe(true);
    expect(explanationOf(refused)).toContain("550 no such mailbox");
  });
});

describe("the money of an order", () => {
  const euros = (amountMinor: number) => ({ amountMinor, currency: "EUR" });

  test("is asked for as far as it is outstanding", () => {
    const waiting = { ...orderAt("received", 1), total: euros(2_450) };
    expect(outstandingOf(waiting)).toEqual(euros(2_450));
    expect(outstandingOf({ ...waiting, paid: euros(1_000) })).toEqual(euros(1_450));
    expect(outstandingOf({ ...waiting, total: null })).toBeNull();
  });

  test("that was paid back is told as such, and other money as owed", () => {
    const due = (reason: string) => describeEvent({ ...eventOf("RefundDue", 7), data: { amount: euros(450), reason } });
    expect(due("paidBack")).toMatch(/^The order keeps .*4[.,]50.* less: the payment provider pays it back$/);
    expect(due("paidLate")).toMatch(/must go back\. The payment came after its deadline\.$/);
  });
});

describe("the steps of an order", () => {
  const eventsUpTo = (count: number) => MESSAGES.slice(0, count).map(({ event }) => event);

  test("are done up to its state, and the next one is under way", () => {
    const states = stepsOf({ status: "paid" }, eventsUpTo(3)).map(({ state }) => state);
    expect(states).toEqual(["done", "done", "current", "ahead", "ahead"]);
    expect(stepsOf({ status: "accepted" }, []).map(({ state }) => state)[0]).toBe("current");
    expect(stepsOf({ status: "emailed" }, eventsUpTo(6)).every(({ state }) => state === "done")).toBe(true);
  });

  test("end where the order stopped", () => {
    const steps = stepsOf({ status: "rejected" }, [...eventsUpTo(2), eventOf("OrderRejected", 3)]);
    expect(steps.map(({ label, state }) => [label, state])).toEqual([
      ["Received", "done"],
      ["Rejected", "failed"],
    ]);
  });

  test("say when the mail was refused", () => {
    const steps = stepsOf({ status: "confirmed" }, [...eventsUpTo(5), eventOf("ConfirmationRefused", 6)]);
    expect(steps.at(-1)).toMatchObject({ label: "Mail refused", state: "failed" });
  });
});

test.each([
  ["received", "settled", true],
  ["confirmed", "settled", true],
  ["emailed", "settled", false],
  ["expired", "settled", false],
  ["cancelled", "refundDue", true],
  ["rejected", "refunded", false],
] as const)("an order that is %s with its money %s waits for something: %s", (status, money, expected) => {
  expect(isWaiting({ status, money })).toBe(expected);
});
