/** The ways to look: one order with its ETag, waiting for it, its timeline, its mails, and the listing with its cursors. */
import { describe, expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import { type HttpHarness, startHttp, UNKNOWN_ORDER_ID, VALID_ORDER } from "../../support/http-harness.ts";
import { settled } from "../../support/memory/manual-clock.ts";

async function submitOrder({ app }: HttpHarness, change: object = {}): Promise<string> {
  const answer = await app.inject({ method: "POST", url: "/orders", payload: { ...VALID_ORDER, ...change } });
  return answer.json().orderId;
}

const pay = ({ app }: HttpHarness, orderId: string, amountMinor: number) =>
  app.inject({
    method: "POST",
    url: `/orders/${orderId}/payments`,
    payload: { paymentId: "pay_1", amountMinor, currency: "EUR" },
  });

describe("reading an order", () => {
  test("shows everything that the order is", async () => {
    const http = await startHttp();
    const orderId = await submitOrder(http);
    await pay(http, orderId, 500);
    http.shop.process();
    const answer = await http.app.inject(`/orders/${orderId}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      orderId,
      status: "rejected",
      customer: VALID_ORDER.customer,
      items: [{ sku: "margherita", quantity: 2, name: "Pizza Margherita", unitPriceMinor: 950 }],
      total: { amountMinor: 1900, currency: "EUR" },
      paid: null,
      money: "refundDue",
      refundDue: [{ amountMinor: 500, currency: "EUR" }],
      reason: "amountMismatch",
      version: 4,
      receivedAt: http.clock.nowIso(),
      updatedAt: http.clock.nowIso(),
    });
    expect(answer.json()).toEqual(await http.shop.orderReader.get(orderId));
  });

  test("shows money that came before its order", async () => {
    const http = await startHttp();
    await pay(http, UNKNOWN_ORDER_ID, 500);
    http.shop.process();
    const order = (await http.app.inject(`/orders/${UNKNOWN_ORDER_ID}`)).json();
    expect(order).toMatchObject({ status: "awaitingOrder", money: "parked", customer: null, items: [], total: null });
  });

  test("answers 503 while the store is away", async () => {
    const { app, shop } = await startHttp();
    shop.failWith(new OperationalError("store_unavailable", "away", { retryable: true }));
    const answer = await app.inject(`/orders/${UNKNOWN_ORDER_ID}`);
    expect([answer.statusCode, answer.json().code]).toEqual([503, "store_unavailable"]);
  });
});

describe("the ETag of an order", () => {
  test("is its version, and spares the body of what the client has", async () => {
    const http = await startHttp();
    const orderId = await submitOrder(http);
    http.shop.process();
    const url = `/orders/${orderId}`;
    expect((await http.app.inject(url)).headers["etag"]).toBe('"1"');
    for (const known of ['"1"', 'W/"1"', '"7", "1"', "*"]) {
      const answer = await http.app.inject({ url, headers: { "if-none-match": known } });
      expect([answer.statusCode, answer.body, answer.headers["etag"]], known).toEqual([304, "", '"1"']);
    }
  });

  test("changes with the order", async () => {
    const http = await startHttp();
    const orderId = await submitOrder(http);
    http.shop.process();
    await pay(http, orderId, 1900);
    http.shop.process();
    const answer = await http.app.inject({ url: `/orders/${orderId}`, headers: { "if-none-match": '"1"' } });
    expect([answer.statusCode, answer.headers["etag"]]).toEqual([200, '"5"']);
  });
});

describe("waiting for an order", () => {
  test("answers when the order comes to the status", async () => {
    const http = await startHttp();
    const orderId = await submitOrder(http);
    const waiting = http.app.inject(`/orders/${orderId}?until=received&wait=10`);
    await settled();
    http.shop.process();
    expect((await waiting).json()).toMatchObject({ status: "received" });
  });

  test("answers with the order as it is when the time is over", async () => {
    const http = await startHttp();
    const orderId = await submitOrder(http);
    const waiting = http.app.inject(`/orders/${orderId}?until=emailed&wait=2.5`);
    await settled();
    await http.clock.advance(2_500);
    expect((await waiting).json()).toMatchObject({ status: "accepted" });
  });

  test("does not hold up a service that stops", async () => {
    const http = await startHttp();
    const orderId = await submitOrder(http);
    const waiting = http.app.inject(`/orders/${orderId}?until=emailed&wait=30`);
    await settled();
    await http.app.close();
    expect((await waiting).statusCode).toBe(200);
    expect(http.shop.watchers()).toBe(0);
  });

  test("ends when the client goes away", async () => {
    const http = await startHttp();
    const orderId = await submitOrder(http);
    const url = await http.app.listen({ host: "127.0.0.1", port: 0 });
    const client = new AbortController();
    const waiting = fetch(`${url}/orders/${orderId}?until=emailed&wait=30`, { signal: client.signal });
    await expect.poll(() => http.shop.watchers()).toBe(1);
    client.abort();
    await expect(waiting).rejects.toThrow();
    await expect.poll(() => http.shop.watchers()).toBe(0);
    expect(http.observed).toContainEqual({ route: "/orders/:orderId", method: "GET", status: 499 });
  });

  test.each([
    ["a wait of more than 30 seconds", "until=emailed&wait=31", "/wait"],
    ["a negative wait", "until=emailed&wait=-1", "/wait"],
    ["a wait in words", "until=emailed&wait=soon", "/wait"],
    ["a wait of nothing", "until=emailed&wait=", "/wait"],
    ["an infinite wait", "until=emailed&wait=Infinity", "/wait"],
    ["two waits", "until=emailed&wait=1&wait=2", "/wait"],
    ["a status that does not exist", "until=delivered&wait=1", "/until"],
    ["a wait for nothing", "wait=1", "/until"],
    ["an unknown parameter", "until=emailed&timeout=1", "/timeout"],
  ])("refuses %s", async (_what, query, pointer) => {
    const { app } = await startHttp();
    const answer = await app.inject(`/orders/${UNKNOWN_ORDER_ID}?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: "invalid_request", errors: [{ pointer }] });
  });
});

describe("the timeline", () => {
  test("has every event, with all its data", async () => {
    const http = await startHttp();
    const orderId = await submitOrder(http);
    const url = `/orders/${orderId}/events`;
    expect((await http.app.inject(url)).json()).toEqual({ events: [] });
    http.shop.process();
    await pay(http, orderId, 1900);
    http.shop.process();
    const { events } = (await http.app.inject(url)).json();
    expect(events).toEqual(await http.shop.orderReader.timeline(orderId));
    expect(events.map(({ type }: { type: string }) => type)).toEqual([
      "OrderReceived",
      "PaymentReceived",
      "OrderPaid",
      "OrderValidated",
      "OrderConfirmed",
    ]);
  });
});

describe("an order's mails", () => {
  const instant = (timeMs: number) => new Date(timeMs).toISOString();

  test("show every attempt with its outcome, the one under way without", async () => {
    const http = await startHttp();
    const orderId = await submitOrder(http);
    const customer = { name: "Ada", email: "ada@example.com" };
    const common = { customer, queuedAtMs: 500, decisions: [] };
    const entry = { messageId: "<m1@shop.example>", orderId, shard: 3, ...common, retryAtMs: null, closed: false };
    http.shop.setMails(orderId, [
      {
        ...entry,
        state: "attempting",
        attempts: [
          { attempt: 1, startedAtMs: 1_000, outcome: { type: "deferred", response: "451 later", retryAtMs: 2_000 } },
          { attempt: 2, startedAtMs: 2_000, outcome: { type: "unknown", response: "reset", retryAtMs: null } },
          { attempt: 3, startedAtMs: 3_000, outcome: null },
        ],
      },
      {
        ...entry,
        messageId: "<m2@shop.example>",
        state: "accepted",
        closed: true,
        attempts: [{ attempt: 1, startedAtMs: 4_000, outcome: { type: "accepted", response: "250 ok" } }],
      },
    ]);
    const answer = await http.app.inject(`/orders/${orderId}/mails`);
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      {
        mails: [
          {
            messageId: "<m1@shop.example>",
            state: "attempting",
            attempts: [
              {
                ...{ attempt: 1, startedAt: instant(1_000), mayBeRepeat: false },
                ...{ outcome: "deferred", response: "451 later", retryAt: instant(2_000) },
              },
              {
                attempt: 2,
                startedAt: instant(2_000),
                mayBeRepeat: false,
                outcome: "unknown",
                response: "reset",
                retryAt: null,
              },
              {
                attempt: 3,
                startedAt: instant(3_000),
                mayBeRepeat: true,
                outcome: null,
                response: null,
                retryAt: null,
              },
            ],
            closed: false,
          },
          {
            messageId: "<m2@shop.example>",
            state: "accepted",
            attempts: [
              {
                attempt: 1,
                startedAt: instant(4_000),
                mayBeRepeat: false,
                outcome: "accepted",
                response: "250 ok",
                retryAt: null,
              },
            ],
            closed: true,
          },
        ],
      },
    ]);
  });

  test("are none while none is due", async () => {
    const http = await startHttp();
    const orderId = await submitOrder(http);
    expect((await http.app.inject(`/orders/${orderId}/mails`)).json()).toEqual({ mails: [] });
  });
});

describe("the listing", () => {
  async function withOrders(count: number): Promise<HttpHarness> {
    const http = await startHttp();
    for (let i = 0; i < count; i++) {
      const email = i % 2 === 0 ? "even@example.com" : "odd@example.com";
      await submitOrder(http, { customer: { name: "Ada", email } });
    }
    http.shop.process();
    return http;
  }

  test("goes through all orders page by page, each once", async () => {
    const { app } = await withOrders(7);
    const seen: string[] = [];
    let query = "limit=3";
    for (let pages = 1; ; pages++) {
      const { orders, next } = (await app.inject(`/orders?${query}`)).json();
      seen.push(...orders.map(({ orderId }: { orderId: string }) => orderId));
      if (next === null) {
        expect(pages).toBe(3);
        break;
      }
      query = `limit=3&cursor=${next}`;
    }
    expect(new Set(seen).size).toBe(7);
  });

  test("is stable while orders come in", async () => {
    const http = await withOrders(4);
    const first = (await http.app.inject("/orders?limit=2")).json();
    await http.clock.advance(1_000);
    await submitOrder(http);
    http.shop.process();
    const second = (await http.app.inject(`/orders?limit=2&cursor=${first.next}`)).json();
    const ids = [...first.orders, ...second.orders].map(({ orderId }: { orderId: string }) => orderId);
    expect(new Set(ids).size).toBe(4);
    expect(second.next).toBeNull();
  });

  test("filters by status and by customer", async () => {
    const { app } = await withOrders(5);
    const sizes = async (query: string) => (await app.inject(`/orders?${query}`)).json().orders.length;
    expect(await sizes("status=received")).toBe(5);
    expect(await sizes("status=emailed")).toBe(0);
    expect(await sizes("customerEmail=even%40example.com")).toBe(3);
    expect(await sizes("customerEmail=odd%40example.com&status=received")).toBe(2);
  });

  test.each([
    ["changed", (next: string) => `limit=2&cursor=${next.slice(0, -1)}${next.endsWith("A") ? "B" : "A"}`],
    ["of another filter", (next: string) => `status=received&cursor=${next}`],
    ["that somebody made up", () => `cursor=${Buffer.from("1767614400000/x").toString("base64url")}`],
    ["of another kind", () => "cursor=%24gt"],
  ])("refuses a cursor %s", async (_what, query) => {
    const { app } = await withOrders(3);
    const { next } = (await app.inject("/orders?limit=2")).json();
    const answer = await app.inject(`/orders?${query(next)}`);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_cursor"]);
  });

  test.each([
    ["limit=-1", "must be >= 1"],
    ["limit=1e9", "must be <= 200"],
    ["limit=99999999999999999999", "must be <= 200"],
    ["limit=2.5", "must be integer"],
    ["limit=many", "must be integer"],
  ])("says what is wrong with ?%s: %s", async (query, detail) => {
    const { app } = await startHttp();
    const answer = await app.inject(`/orders?${query}`);
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ pointer: "/limit", detail }] });
  });

  test.each([
    ["limit=0", "/limit"],
    ["limit=201", "/limit"],
    ["limit=2.5", "/limit"],
    ["limit=many", "/limit"],
    ["limit=1e3", "/limit"],
    ["limit=1&limit=2", "/limit"],
    ["status=accepted", "/status"],
    ["status[$ne]=emailed", "/status[$ne]"],
    ["customerEmail=nobody", "/customerEmail"],
    ["cursor=", "/cursor"],
    ["__proto__=1", "/__proto__"],
    ["sort=total", "/sort"],
  ])("refuses ?%s", async (query, pointer) => {
    const { app } = await startHttp();
    const answer = await app.inject(`/orders?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: "invalid_request", errors: [{ pointer }] });
  });
});

test("the catalogue shows what the front door prices", async () => {
  const { app, shop } = await startHttp();
  const answer = await app.inject("/catalogue");
  expect([answer.statusCode, answer.json()]).toEqual([200, shop.frontDoor.catalogue]);
});
