/** What the service refuses to keep itself able to work, on real sockets where it matters. */
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { FrontDoor } from "../../../src/actors/front-door.ts";
import { startHttp, VALID_ORDER } from "../../support/http-harness.ts";

const submit = { method: "POST", url: "/orders", payload: VALID_ORDER } as const;

/** Sends bytes over a socket of its own and resolves with all that comes back until it is closed. */
async function talk(port: number, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(port, "127.0.0.1", () => void socket.write(text));
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    answer += String(chunk);
  });
  socket.on("close", () => resolve(answer)).on("error", () => resolve(answer));
  onTestFinished(() => void socket.destroy());
  return promise;
}

async function listen(app: Awaited<ReturnType<typeof startHttp>>["app"]): Promise<number> {
  return Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
}

/** A front door that keeps everybody waiting until it is opened. */
function closedDoor(frontDoor: FrontDoor): { readonly door: FrontDoor; open(): void; waiting(): number } {
  const opened = Promise.withResolvers<void>();
  let waiting = 0;
  const door: FrontDoor = {
    ...frontDoor,
    async submit(request) {
      waiting += 1;
      await opened.promise;
      return frontDoor.submit(request);
    },
  };
  return { door, open: opened.resolve, waiting: () => waiting };
}

async function startClosed(inFlight: number) {
  const { shop } = await startHttp();
  const closed = closedDoor(shop.frontDoor);
  const http = await startHttp({ frontDoor: closed.door, limits: { inFlight } });
  return { ...http, ...closed };
}

describe("more requests than may be worked on at once", () => {
  test("are shed with 503 until others are done, and probes are still answered", async () => {
    const { app, open, waiting } = await startClosed(2);
    const taken = [app.inject(submit), app.inject(submit)];
    await expect.poll(waiting).toBe(2);
    const shed = await app.inject(submit);
    expect([shed.statusCode, shed.headers["retry-after"], shed.json().code]).toEqual([503, "1", "overloaded"]);
    for (const url of ["/livez", "/readyz", "/metrics"]) expect((await app.inject(url)).statusCode, url).toBe(200);
    open();
    expect((await Promise.all(taken)).map(({ statusCode }) => statusCode)).toEqual([202, 202]);
    expect((await app.inject(submit)).statusCode).toBe(202);
  });

  test("are shed before their body is read", async () => {
    const { app, waiting } = await startClosed(1);
    const port = await listen(app);
    void talk(
      port,
      `POST /orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${JSON.stringify(VALID_ORDER).length}\r\n\r\n${JSON.stringify(VALID_ORDER)}`,
    );
    await expect.poll(waiting).toBe(1);
    const answer = await talk(
      port,
      "POST /orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60000\r\nconnection: close\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*"code":"overloaded"/s);
  });

  test("do not count a client that went away", async () => {
    const { app, open, waiting } = await startClosed(1);
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const client = new AbortController();
    const gone = fetch(`${url}/orders`, {
      method: "POST",
      body: JSON.stringify(VALID_ORDER),
      headers: { "content-type": "application/json" },
      signal: client.signal,
    });
    await expect.poll(waiting).toBe(1);
    client.abort();
    await expect(gone).rejects.toThrow();
    open();
    await expect.poll(async () => (await app.inject(submit)).statusCode).toBe(202);
  });
});

describe("a rate limit", () => {
  const fromElsewhere = { url: "/catalogue", remoteAddress: "203.0.113.9" };

  test("holds each address to its requests a second, and loopback to none", async () => {
    const { app } = await startHttp({ limits: { ratePerS: 3 } });
    const statuses = async (request: object) => {
      const answers = [];
      for (let i = 0; i < 5; i++) answers.push((await app.inject(request)).statusCode);
      return answers;
    };
    expect(await statuses(fromElsewhere)).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses({ ...fromElsewhere, remoteAddress: "203.0.113.10" })).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses({ url: "/catalogue" })).toEqual([200, 200, 200, 200, 200]);
    const refused = await app.inject(fromElsewhere);
    expect(refused.headers).toMatchObject({ "retry-after": "1", "content-type": "application/problem+json" });
    expect(refused.json()).toMatchObject({ code: "rate_limited", status: 429 });
  });

  test("is off by default", async () => {
    const { app } = await startHttp();
    for (let i = 0; i < 200; i++) expect((await app.inject(fromElsewhere)).statusCode).toBe(200);
  });
});

describe("a connection that does not speak HTTP as it should", () => {
  test.each([
    ["nonsense", "nonsense\r\n\r\n", 400, "invalid_request"],
    [
      "two lengths",
      "POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
      400,
      "invalid_request",
    ],
    [
      "a length and chunks",
      "POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      400,
      "invalid_request",
    ],
    [
      "endless headers",
      `GET / HTTP/1.1\r\nhost: x\r\n${"x-padding: 1234567890\r\n".repeat(1_000)}\r\n`,
      431,
      "headers_too_large",
    ],
  ])("is answered with a problem and closed: %s", async (_what, text, status, code) => {
    const { app } = await startHttp();
    const answer = await talk(await listen(app), text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain("content-type: application/problem+json");
    expect(JSON.parse(answer.slice(answer.indexOf("{")))).toMatchObject({ code, status });
  });

  test("is told in a problem that it named no host", async () => {
    const { app } = await startHttp();
    const answer = await talk(await listen(app), "GET /catalogue HTTP/1.1\r\nconnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*application\/problem\+json.*"code":"invalid_request"/s);
    expect(answer).toContain("The request has no Host header.");
  });

  test.each([
    "GET /catalogue HTTP/1.0\r\n\r\n",
    "GET /catalogue HTTP/1.1\r\nhost: x\r\nexpect: 200-foo\r\nconnection: close\r\n\r\n",
  ])("is answered where HTTP asks for nothing more: %j", async (text) => {
    const { app } = await startHttp();
    expect(await talk(await listen(app), text)).toMatch(/^HTTP\/1\.1 200 .*"currency"/s);
  });

  test("is closed with 408 when its request does not arrive in time", async () => {
    const { app } = await startHttp();
    const port = await listen(app);
    expect(app.server.requestTimeout).toBe(15_000);
    expect(app.server.headersTimeout).toBe(15_000);
    app.server.requestTimeout = 50;
    app.server.headersTimeout = 50;
    const answer = await talk(port, "GET / HTTP/1.1\r\nhost: x\r\nx-slow: ");
    expect(answer).toMatch(/^HTTP\/1\.1 408 .*"code":"request_timeout"/s);
  });
});

describe("a service that stops", () => {
  test("finishes what it has taken in and refuses what comes after", async () => {
    const { app, open, waiting } = await startClosed(10);
    const taken = app.inject(submit);
    await expect.poll(waiting).toBe(1);
    const port = await listen(app);
    const early = connect(port, "127.0.0.1");
    onTestFinished(() => void early.destroy());
    await new Promise((resolve) => early.once("connect", resolve));
    early.write("GET /catalogue HTTP/1.1\r\nhost: x\r\n");
    let answer = "";
    early.setEncoding("utf8").on("data", (chunk) => {
      answer += String(chunk);
    });
    await expect.poll(() => app.server.connections ?? 1).toBeGreaterThan(0);
    const closed = app.close();
    await expect.poll(() => app.server.listening).toBe(false);
    early.write("\r\n");
    await expect.poll(() => answer).toMatch(/^HTTP\/1\.1 503 .*"code":"stopping"/s);
    expect(answer).toMatch(/connection: close/i);
    open();
    expect((await taken).statusCode).toBe(202);
    await closed;
  });
});
