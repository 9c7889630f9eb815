/** What the console makes of a payment of the desk: which order it proposes, and what came of a decision. */
import { describe, expect, test } from "vitest";
import {
  clearMatchOf,
  type DeskDecision,
  type DeskPayment,
  outcomeOf,
} from "../../../web/src/admin/payments/desk-wire.ts";
import { countOf } from "../../../web/src/admin/use-waiting.ts";
import type { OrderView } from "../../../web/src/api/wire.ts";

const EUR = (amountMinor: number) => ({ amountMinor, currency: "EUR" });

function order(changes: Partial<OrderView> = {}): OrderView {
  return {
    ...{ orderId: "order-1", status: "received", customer: null, items: [], total: EUR(1_180), paid: EUR(500) },
    ...{ money: "settled", refundDue: [], reason: null, version: 3, receivedAt: "", updatedAt: "" },
    ...changes,
  };
}

function payment(changes: Partial<DeskPayment> = {}): DeskPayment {
  return {
    ...{ orderId: "order-1", paymentId: "p", kind: "mismatched", state: "open", amount: EUR(680) },
    ...{ earlierAmount: null, paidAt: "", since: "", decision: null, refused: null, order: null },
    ...changes,
  };
}

function suggestion(orderId: string, ...because: string[]) {
  return { order: order({ orderId }), outstanding: EUR(680), because };
}

describe("the order that the console proposes for a payment", () => {
  test("is one that waits for exactly this money of the same customer", () => {
    const suggestions = [suggestion("a", "amount", "customer", "time"), suggestion("b", "amount", "time")];
    expect(clearMatchOf({ payment: payment(), suggestions })).toBe("a");
  });

  test.each([
    ["of another customer", [suggestion("a", "amount", "time")]],
    ["that waits for other money", [suggestion("a", "customer", "time")]],
    ["that is only close in time", [suggestion("a", "time")]],
    ["of two that are as likely", [suggestion("a", "amount", "customer"), suggestion("b", "amount", "customer")]],
  ])("is none %s", (_, suggestions) => {
    expect(clearMatchOf({ payment: payment(), suggestions })).toBeNull();
  });

  test("is the own one of a quarantined payment only where that waits for exactly this much", () => {
    const quarantined = payment({ kind: "quarantined", order: order() });
    expect(clearMatchOf({ payment: quarantined, suggestions: [] })).toBe("order-1");
    const paid = { ...quarantined, order: order({ status: "emailed", paid: EUR(1_180) }) };
    expect(clearMatchOf({ payment: paid, suggestions: [] })).toBeNull();
    const other = { ...quarantined, amount: EUR(679) };
    expect(clearMatchOf({ payment: other, suggestions: [] })).toBeNull();
  });
});

test("what waits is counted as far as the first page goes", () => {
  expect([countOf([], null), countOf([1, 2], null), countOf([1, 2], "more"), countOf(undefined, null)]).toEqual([
    ...["0", "2", "2+", "0"],
  ]);
});

describe("a decision", () => {
  const made: DeskDecision = {
    ...{ decision: "accept", toOrderId: null, operator: { name: "Grace" }, reason: "she called" },
    ...{ decidedAt: "2026-01-05T12:00:00.000Z", refusedBecause: null },
  };

  test("took effect although what the order did not take is still open", () => {
    expect(outcomeOf(payment(), payment({ decision: made, state: "open" }))).toBe("done");
  });

  test("that did not fit is told as that, whatever became of the payment", () => {
    const refused = { ...made, refusedBecause: "the order has taken it" };
    expect(outcomeOf(payment(), payment({ refused, state: "settled" }))).toBe("refused");
    expect(outcomeOf(payment({ refused }), payment({ refused }))).toBeNull();
  });
});
