/** Following an order live, over real sockets. */
import { describe, expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import type { HttpLimits } from "../../../src/http/limits.ts";
import type { RequestMetrics } from "../../../src/http/request-metrics.ts";
import { openStream } from "../../support/event-source.ts";
import { type HttpHarness, startHttp, UNKNOWN_ORDER_ID, VALID_ORDER } from "../../support/http-harness.ts";

interface LiveHarness extends HttpHarness {
  readonly orderId: string;
  readonly streamUrl: string;
}

async function startLive(limits: Partial<HttpLimits> = {}, metrics?: RequestMetrics): Promise<LiveHarness> {
  const http = await startHttp(metrics === undefined ? { limits } : { limits, metrics });
  const url = await http.app.listen({ host: "127.0.0.1", port: 0 });
  const { orderId } = (await http.app.inject({ method: "POST", url: "/orders", payload: VALID_ORDER })).json();
  return { ...http, orderId, streamUrl: `${url}/orders/${orderId}/stream` };
}

async function pay({ app, shop, orderId }: LiveHarness): Promise<void> {
  const payload = { paymentId: "pay_1", amountMinor: 1900, currency: "EUR" };
  await app.inject({ method: "POST", url: `/orders/${orderId}/payments`, payload });
  shop.process();
}

const mail = ({ shop, orderId }: LiveHarness, options = { quietly: false }) =>
  shop.append(orderId, { type: "ConfirmationEmailed", data: { messageId: "<a@b>", response: "250 OK" } }, options);

describe("a stream", () => {
  test("sends what was and what comes, each event once and in order, and ends with the order", async () => {
    const live = await startLive();
    live.shop.process();
    const stream = await openStream(live.streamUrl);
    expect(stream.response.statusCode).toBe(200);
    expect(stream.response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    expect(await stream.next()).toEqual({ retry: "1000" });
    expect(await stream.next()).toEqual({
      id: "1",
      data: {
        type: "timeline",
        event: (await live.shop.orderReader.timeline(live.orderId))?.[0],
        order: await live.shop.orderReader.get(live.orderId),
      },
    });
    await pay(live);
    mail(live);
    const rest = await stream.rest();
    expect(rest.map(({ id, event }) => id ?? event)).toEqual(["2", "3", "4", "5", "6", "end"]);
    expect(rest.at(-1)).toEqual({ event: "end", data: { status: "emailed" } });
    expect(live.shop.watchers()).toBe(0);
  });

  test("resumes after the last event that the client has", async () => {
    const live = await startLive();
    live.shop.process();
    await pay(live);
    const stream = await openStream(live.streamUrl, { headers: { "last-event-id": "3" } });
    expect([await stream.next(), await stream.next(), await stream.next()].map((block) => block?.id)).toEqual([
      undefined,
      "4",
      "5",
    ]);
    mail(live);
    expect((await stream.rest()).map(({ id, event }) => id ?? event)).toEqual(["6", "end"]);
  });

  test("of an order that is final sends what the client lacks, and ends", async () => {
    const live = await startLive();
    live.shop.process();
    await pay(live);
    mail(live);
    const ids = async (headers: Record<string, string>) =>
      (await (await openStream(live.streamUrl, { headers })).rest()).map(({ id, event }) => id ?? event);
    expect(await ids({ "last-event-id": "5" })).toEqual([undefined, "6", "end"]);
    expect(await ids({ "last-event-id": "6" })).toEqual([undefined, "end"]);
  });

  test("of an order whose mail was refused for good ends, for nothing more will come", async () => {
    const live = await startLive();
    live.shop.process();
    const stream = await openStream(live.streamUrl, { headers: { "last-event-id": "1" } });
    await pay(live);
    const response = "550 no such mailbox";
    live.shop.append(live.orderId, { type: "ConfirmationRefused", data: { messageId: "<a@b>", response } });
    const messages = await stream.rest();
    expect(messages.at(-2)).toMatchObject({ id: "6", data: { order: { status: "confirmed", reason: response } } });
    expect(messages.at(-1)).toEqual({ event: "end", data: { status: "confirmed" } });
    expect(live.shop.watchers()).toBe(0);
  });

  test("is in flight while it is open, and has no duration worth observing", async () => {
    const inFlight: number[] = [];
    const routes: string[] = [];
    const live = await startLive(
      {},
      {
        observeRequest: (route) => void routes.push(route),
        inFlight: (change) => void inFlight.push(change),
        observeProblem: () => {},
        observeLogin: () => {},
      },
    );
    const before = inFlight.length;
    const stream = await openStream(live.streamUrl);
    await stream.next();
    expect(inFlight.slice(before)).toEqual([1]);
    stream.close();
    await expect.poll(() => inFlight.slice(before)).toEqual([1, -1]);
    expect(routes).toEqual(["/orders"]);
  });

  test("of an order that is only accepted begins with its first event", async () => {
    const live = await startLive();
    const stream = await openStream(live.streamUrl);
    expect(await stream.next()).toEqual({ retry: "1000" });
    live.shop.process();
    expect(await stream.next()).toMatchObject({ id: "1", data: { order: { status: "received" } } });
  });

  test("never shows an order that is behind its event", async () => {
    const live = await startLive();
    live.shop.process();
    const stream = await openStream(live.streamUrl);
    await pay(live);
    mail(live);
    for (const { id, data } of await stream.rest()) {
      if (id !== undefined)
        expect((data as { order: { version: number } }).order.version).toBeGreaterThanOrEqual(Number(id));
    }
  });

  test("beats while nothing happens, and finds then what no notification told", async () => {
    const live = await startLive();
    live.shop.process();
    const stream = await openStream(live.streamUrl);
    await stream.next();
    await stream.next();
    await live.clock.advance(15_000);
    expect(await stream.next()).toEqual({ comment: "heartbeat" });
    mail(live, { quietly: true });
    await live.clock.advance(15_000);
    expect(await stream.next()).toEqual({ comment: "heartbeat" });
    expect(await stream.next()).toMatchObject({ id: "2" });
  });

  test("stays open while the store is away, and goes on when it is back", async () => {
    const live = await startLive();
    live.shop.process();
    const stream = await openStream(live.streamUrl);
    await stream.next();
    await stream.next();
    live.shop.failWith(new OperationalError("store_unavailable", "away", { retryable: true }));
    mail(live);
    await live.clock.advance(1_000);
    live.shop.failWith(null);
    await live.clock.advance(1_000);
    expect(await stream.next()).toMatchObject({ id: "2" });
  });

  test("ends when reading breaks in a way that should not happen", async () => {
    const live = await startLive();
    live.shop.process();
    const stream = await openStream(live.streamUrl);
    await stream.next();
    await stream.next();
    live.shop.failWith(new TypeError("a bug"));
    mail(live);
    expect(await stream.rest()).toEqual([]);
    expect(live.logged.join()).toContain("a bug");
    expect(live.shop.watchers()).toBe(0);
  });

  test("ends after 15 minutes, for the client to come again", async () => {
    const live = await startLive();
    live.shop.process();
    const stream = await openStream(live.streamUrl);
    await stream.next();
    await live.clock.advance(15 * 60_000);
    expect((await stream.rest()).some(({ event }) => event === "end")).toBe(false);
    expect(live.shop.watchers()).toBe(0);
  });

  test("leaves nothing behind when the client goes away", async () => {
    const live = await startLive({ streams: 1 });
    const stream = await openStream(live.streamUrl);
    await stream.next();
    await expect.poll(() => live.shop.watchers()).toBe(1);
    stream.close();
    await expect.poll(() => live.shop.watchers()).toBe(0);
    expect((await openStream(live.streamUrl)).response.statusCode).toBe(200);
  });

  test("drops a client that does not read", async () => {
    const live = await startLive({ streamBufferBytes: 64 * 1024 });
    live.shop.process();
    const stream = await openStream(live.streamUrl, { paused: true });
    await expect.poll(() => live.shop.watchers()).toBe(1);
    const response = "x".repeat(1_000_000);
    for (let i = 0; i < 100 && live.shop.watchers() > 0; i++) {
      live.shop.append(live.orderId, { type: "ConfirmationRefused", data: { messageId: "<a@b>", response } });
      await live.clock.advance(0);
    }
    expect(live.shop.watchers()).toBe(0);
    expect(stream.response.complete).toBe(false);
  });
});

describe("a stream that is not opened", () => {
  test("of an unknown order is 404", async () => {
    const { app, shop } = await startLive();
    const answer = await app.inject(`/orders/${UNKNOWN_ORDER_ID}/stream`);
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([404, "application/problem+json"]);
    expect(answer.json()).toMatchObject({ code: "order_not_found" });
    expect(shop.watchers()).toBe(0);
  });

  test("with a Last-Event-ID that is none is 400", async () => {
    const { app, orderId } = await startLive();
    const answer = await app.inject({ url: `/orders/${orderId}/stream`, headers: { "last-event-id": "abc" } });
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_request"]);
  });

  test("beyond the limit of the process is 503, and a failed one does not keep its slot", async () => {
    const live = await startLive({ streams: 2 });
    for (let i = 0; i < 5; i++) await live.app.inject(`/orders/${UNKNOWN_ORDER_ID}/stream`);
    await openStream(live.streamUrl);
    await openStream(live.streamUrl);
    const third = await live.app.inject(`/orders/${live.orderId}/stream`);
    expect([third.statusCode, third.headers["retry-after"], third.json().code]).toEqual([503, "5", "too_many_streams"]);
  });

  test("beyond the limit of an address is 429", async () => {
    const live = await startLive({ streamsPerAddress: 1 });
    const request = {
      url: `/orders/${live.orderId}/stream`,
      remoteAddress: "203.0.113.9",
      payloadAsStream: true,
    } as const;
    const first = await live.app.inject(request);
    expect(first.statusCode).toBe(200);
    const second = await live.app.inject({ ...request, payloadAsStream: false });
    expect([second.statusCode, second.headers["retry-after"], second.json().code]).toEqual([429, "5", "rate_limited"]);
  });
});

test("a service that stops ends its streams and is gone at once", async () => {
  const live = await startLive();
  const streams = await Promise.all([openStream(live.streamUrl), openStream(live.streamUrl)]);
  const ends = Promise.all(streams.map((stream) => stream.rest()));
  await live.app.close();
  await ends;
  expect(live.shop.watchers()).toBe(0);
  expect(streams.every(({ response }) => response.complete)).toBe(true);
});
