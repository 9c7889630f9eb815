import { describe, expect, test } from "vitest";
import { viewOf } from "../../../src/actors/order-view.ts";
import type { OrderEvent } from "../../../src/domain/events.ts";
import { evolve, NO_ORDER } from "../../../src/domain/order.ts";
import * as events from "../../support/order-events.ts";
import { CUSTOMER, euros, ITEMS, SUBMITTED_AT, TOTAL } from "../../support/order-messages.ts";

const TIMES = { receivedAt: "2026-01-05T12:00:01.000Z", updatedAt: "2026-01-05T12:05:00.000Z" };
const view = (...life: readonly OrderEvent[]) => viewOf("order-1", life.reduce(evolve, NO_ORDER), TIMES);

describe("an order as people see it", () => {
  test("shows who ordered what at which price, and when", () => {
    expect(view(events.ORDER_RECEIVED)).toEqual({
      orderId: "order-1",
      status: "received",
      customer: CUSTOMER,
      items: events.ORDER_RECEIVED.data.lines,
      total: TOTAL,
      paid: null,
      money: "settled",
      refundDue: [],
      reason: null,
      version: 1,
      receivedAt: SUBMITTED_AT,
      updatedAt: TIMES.updatedAt,
    });
  });

  test("shows what was credited, and not what merely came in", () => {
    expect(view(...events.CONFIRMED_LIFE).paid).toEqual(TOTAL);
    expect(view(events.ORDER_RECEIVED, events.ORDER_CANCELLED, events.paymentReceived()).paid).toBeNull();
  });

  test("shows what must go back, an amount for each currency", () => {
    const yen = { amountMinor: 300, currency: "JPY" };
    const owing = [
      events.ORDER_RECEIVED,
      events.ORDER_CANCELLED,
      events.paymentReceived("payment-1"),
      events.refundDue("cancelled", "payment-1"),
      events.paymentReceived("payment-2", yen),
      events.refundDue("cancelled", "payment-2", yen),
    ];
    expect(view(...owing)).toMatchObject({ money: "refundDue", refundDue: [TOTAL, yen] });
    expect(view(...owing, events.refundRecorded("refund-1", TOTAL)).refundDue).toEqual([yen]);
    expect(view(...owing, events.refundRecorded("refund-1", euros(450))).refundDue).toEqual([euros(2_000), yen]);
  });

  test("shows what it still keeps of money that was paid back, and never as if nothing had happened", () => {
    const part = euros(450);
    const inPart = [events.refundDue("paidBack", "payment-1", part), events.refundRecorded("refund-1", part)];
    expect(view(...events.CONFIRMED_LIFE, ...inPart)).toMatchObject({
      status: "confirmed",
      money: "partlyRefunded",
      paid: euros(2_000),
      refundDue: [],
    });
    const inWhole = [events.refundDue("paidBack"), events.refundRecorded()];
    expect(view(...events.CONFIRMED_LIFE, ...inWhole)).toMatchObject({ money: "refunded", paid: null });
  });

  test("shows what was asked for when the order was turned away without a price", () => {
    expect(view(events.orderTurnedAway("unknownItem"))).toMatchObject({
      status: "rejected",
      reason: "unknownItem",
      items: ITEMS,
      total: null,
    });
  });

  test("shows only the money when nothing else has come", () => {
    const onlyMoney = view(events.paymentReceived());
    expect(onlyMoney.money).toBe("parked");
    expect(onlyMoney).toMatchObject({ status: "awaitingOrder", customer: null, items: [], total: null, paid: null });
    expect(onlyMoney.receivedAt).toBe(TIMES.receivedAt);
  });
});
