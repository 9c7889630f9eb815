import { describe, expect, test } from "vitest";
import { createOrderActor, type OrderActor } from "../../../src/actors/order-actor.ts";
import type { Commit } from "../../../src/actors/ports.ts";
import type { OrderEvent } from "../../../src/domain/events.ts";
import { commitsOf } from "../../support/commits.ts";
import * as events from "../../support/order-events.ts";
import {
  cancelOrder,
  euros,
  receivePayment,
  recordMail,
  submitOrder,
  TERMS,
  TOTAL,
} from "../../support/order-messages.ts";

const { CONFIRMED_LIFE, ORDER_CANCELLED, ORDER_CONFIRMED, ORDER_RECEIVED, ORDER_VALIDATED } = events;
const { paymentReceived, refundDue, refundRecorded, settledBy } = events;
const [ORDER_PAID] = settledBy() as [OrderEvent];

function actorAfter(...life: readonly OrderEvent[]): OrderActor {
  const actor = createOrderActor([]);
  record(actor, ...life);
  return actor;
}

function record(actor: OrderActor, ...life: readonly OrderEvent[]): void {
  actor.record({ events: life, causeId: "test", recordedAt: "2026-01-05T12:00:00.000Z" });
}

describe("an order actor refuses to record", () => {
  test.each<[string, readonly OrderEvent[], OrderEvent]>([
    ["a confirmation without an order", [], ORDER_CONFIRMED],
    ["a confirmation without money", [ORDER_RECEIVED], ORDER_CONFIRMED],
    ["a credit for a payment that never came", [ORDER_RECEIVED], ORDER_PAID],
    ["a credit of the wrong amount", [ORDER_RECEIVED, paymentReceived("payment-1", euros(1))], ORDER_PAID],
    [
      "a credit in the wrong currency",
      [ORDER_RECEIVED, paymentReceived("payment-1", { ...TOTAL, currency: "USD" })],
      ORDER_PAID,
    ],
    ["a credit of money that is refund due", [ORDER_RECEIVED, paymentReceived(), refundDue("paidLate")], ORDER_PAID],
    ["a credit before the order came", [paymentReceived()], ORDER_PAID],
    ["a confirmation that skips the validation", [ORDER_RECEIVED, paymentReceived(), ORDER_PAID], ORDER_CONFIRMED],
    ["a second receipt", [ORDER_RECEIVED], ORDER_RECEIVED],
    ["a second confirmation", CONFIRMED_LIFE, ORDER_CONFIRMED],
    ["a second mail", [...CONFIRMED_LIFE, events.CONFIRMATION_EMAILED], events.CONFIRMATION_EMAILED],
    ["a mail before the confirmation", [ORDER_RECEIVED], events.CONFIRMATION_EMAILED],
    ["the cancellation of a confirmed order", CONFIRMED_LIFE, ORDER_CANCELLED],
    ["the expiry of a cancelled order", [ORDER_RECEIVED, ORDER_CANCELLED], events.ORDER_EXPIRED],
    ["the validation of an expired order", [ORDER_RECEIVED, events.ORDER_EXPIRED], ORDER_VALIDATED],
    ["money due that never came", [ORDER_RECEIVED], refundDue("paidLate")],
    ["a refund of nothing due", CONFIRMED_LIFE, refundRecorded()],
    [
      "a refund beyond what is due",
      [ORDER_RECEIVED, ORDER_CANCELLED, paymentReceived(), refundDue("cancelled")],
      refundRecorded("refund-1", euros(2_451)),
    ],
  ])("%s", (_, life, illegal) => {
    const actor = actorAfter(...life);
    const before = actor.order();
    expect(() => record(actor, illegal)).toThrow("is not allowed for an order in state");
    expect(actor.order()).toEqual(before);
  });

  test("stored commits that hold an illegal event: it never comes to life", () => {
    const commits = commitsOf(submitOrder()).map((commit) => ({ ...commit, events: [ORDER_CONFIRMED] }));
    expect(() => createOrderActor(commits)).toThrow("OrderConfirmed is not allowed");
  });
});

describe("an order actor", () => {
  test("decides without changing anything", () => {
    const actor = actorAfter(ORDER_RECEIVED);
    const before = actor.order();
    expect(actor.decide(receivePayment(), TERMS)).toEqual(actor.decide(receivePayment(), TERMS));
    expect(actor.order()).toBe(before);
  });

  test("makes nothing of a cause that took effect before, live or replayed", () => {
    const commits = commitsOf(submitOrder(), receivePayment(), cancelOrder(), recordMail({ outcome: "refused" }));
    const replayed = createOrderActor(commits);
    for (const message of [cancelOrder(), recordMail({ outcome: "refused" }), recordMail()]) {
      expect(replayed.decide(message, TERMS)).toEqual({ type: "nothing" });
    }
  });

  test("tells every status that it comes into, and how long it was in the one before", () => {
    const [received, confirmed, lateCancellation, emailed] = commitsOf(
      submitOrder(),
      receivePayment(),
      cancelOrder(),
      recordMail(),
    ) as [Commit, Commit, Commit, Commit];
    const actor = createOrderActor([]);
    expect(actor.record(received)).toEqual([{ status: "received", previous: null, durationS: null }]);
    expect(actor.record(confirmed)).toEqual([
      { status: "paid", previous: "received", durationS: 1 },
      { status: "validated", previous: "paid", durationS: 0 },
      { status: "confirmed", previous: "validated", durationS: 0 },
    ]);
    expect(actor.record(lateCancellation)).toEqual([]);
    expect(actor.record(emailed)).toEqual([{ status: "emailed", previous: "confirmed", durationS: 2 }]);
  });

  test("whose life begins with a payment comes into awaitingOrder first", () => {
    const [parked, settled] = commitsOf(receivePayment(), submitOrder()) as [Commit, Commit];
    const actor = createOrderActor([]);
    expect(actor.record(parked)).toEqual([{ status: "awaitingOrder", previous: null, durationS: null }]);
    expect(actor.record(settled).map(({ status }) => status)).toEqual(["received", "paid", "validated", "confirmed"]);
  });

  test("goes on telling after a replay as if it had lived through it", () => {
    const [received, confirmed] = commitsOf(submitOrder(), receivePayment()) as [Commit, Commit];
    expect(createOrderActor([received]).record(confirmed)[0]).toEqual({
      status: "paid",
      previous: "received",
      durationS: 1,
    });
  });
});
