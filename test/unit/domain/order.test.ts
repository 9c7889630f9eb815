import { describe, expect, test } from "vitest";
import type { OrderEvent } from "../../../src/domain/events.ts";
import { balancesOf, evolve, isFinal, moneyStatusOf, NO_ORDER, type Order } from "../../../src/domain/order.ts";
import * as events from "../../support/order-events.ts";
import { euros, ITEMS, TOTAL } from "../../support/order-messages.ts";

const { CONFIRMED_LIFE, ORDER_CANCELLED, ORDER_RECEIVED, paymentReceived, refundDue, refundRecorded } = events;
const fold = (...life: readonly OrderEvent[]): Order => life.reduce(evolve, NO_ORDER);

describe("an order", () => {
  test("counts its events in its version", () => {
    expect(fold().version).toBe(0);
    expect(fold(...CONFIRMED_LIFE).version).toBe(CONFIRMED_LIFE.length);
  });

  test("knows what was asked for, priced or turned away", () => {
    expect(fold(ORDER_RECEIVED).details?.items).toEqual(ITEMS);
    expect(fold(events.orderTurnedAway("unknownItem")).details).toMatchObject({ items: ITEMS, lines: [], total: null });
  });

  test("is never changed in place", () => {
    const before = fold(ORDER_RECEIVED, paymentReceived());
    const copy = structuredClone(before);
    for (const event of [...events.settledBy(), refundDue("cancelled"), refundRecorded()]) evolve(before, event);
    expect(before).toEqual(copy);
  });

  test("does not take an event from outside the types", () => {
    expect(() => evolve(NO_ORDER, { type: "OrderVanished", data: {} } as unknown as OrderEvent)).toThrow(
      "unexpected value",
    );
  });

  test.each(["emailed", "rejected", "expired", "cancelled"] as const)("is final once %s", (status) => {
    expect(isFinal(status)).toBe(true);
  });

  test.each(["awaitingOrder", "received", "paid", "validated", "confirmed"] as const)(
    "is not final while %s",
    (status) => {
      expect(isFinal(status)).toBe(false);
    },
  );
});

describe("the money of an order", () => {
  const balance = { receivedMinor: 0, appliedMinor: 0, refundDueMinor: 0, refundedMinor: 0, parkedMinor: 0 };

  test("is nothing before any came", () => {
    expect(balancesOf(fold(ORDER_RECEIVED))).toEqual([]);
    expect(moneyStatusOf(fold(ORDER_RECEIVED))).toBe("settled");
  });

  test("is parked until the order comes, and then applied", () => {
    const currency = "EUR";
    expect(balancesOf(fold(paymentReceived()))).toEqual([
      { ...balance, currency, receivedMinor: 2_450, parkedMinor: 2_450 },
    ]);
    expect(balancesOf(fold(...CONFIRMED_LIFE))).toEqual([
      { ...balance, currency, receivedMinor: 2_450, appliedMinor: 2_450 },
    ]);
  });

  test("moves from refund due to refunded, part by part", () => {
    const owing = [ORDER_RECEIVED, ORDER_CANCELLED, paymentReceived(), refundDue("cancelled")];
    const currency = "EUR";
    expect(moneyStatusOf(fold(...owing))).toBe("refundDue");
    expect(balancesOf(fold(...owing, refundRecorded("refund-1", euros(450))))).toEqual([
      { ...balance, currency, receivedMinor: 2_450, refundDueMinor: 2_000, refundedMinor: 450 },
    ]);
    expect(moneyStatusOf(fold(...owing, refundRecorded("refund-1", euros(450))))).toBe("refundDue");
    expect(moneyStatusOf(fold(...owing, refundRecorded()))).toBe("refunded");
  });

  test("reads partly refunded as long as the order keeps some of it, applied or parked", () => {
    const part = euros(450);
    const back = [refundDue("paidBack", "payment-1", part), refundRecorded("refund-1", part)];
    for (const life of [CONFIRMED_LIFE, [paymentReceived()]]) {
      expect(moneyStatusOf(fold(...life, refundDue("paidBack", "payment-1", part)))).toBe("refundDue");
      expect(moneyStatusOf(fold(...life, ...back))).toBe("partlyRefunded");
      expect(moneyStatusOf(fold(...life, refundDue("paidBack"), refundRecorded()))).toBe("refunded");
    }
  });

  test("adds up after every event of a refund of money that was kept", () => {
    const life = [...CONFIRMED_LIFE, refundDue("paidBack", "payment-1", euros(450)), refundRecorded("r", euros(450))];
    const sums = life.map((_, i) => balancesOf(fold(...life.slice(0, i + 1)))).slice(-2);
    const kept = { ...balance, currency: "EUR", receivedMinor: 2_450, appliedMinor: 2_000 };
    expect(sums).toEqual([[{ ...kept, refundDueMinor: 450 }], [{ ...kept, refundedMinor: 450 }]]);
  });

  test("is kept apart by currency", () => {
    const yen = { amountMinor: 300, currency: "JPY" };
    const order = fold(
      ...CONFIRMED_LIFE,
      paymentReceived("payment-2", yen),
      refundDue("notAwaitingPayment", "payment-2", yen),
    );
    expect(balancesOf(order)).toEqual([
      { ...balance, currency: "EUR", receivedMinor: TOTAL.amountMinor, appliedMinor: TOTAL.amountMinor },
      { ...balance, currency: "JPY", receivedMinor: 300, refundDueMinor: 300 },
    ]);
  });
});
