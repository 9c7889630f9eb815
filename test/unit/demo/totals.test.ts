import { describe, expect, test } from "vitest";
import { addMails, countMails, mailProblems, NO_MAILS } from "../../../src/demo/mail-totals.ts";
import { createMoneyTotals } from "../../../src/demo/money-totals.ts";

const event = (type: string, paymentId: string, amountMinor: number, currency = "EUR") => {
  return { sequence: 1, causeId: "c", type, data: { paymentId, amount: { amountMinor, currency } } };
};
const payment = (paymentId: string, amountMinor: number, currency = "EUR") => ({
  paymentId,
  amount: { amountMinor, currency },
});

describe("money totals", () => {
  test("keep currencies apart and find every unit applied, due back, given back or parked", () => {
    const totals = createMoneyTotals();
    totals.addPaid([payment("p1", 100), payment("p2", 30), payment("p3", 7), payment("p4", 500, "JPY")]);
    totals.addEvents([event("PaymentReceived", "p1", 100), event("OrderPaid", "p1", 100)]);
    totals.addEvents([
      event("PaymentReceived", "p2", 30),
      event("RefundDue", "p2", 30),
      event("RefundRecorded", "r", 10),
    ]);
    totals.addEvents([event("PaymentReceived", "p3", 7)]);
    totals.addEvents([event("PaymentReceived", "p4", 500, "JPY"), event("RefundDue", "p4", 500, "JPY")]);
    expect(totals.list()).toEqual([
      {
        ...{ currency: "EUR", paidMinor: 137, receivedMinor: 137, appliedMinor: 100, addsUp: true },
        ...{ refundDueMinor: 20, refundedMinor: 10, parkedMinor: 7 },
      },
      {
        ...{ currency: "JPY", paidMinor: 500, receivedMinor: 500, appliedMinor: 0, addsUp: true },
        ...{ refundDueMinor: 500, refundedMinor: 0, parkedMinor: 0 },
      },
    ]);
  });

  test("find parts that were credited, the part that paid the order, and what of it is too much", () => {
    const totals = createMoneyTotals();
    totals.addPaid([payment("p1", 60), payment("p2", 50)]);
    totals.addEvents([event("PaymentReceived", "p1", 60), event("PaymentCredited", "p1", 60)]);
    expect(totals.list()).toMatchObject([{ receivedMinor: 60, appliedMinor: 60, addsUp: false }]);
    totals.addEvents([event("PaymentReceived", "p2", 50), event("OrderPaid", "p2", 40), event("RefundDue", "p2", 10)]);
    expect(totals.list()).toMatchObject([
      { paidMinor: 110, receivedMinor: 110, appliedMinor: 100, refundDueMinor: 10, parkedMinor: 0, addsUp: true },
    ]);
  });

  test("find what was kept or parked, and was paid back", () => {
    const totals = createMoneyTotals();
    totals.addPaid([payment("p1", 100), payment("p2", 50)]);
    const back = (paymentId: string, amountMinor: number) => {
      const due = event("RefundDue", paymentId, amountMinor);
      return [{ ...due, data: { ...due.data, reason: "paidBack" } }, event("RefundRecorded", "r", amountMinor)];
    };
    totals.addEvents([event("PaymentReceived", "p1", 100), event("OrderPaid", "p1", 100), ...back("p1", 30)]);
    totals.addEvents([event("PaymentReceived", "p2", 50), ...back("p2", 20)]);
    expect(totals.list()).toMatchObject([
      { receivedMinor: 150, appliedMinor: 70, refundDueMinor: 0, refundedMinor: 50, parkedMinor: 30, addsUp: true },
    ]);
  });

  test.each([
    ["a payment that was lost", []],
    ["a payment that was received twice", [event("PaymentReceived", "p1", 100), event("PaymentReceived", "p1", 100)]],
    [
      "a payment that was applied twice",
      [event("PaymentReceived", "p1", 100), event("OrderPaid", "p1", 100), event("OrderPaid", "p1", 100)],
    ],
    [
      "a payment that was applied and is due back",
      [event("PaymentReceived", "p1", 100), event("OrderPaid", "p1", 100), event("RefundDue", "p1", 100)],
    ],
    ["another amount than was paid", [event("PaymentReceived", "p1", 99), event("OrderPaid", "p1", 99)]],
  ])("do not add up over %s", (_, events) => {
    const totals = createMoneyTotals();
    totals.addPaid([payment("p1", 100)]);
    totals.addEvents(events);
    expect(totals.list()).toEqual([expect.objectContaining({ currency: "EUR", addsUp: false })]);
  });
});

describe("mail totals", () => {
  const mail = (messageId: string) => ({ messageId, orderId: "o1" });
  const count = (expected: 0 | 1, ids: readonly string[], explained: readonly string[] = []) =>
    countMails(expected, ids.map(mail), new Set(explained));

  test("find nothing wrong with one mail for a confirmed order and none for any other", () => {
    expect(mailProblems(count(1, ["a"]))).toEqual([]);
    expect(mailProblems(count(0, []))).toEqual([]);
  });

  test("miss a mail", () => {
    expect(mailProblems(count(1, []))).toEqual(["its confirmation mail is not in the inbox"]);
  });

  test("see a mail that nobody should have got, and a second one under another Message-ID", () => {
    expect(mailProblems(count(0, ["a"]))).toEqual(["mails: expected 0, observed 1"]);
    expect(mailProblems(count(1, ["a", "b"]))).toEqual(["mails: expected 1, observed 2"]);
  });

  test("tell a repeat under the same Message-ID from a second mail, and accept it when it is explained", () => {
    expect(mailProblems(count(1, ["a", "a"]))).toEqual([
      "its mail was delivered more than once: 1 repeats under the same Message-ID",
    ]);
    expect(mailProblems(count(1, ["a", "a"], ["a"]))).toEqual([]);
    expect(count(1, ["a", "a"], ["a"])).toMatchObject({ delivered: 1, repeated: 0, explainedRepeats: 1 });
  });

  test("add up over orders", () => {
    const sum = [count(1, ["a"]), count(1, []), count(0, ["b"]), count(1, ["c", "c"])].reduce(addMails, NO_MAILS);
    expect(sum).toEqual({ expected: 3, delivered: 3, missing: 1, surplus: 1, repeated: 1, explainedRepeats: 0 });
  });
});
