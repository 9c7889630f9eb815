/** The payment webhook as a provider and as an attacker meets it. What a signature proves is in standard-webhooks.test.ts. */
import { describe, expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import { signWebhook } from "../../../src/http/standard-webhooks.ts";
import { type HttpHarness, startHttp, UNKNOWN_ORDER_ID, WEBHOOK_SECRET } from "../../support/http-harness.ts";

const url = "/webhooks/payments";
const OTHER_SECRET = new Uint8Array(24).fill(2);

const RECEIVED = {
  type: "payment.received",
  timestamp: "2026-01-05T11:59:30.123456Z",
  data: { orderId: UNKNOWN_ORDER_ID, paymentId: "pay_1", amountMinor: 1900, currency: "EUR" },
};
const REFUNDED = {
  type: "payment.refunded",
  timestamp: "2026-01-05T11:59:30Z",
  data: { orderId: UNKNOWN_ORDER_ID, refundId: "ref_1", amountMinor: 500, currency: "EUR" },
};
const refunded = (changes: object) => ({ ...REFUNDED, data: { ...REFUNDED.data, ...changes } });
const received = (changes: object) => ({ ...RECEIVED, data: { ...RECEIVED.data, ...changes } });

interface Sending {
  readonly id?: string;
  readonly secret?: Uint8Array;
  readonly secondsAgo?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent instead of what was signed. */
  readonly sent?: string;
}

/** Signs a body and sends it. */
function send({ app, clock }: HttpHarness, body: unknown, sending: Sending = {}) {
  const { id = "msg_1", secret = WEBHOOK_SECRET, secondsAgo = 0, headers = {} } = sending;
  const signed = typeof body === "string" ? body : JSON.stringify(body);
  const timestamp = String(clock.nowMs() / 1_000 - secondsAgo);
  return app.inject({
    method: "POST",
    url,
    payload: sending.sent ?? signed,
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": signWebhook(secret, { id, timestamp }, Buffer.from(signed)),
      ...headers,
    },
  });
}

function expectProblem(answer: Awaited<ReturnType<typeof send>>, status: number, code: string): void {
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([status, "application/problem+json"]);
  expect(answer.json()).toMatchObject({ type: `urn:orderloom:error:${code}`, status, code, instance: url });
}

describe("a webhook of a payment", () => {
  test("is answered 202 once it is in the log", async () => {
    const http = await startHttp();
    const answer = await send(http, RECEIVED);
    expect([answer.statusCode, answer.json()]).toEqual([202, { webhookId: "msg_1" }]);
    expect(http.shop.waiting).toEqual([
      {
        type: "ReceivePayment",
        orderId: UNKNOWN_ORDER_ID,
        paymentId: "pay_1",
        amount: { amountMinor: 1900, currency: "EUR" },
        paidAt: "2026-01-05T11:59:30.123Z",
        webhookId: "msg_1",
      },
    ]);
  });

  test("counts by the time at which the customer paid, where that is told", async () => {
    const http = await startHttp();
    await send(http, received({ paidAt: "2026-01-05T12:58:00+01:00", partial: true }));
    expect(http.shop.waiting).toMatchObject([{ paidAt: "2026-01-05T11:58:00.000Z", partial: true }]);
  });

  test.each([
    ["six minutes ahead", received({ paidAt: "2026-01-05T12:06:00.000Z" })],
    ["six years ago", received({ paidAt: "2020-01-05T12:00:00.000Z" })],
    ["told six minutes ahead", { ...RECEIVED, timestamp: "2026-01-05T12:06:00.000Z" }],
  ])("is signed money at any time, and the order judges that: %s", async (_what, body) => {
    const http = await startHttp();
    expect((await send(http, body)).statusCode).toBe(202);
    expect(http.shop.waiting).toMatchObject([{ type: "ReceivePayment", paymentId: "pay_1" }]);
  });

  test("may have fields that are not known yet", async () => {
    const http = await startHttp();
    const answer = await send(http, { ...received({ method: "card" }), apiVersion: "2027-01-01" });
    expect(answer.statusCode).toBe(202);
    expect(http.shop.waiting[0]).not.toHaveProperty("method");
  });

  test("is refused for an amount that would be rounded, and not for any other number", async () => {
    const http = await startHttp();
    const body = (amount: string) =>
      JSON.stringify(received({ fee: 7 }))
        .replace('"fee":7', '"fee":9007199254740993.5')
        .replace("1900", amount);
    expectProblem(await send(http, body("1900.0000000000000001")), 400, "invalid_request");
    expect(http.shop.waiting).toEqual([]);
    expect((await send(http, body("1900"))).statusCode).toBe(202);
  });

  test("is read as the bytes that were signed, however they are spaced", async () => {
    const http = await startHttp();
    expect((await send(http, JSON.stringify(RECEIVED, null, 4))).statusCode).toBe(202);
  });

  test("is read up to exactly 64 KiB, and refused beyond", async () => {
    const http = await startHttp();
    const padded = (length: number) => JSON.stringify(received({ note: "x".repeat(length) }));
    const room = 65_536 - padded(0).length;
    expect((await send(http, padded(room))).statusCode).toBe(202);
    expectProblem(await send(http, padded(room + 1)), 413, "body_too_large");
  });
});

test("a webhook of a refund is answered 202, whatever the order owes by now", async () => {
  const http = await startHttp();
  expect((await send(http, REFUNDED)).statusCode).toBe(202);
  expect(http.shop.waiting).toEqual([
    {
      type: "RecordRefund",
      orderId: UNKNOWN_ORDER_ID,
      refundId: "ref_1",
      amount: { amountMinor: 500, currency: "EUR" },
      webhookId: "msg_1",
    },
  ]);
});

test.each([
  { type: "payout.sent", timestamp: RECEIVED.timestamp, data: {} },
  { type: "payment.received.v2", data: RECEIVED.data },
  { type: "payment" },
])("a webhook of the type $type is acknowledged and ignored", async (webhook) => {
  const http = await startHttp();
  const answer = await send(http, webhook);
  expect([answer.statusCode, answer.json()]).toEqual([200, { webhookId: "msg_1" }]);
  expect(http.shop.waiting).toEqual([]);
});

describe("a webhook that comes again", () => {
  test("is acknowledged each time", async () => {
    const http = await startHttp();
    expect((await send(http, RECEIVED)).statusCode).toBe(202);
    expect((await send(http, RECEIVED, { secondsAgo: 60 })).statusCode).toBe(202);
  });

  test("is refused with 409 when it tells something else", async () => {
    const http = await startHttp();
    await send(http, RECEIVED);
    expectProblem(await send(http, received({ paymentId: "pay_2" })), 409, "webhook_id_reused");
    expect((await send(http, received({ paymentId: "pay_2" }), { id: "msg_2" })).statusCode).toBe(202);
    expect(http.shop.waiting).toHaveLength(2);
  });
});

describe("a webhook that nobody can vouch for", () => {
  test.each<[string, Sending, string]>([
    ["signed with another secret", { secret: OTHER_SECRET }, "webhook_signature_invalid"],
    ["altered by one byte", { sent: JSON.stringify(received({ amountMinor: 1901 })) }, "webhook_signature_invalid"],
    ["with the id of another one", { headers: { "webhook-id": "msg_2" } }, "webhook_signature_invalid"],
    [
      "signed under a version that is not known",
      { headers: { "webhook-signature": "v2,abc" } },
      "webhook_signature_invalid",
    ],
    ["signed 301 s ago", { secondsAgo: 301 }, "webhook_stale"],
    ["signed 301 s in the future", { secondsAgo: -301 }, "webhook_stale"],
    ["without a signature", { headers: { "webhook-signature": "" } }, "webhook_unsigned"],
    ["without an id", { headers: { "webhook-id": "" } }, "webhook_unsigned"],
    ["without a time", { headers: { "webhook-timestamp": "" } }, "webhook_unsigned"],
  ])("is refused with 401: %s", async (_what, sending, code) => {
    const http = await startHttp();
    const answer = await send(http, RECEIVED, sending);
    expectProblem(answer, 401, code);
    expect(answer.headers["www-authenticate"]).toBe("StandardWebhooks");
    expect(http.shop.waiting).toEqual([]);
  });

  test("is refused before anything reads it: a body that is no JSON, and none at all", async () => {
    const { app } = await startHttp();
    const headers = { "content-type": "application/json" };
    for (const payload of ['{"type":', '{"__proto__":{}}', ""]) {
      expectProblem(await app.inject({ method: "POST", url, payload, headers }), 401, "webhook_unsigned");
    }
    expectProblem(await app.inject({ method: "POST", url }), 401, "webhook_unsigned");
  });

  test.each([
    [299, 202],
    [300, 202],
    [301, 401],
    [-300, 202],
    [-301, 401],
  ])("is one that was signed %d s ago: %d", async (secondsAgo, status) => {
    expect((await send(await startHttp(), RECEIVED, { secondsAgo })).statusCode).toBe(status);
  });

  test("becomes one by waiting: the service's clock decides", async () => {
    const http = await startHttp();
    const timestamp = String(http.clock.nowMs() / 1_000);
    const payload = JSON.stringify(RECEIVED);
    const signature = signWebhook(WEBHOOK_SECRET, { id: "msg_1", timestamp }, Buffer.from(payload));
    const headers = {
      "content-type": "application/json",
      "webhook-id": "msg_1",
      "webhook-timestamp": timestamp,
      "webhook-signature": signature,
    };
    const replay = () => http.app.inject({ method: "POST", url, payload, headers });
    expect((await replay()).statusCode).toBe(202);
    await http.clock.advance(301_000);
    expectProblem(await replay(), 401, "webhook_stale");
  });
});

describe("while a secret is exchanged", () => {
  test("webhooks of the old and of the new one are taken, and afterwards only those of the new", async () => {
    const { shop } = await startHttp();
    const { paymentWebhooks } = shop;
    const during = await startHttp({ paymentWebhook: { paymentWebhooks, secrets: [OTHER_SECRET, WEBHOOK_SECRET] } });
    expect((await send(during, RECEIVED, { secret: WEBHOOK_SECRET })).statusCode).toBe(202);
    expect((await send(during, RECEIVED, { secret: OTHER_SECRET })).statusCode).toBe(202);
    const after = await startHttp({ paymentWebhook: { paymentWebhooks, secrets: [OTHER_SECRET] } });
    expectProblem(await send(after, RECEIVED, { secret: WEBHOOK_SECRET }), 401, "webhook_signature_invalid");
    expect((await send(after, RECEIVED, { secret: OTHER_SECRET })).statusCode).toBe(202);
  });

  test("a webhook that the provider signed with both is taken by whoever has one", async () => {
    const http = await startHttp();
    const body = Buffer.from(JSON.stringify(RECEIVED));
    const attempt = { id: "msg_1", timestamp: String(http.clock.nowMs() / 1_000) };
    const both = [OTHER_SECRET, WEBHOOK_SECRET].map((secret) => signWebhook(secret, attempt, body));
    expect((await send(http, RECEIVED, { headers: { "webhook-signature": both.join(" ") } })).statusCode).toBe(202);
  });
});

test("without a secret there is no webhook: 404, whoever signed it", async () => {
  const { shop } = await startHttp();
  const http = await startHttp({ paymentWebhook: { paymentWebhooks: shop.paymentWebhooks, secrets: [] } });
  expectProblem(await send(http, RECEIVED), 404, "webhooks_disabled");
  expectProblem(await http.app.inject({ method: "POST", url }), 404, "webhooks_disabled");
});

describe("a genuine webhook that is malformed", () => {
  test.each<[string, unknown, string]>([
    ["no type", { ...RECEIVED, type: undefined }, "/type"],
    ["a type that is no text", { ...RECEIVED, type: 7 }, "/type"],
    ["no data", { ...RECEIVED, data: undefined }, "/data"],
    ["no time", { ...RECEIVED, timestamp: undefined }, "/timestamp"],
    ["a time without an offset", { ...RECEIVED, timestamp: "2026-01-05T11:59:30" }, "/timestamp"],
    ["a day that does not exist", { ...RECEIVED, timestamp: "2026-02-30T11:59:30Z" }, "/timestamp"],
    ["a payment on a day that does not exist", received({ paidAt: "2026-02-30T11:59:30Z" }), "/data/paidAt"],
    ["an order id that is none", received({ orderId: "1" }), "/data/orderId"],
    ["an id with an operator", received({ paymentId: { $ne: null } }), "/data/paymentId"],
    ["an id of dots, which no address can name", received({ paymentId: ".." }), "/data/paymentId"],
    ["negative money", received({ amountMinor: -1 }), "/data/amountMinor"],
    ["no money", received({ amountMinor: 0 }), "/data/amountMinor"],
    ["half a cent", received({ amountMinor: 0.5 }), "/data/amountMinor"],
    ["more than integers carry", received({ amountMinor: 9_007_199_254_740_992 }), "/data/amountMinor"],
    ["money in quotes", received({ amountMinor: "1900" }), "/data/amountMinor"],
    ["a refund of negative money", refunded({ amountMinor: -1 }), "/data/amountMinor"],
    ["a refund of no money", refunded({ amountMinor: 0 }), "/data/amountMinor"],
    ["a refund of half a cent", refunded({ amountMinor: 0.5 }), "/data/amountMinor"],
    ["a refund of more than integers carry", refunded({ amountMinor: 9_007_199_254_740_992 }), "/data/amountMinor"],
    ["a currency that nobody issues", received({ currency: "ABC" }), "/data/currency"],
    ["a part in quotes", received({ partial: "yes" }), "/data/partial"],
    ["a refund without an id", { ...REFUNDED, data: { ...REFUNDED.data, refundId: undefined } }, "/data/refundId"],
    ["a list", [], ""],
    ["null", "null", ""],
    ["nothing", "", ""],
  ])("is refused with 400, and the field is named: %s", async (_what, body, pointer) => {
    const http = await startHttp();
    const answer = await send(http, body);
    expectProblem(answer, 400, "invalid_request");
    expect(answer.json().errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    expect(http.shop.waiting).toEqual([]);
  });

  test.each([
    ["cut off", '{"type":"payment.received"'],
    ["with the key __proto__", '{"type":"payment.received","__proto__":{"admin":true}}'],
    ["with a constructor's prototype", '{"type":"x","constructor":{"prototype":{"admin":true}}}'],
  ])("is refused with 400 when it is not JSON: %s", async (_what, body) => {
    expectProblem(await send(await startHttp(), body), 400, "invalid_json");
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])(
    "is refused with 415 as %s",
    async (type) => {
      const answer = await send(await startHttp(), RECEIVED, { headers: { "content-type": type } });
      expectProblem(answer, 415, "unsupported_media_type");
    },
  );
});

test.each(["log_unavailable", "outcome_unknown", "store_unavailable"] as const)(
  "on %s the provider is told with 503 when to come again",
  async (code) => {
    const http = await startHttp();
    http.shop.failWith(new OperationalError(code, "the disk is gone", { retryable: true }));
    const answer = await send(http, RECEIVED);
    expectProblem(answer, 503, code);
    expect(answer.headers["retry-after"]).toBe("1");
    http.shop.failWith(null);
    expect((await send(http, RECEIVED)).statusCode).toBe(202);
  },
);

describe("the other routes", () => {
  test("still take nothing but JSON, and read it before anything else sees it", async () => {
    const { app, shop } = await startHttp();
    const payments = `/orders/${UNKNOWN_ORDER_ID}/payments`;
    const payload = JSON.stringify(RECEIVED.data);
    const headers = { "content-type": "text/plain" };
    const refused = await app.inject({ method: "POST", url: payments, payload, headers });
    expect([refused.statusCode, refused.json().code]).toEqual([415, "unsupported_media_type"]);
    const poisoned = '{"__proto__":{"admin":true}}';
    const json = { "content-type": "application/json" };
    const bad = await app.inject({ method: "POST", url: payments, payload: poisoned, headers: json });
    expect([bad.statusCode, bad.json().code]).toEqual([400, "invalid_json"]);
    expect(shop.waiting).toEqual([]);
  });

  test("answer 405 beside the webhook's method", async () => {
    const { app } = await startHttp();
    const answer = await app.inject(url);
    expect([answer.statusCode, answer.headers["allow"]]).toEqual([405, "POST"]);
  });
});

test("the OpenAPI document shows the headers, both types and every answer", async () => {
  const { app } = await startHttp();
  const operation = (await app.inject("/openapi.json")).json().paths[url].post;
  expect(operation.parameters.map(({ name }: { name: string }) => name)).toEqual([
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
  ]);
  const { anyOf } = operation.requestBody.content["application/json"].schema;
  expect(
    anyOf.map((schema: { properties: { type: { enum?: string[] } } }) => schema.properties.type.enum?.[0]),
  ).toEqual(["payment.received", "payment.refunded", undefined]);
  expect(Object.keys(operation.responses)).toEqual(
    expect.arrayContaining(["200", "202", "400", "401", "404", "409", "413", "415", "500", "503"]),
  );
});
