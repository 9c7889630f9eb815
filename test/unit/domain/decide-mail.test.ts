import { describe, expect, test } from "vitest";
import { decide } from "../../../src/domain/decide.ts";
import type { OrderEvent } from "../../../src/domain/events.ts";
import { causeOf, type Message, roundOfCause } from "../../../src/domain/messages.ts";
import { NO_ORDER } from "../../../src/domain/order.ts";
import { given } from "../../support/given-when-then.ts";
import * as events from "../../support/order-events.ts";
import { mailIdOf, ORDER_ID, recordMail, TERMS } from "../../support/order-messages.ts";

const { CONFIRMATION_EMAILED, CONFIRMED_LIFE, ORDER_RECEIVED } = events;

describe("the outcome of a confirmation mail", () => {
  test("accepted finishes the order", () => {
    expect(
      given(...CONFIRMED_LIFE)
        .when(recordMail())
        .thenEvents(CONFIRMATION_EMAILED).status,
    ).toBe("emailed");
  });

  test("refused leaves the order confirmed and tells why", () => {
    const response = "550 no such user";
    const order = given(...CONFIRMED_LIFE)
      .when(recordMail({ outcome: "refused", response }))
      .thenEvents({ type: "ConfirmationRefused", data: { messageId: mailIdOf(ORDER_ID), response } });
    expect(order).toMatchObject({ status: "confirmed", reason: response });
  });

  test("dropped by a person leaves the order confirmed and tells why", () => {
    const response = "the customer phoned";
    const order = given(...CONFIRMED_LIFE)
      .when(recordMail({ outcome: "dropped", response, round: 1 }))
      .thenEvents({ type: "ConfirmationRefused", data: { messageId: mailIdOf(ORDER_ID), response, dropped: true } });
    expect(order).toMatchObject({ status: "confirmed", reason: response });
  });

  test("accepted after it had been refused finishes the order, because somebody had it sent again", () => {
    const refused: OrderEvent = {
      type: "ConfirmationRefused",
      data: { messageId: mailIdOf(ORDER_ID), response: "550 no" },
    };
    const again = recordMail({ round: 1 });
    const order = given(...CONFIRMED_LIFE, refused)
      .when(again)
      .thenEvents(CONFIRMATION_EMAILED);
    expect(order).toMatchObject({ status: "emailed", reason: null });
    expect([causeOf(recordMail()), causeOf(again)]).toEqual(["mail:confirmation", "mail:confirmation:1"]);
    expect([causeOf(recordMail()), causeOf(again), "payment:mail:9"].map(roundOfCause)).toEqual([0, 1, 0]);
  });

  test.each([
    ["not there", []],
    ["not paid", [ORDER_RECEIVED]],
    ["emailed already", [...CONFIRMED_LIFE, CONFIRMATION_EMAILED]],
  ])("changes nothing for an order that is %s", (_, life) => {
    given(...life)
      .when(recordMail())
      .thenNothing();
  });
});

test("a message from outside the types is a crash, not a guess", () => {
  expect(() => decide(NO_ORDER, { type: "DeleteEverything" } as unknown as Message, TERMS)).toThrow("unexpected value");
});
