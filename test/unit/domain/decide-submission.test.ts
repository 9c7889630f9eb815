import { describe, expect, test } from "vitest";
import { sameRequest } from "../../../src/domain/decide.ts";
import { given } from "../../support/given-when-then.ts";
import { CONFIRMED_LIFE, ORDER_RECEIVED, orderTurnedAway } from "../../support/order-events.ts";
import { CUSTOMER, euros, ITEMS, submitOrder, TERMS, TOTAL } from "../../support/order-messages.ts";

describe("a submission", () => {
  test("is received with its price from the catalogue and a deadline for its payment", () => {
    const order = given().when(submitOrder()).thenEvents(ORDER_RECEIVED);
    expect(order).toMatchObject({ status: "received", version: 1, details: { total: TOTAL } });
  });

  test("is received when the customer was told the price it has", () => {
    given()
      .when(submitOrder({ quotedTotal: TOTAL }))
      .thenEvents(ORDER_RECEIVED);
  });

  test.each([
    ["another amount", euros(2_449)],
    ["another currency", { ...TOTAL, currency: "USD" }],
  ])("is turned away when the customer was told %s", (_, quotedTotal) => {
    const order = given().when(submitOrder({ quotedTotal })).thenEvents(orderTurnedAway("priceChanged"));
    expect(order).toMatchObject({ status: "rejected", reason: "priceChanged", details: { total: null, lines: [] } });
  });

  test("is turned away when an item is not in the catalogue", () => {
    const items = [...ITEMS, { sku: "pizza-hawaii", quantity: 1 }];
    const order = given().when(submitOrder({ items })).thenEvents(orderTurnedAway("unknownItem", items));
    expect(order).toMatchObject({ status: "rejected", reason: "unknownItem", details: { items } });
  });

  test("gets its deadline from the payment window of the shop", () => {
    const data = { ...ORDER_RECEIVED.data, paymentDeadline: "2026-01-05T12:00:01.000Z" };
    const terms = { ...TERMS, paymentWindowMs: 1_000 };
    given()
      .when(submitOrder(), terms)
      .thenEvents({ ...ORDER_RECEIVED, data });
  });
});

describe("a submission that comes again", () => {
  test.each([
    ["received", [ORDER_RECEIVED]],
    ["confirmed", CONFIRMED_LIFE],
    ["turned away", [orderTurnedAway("priceChanged")]],
  ])("changes nothing for an order that is %s", (_, events) => {
    given(...events)
      .when(submitOrder())
      .thenNothing();
  });

  test("changes nothing when the producer tried again later", () => {
    given(ORDER_RECEIVED)
      .when(submitOrder({ submittedAt: "2026-01-05T12:00:30.000Z" }))
      .thenNothing();
  });

  test("changes nothing when prices have changed meanwhile", () => {
    given(ORDER_RECEIVED)
      .when(submitOrder(), { ...TERMS, catalogue: { currency: "EUR", items: [] } })
      .thenNothing();
  });

  test.each([
    ["another customer", submitOrder({ customer: { ...CUSTOMER, email: "eve@example.org" } })],
    ["another name", submitOrder({ customer: { ...CUSTOMER, name: "Eve" } })],
    ["another quantity", submitOrder({ items: [{ sku: "margherita", quantity: 3 }] })],
    ["another item", submitOrder({ items: [ITEMS[0], { sku: "margherita", quantity: 1 }] as typeof ITEMS })],
    ["fewer items", submitOrder({ items: ITEMS.slice(0, 1) })],
  ])("is refused with %s", (_, message) => {
    given(ORDER_RECEIVED).when(message).thenRefused("idempotency_key_reused");
  });
});

test("two requests are the same only with the same customer and the same items in the same order", () => {
  const request = { customer: CUSTOMER, items: ITEMS };
  expect(sameRequest(request, structuredClone(request))).toBe(true);
  expect(sameRequest(request, { customer: CUSTOMER, items: ITEMS.toReversed() })).toBe(false);
  expect(sameRequest({ customer: CUSTOMER, items: [] }, request)).toBe(false);
});
