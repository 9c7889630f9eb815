import { describe, expect, test } from "vitest";
import { causeOf, type Message } from "../../../src/domain/messages.ts";
import * as messages from "../../support/order-messages.ts";

describe("the cause of a message", () => {
  test.each([
    ["its order", messages.submitOrder(), "order:order-1"],
    ["its payment", messages.receivePayment(), "payment:payment-1"],
    ["its refund", messages.recordRefund(), "refund:refund-1"],
    ["its command", messages.cancelOrder(), "command:command-1"],
    ["its kind of mail", messages.recordMail(), "mail:confirmation"],
    ["its deadline", messages.reachDeadline(), "deadline:payment:1"],
  ])("is %s", (_, message, cause) => {
    expect(causeOf(message)).toBe(cause);
  });

  test("stays the same when a producer tries again at another time", () => {
    const later = "2026-01-06T00:00:00.000Z";
    expect(causeOf(messages.submitOrder({ submittedAt: later }))).toBe(causeOf(messages.submitOrder()));
    expect(causeOf(messages.receivePayment({ paidAt: later }))).toBe(causeOf(messages.receivePayment()));
  });

  test("of a message from outside the types is a crash", () => {
    expect(() => causeOf({ type: "DeleteEverything" } as unknown as Message)).toThrow("unexpected value");
  });
});
