import { describe, expect, test } from "vitest";
import { compareOrder } from "../../../src/demo/compare-order.ts";
import type { SentOrder } from "../../../src/demo/generate.ts";
import type { OrderKind } from "../../../src/demo/mix.ts";
import type { ObservedOrder } from "../../../src/demo/observe.ts";
import type { PlannedOrder } from "../../../src/demo/plan.ts";

const EUR = (amountMinor: number) => ({ amountMinor, currency: "EUR" });
const ORDER: PlannedOrder = {
  number: 1,
  kind: "normal",
  idempotencyKey: "k1",
  orderId: "o1",
  customer: { name: "Ada", email: "ada.r1-1@example.com" },
  items: [{ sku: "soup", quantity: 2 }],
  total: EUR(900),
  payments: [{ paymentId: "p1", amount: EUR(900) }],
  refund: null,
};

function sentAs(kind: OrderKind, changes: Partial<SentOrder> = {}): SentOrder {
  const answers = [{ orderId: "o1", status: "accepted", total: EUR(900) }];
  const order = { ...ORDER, kind, payments: kind === "unpaid-cancel" ? [] : ORDER.payments };
  return { order, answers, paid: order.payments, cancellations: 0, failure: null, ...changes };
}

type Event = ObservedOrder["events"][number];

function timeline(...entries: readonly [causeId: string, type: string, data?: Event["data"]][]): Event[] {
  return entries.map(([causeId, type, data = {}], index) => ({ sequence: index + 1, causeId, type, data }));
}

const PAYMENT = { paymentId: "p1", amount: EUR(900) };
const RECEIVED = ["order:o1", "OrderReceived"] as const;
const SETTLED = (cause: string): [string, string, Event["data"]?][] => [
  [cause, "OrderPaid", PAYMENT],
  [cause, "OrderValidated"],
  [cause, "OrderConfirmed"],
];
const EMAILED = timeline([...RECEIVED], ["payment:p1", "PaymentReceived", PAYMENT], ...SETTLED("payment:p1"), [
  "mail:confirmation",
  "ConfirmationEmailed",
]);

function observed(events: readonly Event[], view: Partial<NonNullable<ObservedOrder["view"]>> = {}): ObservedOrder {
  return {
    view: {
      orderId: "o1",
      status: "emailed",
      items: ORDER.items.map((item) => ({ ...item })),
      total: EUR(900),
      paid: EUR(900),
      money: "settled",
      refundDue: [],
      version: events.length,
      ...view,
    },
    events,
    listedIds: ["o1"],
    mails: [],
    unknownIds: new Set(),
  };
}

describe("compareOrder", () => {
  test("finds nothing in an order that went as it should", () => {
    expect(compareOrder(sentAs("normal"), observed(EMAILED))).toEqual([]);
  });

  test("does not mind a payment that overtook its order", () => {
    const overtaken = timeline(["payment:p1", "PaymentReceived", PAYMENT], [...RECEIVED], ...SETTLED("order:o1"), [
      "mail:confirmation",
      "ConfirmationEmailed",
    ]);
    expect(compareOrder(sentAs("normal"), observed(overtaken))).toEqual([]);
  });

  test("names an order that the service does not have", () => {
    const missing: ObservedOrder = { view: null, events: [], listedIds: [], mails: [], unknownIds: new Set() };
    expect(compareOrder(sentAs("normal"), missing)).toEqual(["the service has no such order"]);
  });

  test.each<[string, Partial<NonNullable<ObservedOrder["view"]>>, string]>([
    ["status", { status: "confirmed" }, "status: expected emailed, observed confirmed"],
    ["money status", { money: "refundDue" }, "money: expected settled, observed refundDue"],
    ["total", { total: EUR(901) }, "total: expected 9.00 EUR, observed 9.01 EUR"],
    ["missing payment", { paid: null }, "paid: expected 9.00 EUR, observed none"],
    ["refund", { refundDue: [EUR(5)] }, "refund due: expected none, observed 0.05 EUR"],
    ["version", { version: 7 }, "version: expected 6, observed 7"],
    ["meal", { items: [{ sku: "soup", quantity: 3 }] }, "items: expected 2 soup, observed 3 soup"],
  ])("sees a wrong %s", (_, view, problem) => {
    expect(compareOrder(sentAs("normal"), observed(EMAILED, view))).toEqual([problem]);
  });

  test("sees a cause that took effect twice, and its money", () => {
    const twice = timeline(
      ...EMAILED.map(({ causeId, type, data }) => [causeId, type, data] as [string, string, Event["data"]]),
      ["payment:p1", "PaymentReceived", PAYMENT],
      ["payment:p1", "OrderPaid", PAYMENT],
    );
    const problems = compareOrder(sentAs("normal"), observed(twice));
    expect(problems).toEqual([
      "causes: expected mail:confirmation order:o1 payment:p1, observed mail:confirmation order:o1 payment:p1 payment:p1",
      expect.stringMatching(/^events: expected .*, observed .*OrderPaid OrderPaid.*PaymentReceived PaymentReceived$/),
      "OrderPaid: expected p1 9.00 EUR, observed p1 9.00 EUR, p1 9.00 EUR",
    ]);
  });

  test("sees a gap in the timeline", () => {
    const gap = EMAILED.map((event, index) => (index < 3 ? event : { ...event, sequence: event.sequence + 1 }));
    expect(compareOrder(sentAs("normal"), observed(gap))).toEqual(["event 4 of the timeline has the number 5"]);
  });

  test("sees two orders under one key, by the answers and by the listing", () => {
    const answers = [...sentAs("duplicate").answers, { orderId: "o2", status: "accepted", total: EUR(900) }];
    const two = { ...observed(EMAILED), listedIds: ["o1", "o2"] };
    expect(compareOrder(sentAs("duplicate", { answers }), two)).toEqual([
      "id in an answer: expected o1, observed o2",
      "orders of this customer: expected o1, observed o1 o2",
    ]);
  });

  test("sees a price other than the catalogue's in an answer", () => {
    const answers = [{ orderId: "o1", status: "accepted", total: EUR(1) }];
    const problems = compareOrder(sentAs("normal", { answers }), observed(EMAILED));
    expect(problems).toEqual(["total in an answer: expected 9.00 EUR, observed 0.01 EUR"]);
  });

  test("tells of what the service refused", () => {
    const problems = compareOrder(sentAs("normal", { failure: "422" }), observed(EMAILED));
    expect(problems).toEqual(["a part of it was refused: 422"]);
  });

  test("does not take a mismatch for paid", () => {
    const due = { paymentId: "p1", amount: EUR(900) };
    const rejected = timeline(
      [...RECEIVED],
      ["payment:p1", "PaymentReceived", due],
      ["payment:p1", "OrderRejected"],
      ["payment:p1", "RefundDue", due],
    );
    const view = { status: "rejected", money: "refundDue", paid: null, refundDue: [EUR(900)] };
    expect(compareOrder(sentAs("mismatch"), observed(rejected, view))).toEqual([]);
    expect(compareOrder(sentAs("mismatch"), observed(EMAILED))).toContain(
      "status: expected rejected, observed emailed",
    );
  });

  test("knows what has to become of money whose order never comes", () => {
    const parked = observed(timeline(["payment:p1", "PaymentReceived", PAYMENT]), {
      ...{ status: "awaitingOrder", money: "parked", paid: null, total: null, items: [] },
    });
    expect(compareOrder(sentAs("orphan", { answers: [] }), { ...parked, listedIds: [] })).toEqual([]);
    expect(compareOrder(sentAs("orphan", { answers: [] }), observed(EMAILED))).toContain(
      "status: expected awaitingOrder, observed emailed",
    );
  });

  test("tells money that came late from money that was taken", () => {
    const late = timeline(
      [...RECEIVED],
      ["payment:p1", "PaymentReceived", PAYMENT],
      ["payment:p1", "RefundDue", PAYMENT],
      ["deadline:payment:1", "OrderExpired"],
    );
    const view = { status: "expired", money: "refundDue", paid: null, refundDue: [EUR(900)] };
    expect(compareOrder(sentAs("late-payment"), observed(late, view))).toEqual([]);
    expect(compareOrder(sentAs("late-payment"), observed(EMAILED))).toContain(
      "status: expected expired, observed emailed",
    );
  });

  test("lets a deposit wait where nobody waits for its deadline, and go back where somebody does", () => {
    const part = { paymentId: "p1", amount: EUR(400) };
    const deposit = { ...ORDER, kind: "deposit", payments: [{ ...part, partial: true }] } as const;
    const credited: [string, string, Event["data"]?][] = [
      [...RECEIVED],
      ["payment:p1", "PaymentReceived", part],
      ["payment:p1", "PaymentCredited", part],
    ];
    const waiting = observed(timeline(...credited), { status: "received", paid: EUR(400) });
    const cause = "deadline:payment:1";
    const ended = observed(timeline(...credited, [cause, "OrderExpired"], [cause, "RefundDue", part]), {
      ...{ status: "expired", money: "refundDue", paid: null, refundDue: [EUR(400)] },
    });
    const sent = sentAs("deposit", { order: deposit, paid: deposit.payments });
    const awaited = { ...sent, order: { ...deposit, paymentWindowMs: 20_000 } };
    expect([compareOrder(sent, waiting), compareOrder(awaited, ended)]).toEqual([[], []]);
    expect(compareOrder(sent, ended)).toContain("status: expected received, observed expired");
    expect(compareOrder(awaited, waiting)).toContain("status: expected expired, observed received");
  });

  test("expects of money that was paid back that the order keeps the rest, and that it went back once", () => {
    const refund = { refundId: "p1-back", amount: EUR(200) };
    const sent = sentAs("refunded", { order: { ...ORDER, kind: "refunded", refund } });
    const back = (amountMinor: number): readonly [string, string, Event["data"]?][] => [
      ["refund:p1-back", "RefundDue", { paymentId: "p1", amount: EUR(amountMinor), reason: "paidBack" }],
      ["refund:p1-back", "RefundRecorded", { amount: EUR(amountMinor) }],
    ];
    const life = EMAILED.map(({ causeId, type, data }) => [causeId, type, data] as [string, string, Event["data"]]);
    const view = { money: "partlyRefunded", paid: EUR(700) };
    expect(compareOrder(sent, observed(timeline(...life, ...back(200)), view))).toEqual([]);
    expect(compareOrder(sent, observed(timeline(...life, ...back(300)), { ...view, paid: EUR(600) }))).toEqual([
      "paid: expected 7.00 EUR, observed 6.00 EUR",
      "RefundDue: expected p1 2.00 EUR, observed p1 3.00 EUR",
      "RefundRecorded: expected 2.00 EUR, observed 3.00 EUR",
    ]);
    expect(compareOrder(sent, observed(EMAILED))).toContain("money: expected partlyRefunded, observed settled");
  });

  test("does not ask for two cancellations where one of two never arrived", () => {
    const events = timeline([...RECEIVED], ["command:a", "OrderCancelled"]);
    const cancelled = observed(events, { status: "cancelled", paid: null });
    expect(compareOrder(sentAs("unpaid-cancel", { cancellations: 2 }), cancelled)).toEqual([]);
  });

  test("accepts a late cancellation only when the cancellation was sent again", () => {
    const events = timeline([...RECEIVED], ["command:a", "OrderCancelled"], ["command:b", "CancellationRefused"]);
    const cancelled = observed(events, { status: "cancelled", paid: null });
    expect(compareOrder(sentAs("unpaid-cancel", { cancellations: 2 }), cancelled)).toEqual([]);
    expect(compareOrder(sentAs("unpaid-cancel", { cancellations: 1 }), cancelled)).toEqual([
      "causes: expected command: order:o1, observed command: command: order:o1",
      "events: expected OrderCancelled OrderReceived, observed CancellationRefused OrderCancelled OrderReceived",
    ]);
  });
});
