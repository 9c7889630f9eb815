/** The ways in, as the contract describes them. */
import { describe, expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import { orderIdFromKey } from "../../../src/schemas/order-id.ts";
import { startHttp, UNKNOWN_ORDER_ID, VALID_ORDER } from "../../support/http-harness.ts";

const submit = { method: "POST", url: "/orders", payload: VALID_ORDER } as const;
const withKey = (key: string) => ({ ...submit, headers: { "idempotency-key": key } });

describe("submitting an order", () => {
  test("answers 202 with the order's address, its status and its price", async () => {
    const { app } = await startHttp();
    const answer = await app.inject(withKey("checkout-1"));
    const orderId = orderIdFromKey("checkout-1");
    expect(answer.statusCode).toBe(202);
    expect(answer.headers["location"]).toBe(`/orders/${orderId}`);
    expect(answer.json()).toEqual({ orderId, status: "accepted", total: { amountMinor: 1900, currency: "EUR" } });
    expect((await app.inject(`/orders/${orderId}`)).json()).toMatchObject({ status: "accepted", version: 0 });
  });

  test("under one key twenty times at once gives one order and one answer", async () => {
    const { app, shop } = await startHttp();
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.inject(withKey("checkout-1"))));
    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1);
    expect(answers[0]?.statusCode).toBe(202);
    expect(shop.waiting).toHaveLength(1);
  });

  test("under one key with another body is refused", async () => {
    const { app, shop } = await startHttp();
    await app.inject(withKey("checkout-1"));
    const payload = { ...VALID_ORDER, items: [{ sku: "margherita", quantity: 3 }] };
    const answer = await app.inject({ ...withKey("checkout-1"), payload });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: "idempotency_key_reused", status: 422 });
    expect(shop.waiting).toHaveLength(1);
  });

  test("without a key makes an order each time", async () => {
    const { app } = await startHttp();
    const [first, second] = await Promise.all([app.inject(submit), app.inject(submit)]);
    expect(first.json().orderId).not.toBe(second.json().orderId);
  });

  test.each([
    ["an unknown item", { items: [{ sku: "unicorn", quantity: 1 }] }, "unknown_item"],
    [
      "a total beyond what is counted exactly",
      {
        items: [
          { sku: "palace", quantity: 999 },
          { sku: "palace", quantity: 999 },
        ],
      },
      "total_too_large",
    ],
  ])("with %s is refused with 422", async (_what, change, code) => {
    const { app, shop } = await startHttp();
    const answer = await app.inject({ ...submit, payload: { ...VALID_ORDER, ...change } });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code });
    expect(shop.waiting).toHaveLength(0);
  });

  test.each(["log_unavailable", "outcome_unknown", "store_unavailable"] as const)(
    "says 503 and when to come again on %s, and nothing from the inside",
    async (code) => {
      const { app, shop, logged } = await startHttp();
      shop.failWith(new OperationalError(code, "disk I/O error in /var/lib/orderloom", { retryable: true }));
      const answer = await app.inject(withKey("checkout-1"));
      expect(answer.statusCode).toBe(503);
      expect(answer.headers).toMatchObject({ "retry-after": "1", "content-type": "application/problem+json" });
      expect(answer.json()).toMatchObject({ code, status: 503 });
      expect(answer.body).not.toContain("/var/lib");
      expect(logged.join()).toContain("/var/lib/orderloom");
    },
  );

  test("logs an outage once a second, not once a request", async () => {
    const { app, shop, clock, logged } = await startHttp();
    shop.failWith(new OperationalError("store_unavailable", "away", { retryable: true }));
    for (let i = 0; i < 10; i++) await app.inject(submit);
    await clock.advance(1_000);
    await app.inject(submit);
    expect(logged).toHaveLength(2);
  });

  test("says only 500 and a request id when something breaks that should not", async () => {
    const { app, shop, logged } = await startHttp();
    shop.failWith(new TypeError("cannot read properties of undefined (reading 'secret')"));
    const answer = await app.inject(submit);
    const requestId = String(answer.headers["x-request-id"]);
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ code: "internal_error", detail: "Something failed that should not have." });
    expect(answer.body).not.toMatch(/secret|stack|\.ts/);
    expect(logged.some((line) => line.includes(requestId) && line.includes("secret"))).toBe(true);
  });
});

describe("reporting a payment", () => {
  const payment = { paymentId: "pay_1", amountMinor: 1900, currency: "EUR" };
  const url = `/orders/${UNKNOWN_ORDER_ID}/payments`;

  test("answers 202, also for an order that has not come yet", async () => {
    const { app, shop, clock } = await startHttp();
    const answer = await app.inject({ method: "POST", url, payload: payment });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ paymentId: "pay_1", orderId: UNKNOWN_ORDER_ID });
    expect(shop.waiting).toEqual([
      {
        type: "ReceivePayment",
        orderId: UNKNOWN_ORDER_ID,
        paymentId: "pay_1",
        amount: { amountMinor: 1900, currency: "EUR" },
        paidAt: clock.nowIso(),
      },
    ]);
  });

  test("takes a part of a payment as a part", async () => {
    const { app, shop } = await startHttp();
    expect((await app.inject({ method: "POST", url, payload: { ...payment, partial: true } })).statusCode).toBe(202);
    expect((await app.inject({ method: "POST", url, payload: { ...payment, partial: "yes" } })).statusCode).toBe(400);
    expect(shop.waiting).toMatchObject([{ partial: true }]);
  });

  test.each([
    ["in UTC", "2026-01-05T11:59:00Z", "2026-01-05T11:59:00.000Z"],
    ["with an offset", "2026-01-05T13:59:00+02:00", "2026-01-05T11:59:00.000Z"],
    ["by a clock that is five minutes ahead", "2026-01-05T12:05:00Z", "2026-01-05T12:05:00.000Z"],
  ])("takes the time of the payment %s", async (_what, paidAt, expected) => {
    const { app, shop } = await startHttp();
    expect((await app.inject({ method: "POST", url, payload: { ...payment, paidAt } })).statusCode).toBe(202);
    expect(shop.waiting).toMatchObject([{ paidAt: expected }]);
  });

  test.each([
    ["in the future", "2026-01-05T12:05:00.001Z"],
    ["more than a year ago", "2025-01-04T11:59:59.999Z"],
    ["on a day that does not exist", "2026-02-30T00:00:00Z"],
    ["without an offset", "2026-01-05T11:59:00"],
    ["in words", "yesterday"],
  ])("refuses a payment %s", async (_what, paidAt) => {
    const { app, shop } = await startHttp();
    const answer = await app.inject({ method: "POST", url, payload: { ...payment, paidAt } });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: "invalid_request", errors: [{ pointer: "/paidAt" }] });
    expect(shop.waiting).toHaveLength(0);
  });
});

describe("reporting a refund", () => {
  const refund = { refundId: "ref_1", amountMinor: 500, currency: "EUR" };

  test("answers 202 for a part of a confirmed order's money, then for the rest, and 409 for a unit more", async () => {
    const { app, shop } = await startHttp();
    const { orderId, total } = (await app.inject(submit)).json();
    const payload = { paymentId: "p", amountMinor: total.amountMinor, currency: "EUR" };
    await app.inject({ method: "POST", url: `/orders/${orderId}/payments`, payload });
    shop.process();
    const report = async (refundId: string, amountMinor: number) => {
      const refunded = { refundId, amountMinor, currency: "EUR" };
      const answer = await app.inject({ method: "POST", url: `/orders/${orderId}/refunds`, payload: refunded });
      shop.process();
      const { status, money, paid } = (await app.inject(`/orders/${orderId}`)).json();
      return [answer.statusCode, answer.json().code, status, money, paid?.amountMinor];
    };
    const rest = total.amountMinor - 500;
    expect(await report("ref_1", 500)).toEqual([202, undefined, "confirmed", "partlyRefunded", rest]);
    expect(await report("ref_2", rest + 1)).toEqual([
      409,
      "refund_exceeds_received",
      "confirmed",
      "partlyRefunded",
      rest,
    ]);
    expect(await report("ref_2", rest)).toEqual([202, undefined, "confirmed", "refunded", undefined]);
    expect(await report("ref_3", 1)).toEqual([409, "refund_exceeds_received", "confirmed", "refunded", undefined]);
    const { events } = (await app.inject(`/orders/${orderId}/events`)).json();
    expect(events.slice(-4)).toMatchObject([
      { type: "RefundDue", data: { reason: "paidBack" }, causeId: "refund:ref_1" },
      { type: "RefundRecorded", data: { refundId: "ref_1" } },
      { type: "RefundDue", data: { reason: "paidBack" }, causeId: "refund:ref_2" },
      { type: "RefundRecorded", data: { refundId: "ref_2" } },
    ]);
  });

  test("answers 202 while so much came in, and 409 beyond it", async () => {
    const { app, shop } = await startHttp();
    const { orderId } = (await app.inject(submit)).json();
    await app.inject({
      method: "POST",
      url: `/orders/${orderId}/payments`,
      payload: { paymentId: "p", amountMinor: 500, currency: "EUR" },
    });
    shop.process();
    const url = `/orders/${orderId}/refunds`;
    const tooMuch = await app.inject({ method: "POST", url, payload: { ...refund, amountMinor: 501 } });
    expect(tooMuch.statusCode).toBe(409);
    expect(tooMuch.json()).toMatchObject({ code: "refund_exceeds_received" });
    const answer = await app.inject({ method: "POST", url, payload: refund });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ refundId: "ref_1", orderId });
  });

  test("answers 422 for an id that came before with another amount", async () => {
    const { shop } = await startHttp();
    const detail = "refund ref_1 came before with 4.00 EUR";
    const { app } = await startHttp({
      frontDoor: { ...shop.frontDoor, refund: async () => ({ type: "refused", code: "refund_id_reused", detail }) },
    });
    const answer = await app.inject({ method: "POST", url: `/orders/${UNKNOWN_ORDER_ID}/refunds`, payload: refund });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: "refund_id_reused", status: 422, detail });
  });

  test.each(["XXX", "ABC", "eur"])("answers 400 for the currency %s", async (currency) => {
    const { app, shop } = await startHttp();
    const url = `/orders/${UNKNOWN_ORDER_ID}/refunds`;
    const answer = await app.inject({ method: "POST", url, payload: { ...refund, currency } });
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_request"]);
    expect(answer.json().errors).toEqual([
      { pointer: "/currency", detail: expect.stringContaining("An active ISO 4217 currency code") },
    ]);
    expect(shop.waiting).toEqual([]);
  });

  test("answers 404 for an unknown order", async () => {
    const { app } = await startHttp();
    const answer = await app.inject({ method: "POST", url: `/orders/${UNKNOWN_ORDER_ID}/refunds`, payload: refund });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ code: "order_not_found" });
  });
});

describe("cancelling", () => {
  test.each([
    ["with a reason", { payload: { reason: "Ordered twice" } }, "Ordered twice"],
    ["with an empty object", { payload: {} }, null],
    ["without a body", {}, null],
    ["with the type of a body and none", { headers: { "content-type": "application/json" } }, null],
  ])("answers 202 %s", async (_what, request, reason) => {
    const { app, shop } = await startHttp();
    const { orderId } = (await app.inject(submit)).json();
    const answer = await app.inject({ method: "POST", url: `/orders/${orderId}/cancel`, ...request });
    expect(answer.statusCode).toBe(202);
    const { commandId } = answer.json();
    expect(answer.json()).toEqual({ orderId, commandId: expect.any(String) });
    expect(shop.waiting.at(-1)).toMatchObject({ type: "CancelOrder", orderId, commandId, reason });
  });

  test("answers 409 once the order is decided, and 404 for an unknown one", async () => {
    const { app, shop } = await startHttp();
    const { orderId } = (await app.inject(submit)).json();
    await app.inject({
      method: "POST",
      url: `/orders/${orderId}/payments`,
      payload: { paymentId: "p", amountMinor: 1900, currency: "EUR" },
    });
    shop.process();
    const late = await app.inject({ method: "POST", url: `/orders/${orderId}/cancel` });
    expect([late.statusCode, late.json().code]).toEqual([409, "order_not_cancellable"]);
    const unknown = await app.inject({ method: "POST", url: `/orders/${UNKNOWN_ORDER_ID}/cancel` });
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, "order_not_found"]);
  });
});

test("payments and refunds that nobody signed are refused where a real provider pays, and change nothing", async () => {
  const { app, shop } = await startHttp({ demoPayments: false });
  const payload = { paymentId: "p1", refundId: "r1", amountMinor: 1_900, currency: "EUR" };
  for (const what of ["payments", "refunds"]) {
    const answer = await app.inject({ method: "POST", url: `/orders/${UNKNOWN_ORDER_ID}/${what}`, payload });
    expect([answer.statusCode, answer.json().code]).toEqual([404, "demo_payments_disabled"]);
  }
  expect(shop.waiting).toEqual([]);
});
