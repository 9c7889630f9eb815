import { describe, expect, test } from "vitest";
import {
  eventTimeOf,
  MAX_AHEAD_MS,
  MAX_BEHIND_MS,
  plausibilityOf,
  withPlausibleTime,
} from "../../../src/domain/event-time.ts";
import { cancelOrder, PAID_AT, receivePayment, SUBMITTED_AT, submitOrder } from "../../support/order-messages.ts";

const NOW_MS = Date.parse("2026-06-01T12:00:00.000Z");
const at = (timeMs: number): string => new Date(timeMs).toISOString();

test("orders and payments tell when they happened, and nothing else does", () => {
  expect(eventTimeOf(submitOrder())).toBe(SUBMITTED_AT);
  expect(eventTimeOf(receivePayment())).toBe(PAID_AT);
  expect(eventTimeOf(cancelOrder())).toBeNull();
});

test.each([
  [MAX_AHEAD_MS, "plausible"],
  [MAX_AHEAD_MS + 1, "future"],
  [-MAX_BEHIND_MS, "plausible"],
  [-MAX_BEHIND_MS - 1, "past"],
] as const)("a time that is %d ms from the reference is %s", (distanceMs, expected) => {
  expect(plausibilityOf(NOW_MS + distanceMs, NOW_MS)).toBe(expected);
});

describe("a message on a topic", () => {
  test("keeps a time that can be believed", () => {
    const message = receivePayment({ paidAt: at(NOW_MS + MAX_AHEAD_MS) });
    expect(withPlausibleTime(message, NOW_MS)).toBe(message);
  });

  test("counts as of when it was stored where its time cannot be believed", () => {
    for (const wrongMs of [NOW_MS + MAX_AHEAD_MS + 1, NOW_MS - MAX_BEHIND_MS - 1]) {
      const payment = receivePayment({ paidAt: at(wrongMs) });
      expect(withPlausibleTime(payment, NOW_MS)).toEqual({ ...payment, paidAt: at(NOW_MS) });
      const order = submitOrder({ submittedAt: at(wrongMs) });
      expect(withPlausibleTime(order, NOW_MS)).toEqual({ ...order, submittedAt: at(NOW_MS) });
    }
  });

  test("that tells of no time stays as it is", () => {
    const message = cancelOrder();
    expect(withPlausibleTime(message, NOW_MS)).toBe(message);
  });
});
