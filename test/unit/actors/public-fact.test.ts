import { expect, test } from "vitest";
import { publicFact } from "../../../src/actors/public-fact.ts";
import type { Message } from "../../../src/domain/messages.ts";
import { commitsOf } from "../../support/commits.ts";
import {
  decidePayment,
  OTHER_ORDER_ID,
  receivePayment,
  submitOrder,
  takeMovedPayment,
} from "../../support/order-messages.ts";

const shownOf = (...messages: readonly Message[]) =>
  JSON.stringify(
    commitsOf(...messages).flatMap(({ events, causeId }) => events.map((event) => publicFact(event, causeId))),
  );

test("the timeline names no other order, and nobody who decided", () => {
  const given = shownOf(
    submitOrder(),
    receivePayment(),
    receivePayment({ paymentId: "two" }),
    decidePayment({ paymentId: "two", toOrderId: OTHER_ORDER_ID, reason: "a secret" }),
    decidePayment({ paymentId: "two", toOrderId: OTHER_ORDER_ID, reason: "a secret", commandId: "again" }),
  );
  const taken = shownOf(submitOrder(), takeMovedPayment());
  for (const secret of [OTHER_ORDER_ID, "a secret", "Grace", "key-1"]) {
    expect(given).not.toContain(secret);
    expect(taken).not.toContain(secret);
  }
  expect(given).toContain('"decision":"accept"');
});

test("an event that tells of nobody else is shown as it is", () => {
  for (const { events, causeId } of commitsOf(submitOrder(), receivePayment())) {
    for (const event of events) expect(publicFact(event, causeId)).toEqual({ data: event.data, causeId });
  }
});
