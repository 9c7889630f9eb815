/** Probes, metrics, headers and the web page's files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { EMPTY_INBOX, startHttp } from "../../support/http-harness.ts";

describe("probes", () => {
  test("say live as long as anything answers", async () => {
    const { app } = await startHttp({ health: { ready: async () => [{ name: "store", ok: false }] } });
    const answer = await app.inject("/livez");
    expect([answer.statusCode, answer.json()]).toEqual([200, { status: "live" }]);
  });

  test("say ready with what was asked", async () => {
    const { app } = await startHttp();
    const answer = await app.inject("/readyz");
    expect([answer.statusCode, answer.json()]).toEqual([200, { status: "ready", checks: [{ name: "log", ok: true }] }]);
  });

  test("are all that a worker answers, with its metrics", async () => {
    const { app } = await startHttp({ operationsOnly: true });
    for (const url of ["/livez", "/readyz", "/metrics"]) expect((await app.inject(url)).statusCode).toBe(200);
    for (const url of ["/", "/catalogue", "/orders", "/docs"]) {
      expect((await app.inject(url)).json()).toMatchObject({ status: 404, code: "route_not_found" });
    }
  });

  test("say what is not ready", async () => {
    const checks = [
      { name: "log", ok: true },
      { name: "store", ok: false, detail: "does not answer" },
      { name: "workers", ok: false },
    ];
    const { app } = await startHttp({ health: { ready: async () => checks } });
    const answer = await app.inject("/readyz");
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([503, "application/problem+json"]);
    expect(answer.json()).toMatchObject({
      code: "not_ready",
      detail: "Not ready: store, workers.",
      errors: [
        { pointer: "/store", detail: "does not answer" },
        { pointer: "/workers", detail: "is not ready" },
      ],
    });
  });
});

test("metrics are passed on as they are", async () => {
  const { app } = await startHttp();
  const answer = await app.inject("/metrics");
  expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(answer.body).toBe("orders_total 1\n");
});

test("requests are observed by route, never by path", async () => {
  const { app, observed } = await startHttp();
  await app.inject("/orders/1");
  await app.inject("/nothing/here");
  await app.inject("/catalogue");
  await expect
    .poll(() => observed)
    .toEqual([
      { route: "/orders/:orderId", method: "GET", status: 404 },
      { route: "unknown", method: "GET", status: 404 },
      { route: "/catalogue", method: "GET", status: 200 },
    ]);
});

describe("the log", () => {
  async function startLogged() {
    const lines: Record<string, unknown>[] = [];
    const write = (line: string): void => void lines.push(JSON.parse(line));
    const { app } = await startHttp({ logger: pino({ level: "debug" }, { write }) });
    return { app, lines };
  }
  const DEBUG = 20;

  test("has a refused request at debug, with its code and a duration that can be read", async () => {
    const { app, lines } = await startLogged();
    await app.inject("/orders/1");
    await expect.poll(() => lines).toHaveLength(1);
    const [line] = lines;
    expect(line).toMatchObject({ level: DEBUG, msg: "request refused", status: 404, code: "order_not_found" });
    const durationMs = Number(line?.["durationMs"]);
    expect(durationMs).toBe(Math.round(durationMs * 10) / 10);
  });

  test("has an answered request at debug, without a code", async () => {
    const { app, lines } = await startLogged();
    await app.inject("/catalogue");
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: DEBUG, msg: "request answered", status: 200, route: "/catalogue" });
    expect(lines[0]).not.toHaveProperty("code");
  });

  test("says nothing when the service begins to listen", async () => {
    const { app, lines } = await startLogged();
    await app.listen({ host: "127.0.0.1", port: 0 });
    expect(lines).toEqual([]);
  });
});

test("every answer carries the security headers, errors included", async () => {
  const { app } = await startHttp();
  for (const url of ["/catalogue", "/nothing", "/orders/1", "/livez", "/openapi.json"]) {
    const { headers } = await app.inject(url);
    expect(headers["content-security-policy"], url).toBe(
      "default-src 'self';script-src 'self';style-src 'self';img-src 'self' data:;frame-src 'self';connect-src 'self';" +
        "object-src 'none';base-uri 'none';frame-ancestors 'self'",
    );
    expect(headers, url).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
    expect(headers["x-powered-by"], url).toBeUndefined();
    // Browsers warn about an origin of which some documents ask for it and others do not.
    expect(headers["origin-agent-cluster"], url).toBeUndefined();
  }
});

describe("the web page", () => {
  function builtPage(): string {
    const root = mkdtempSync(join(tmpdir(), "orderloom-web-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, "assets"));
    writeFileSync(join(root, "index.html"), "<!doctype html><title>Orderloom</title>");
    writeFileSync(join(root, "assets", "index-a1b2c3.js"), "export {};");
    writeFileSync(join(root, "robots.txt"), "User-agent: *");
    return root;
  }

  test.each(["/", "/track/0d3cbf5e-7d5c-5a43-9c47-3f1e8a2b6c10", "/inbox", "/inbox/", "/inbox/42"])(
    "is the same document at %s, and is asked for again each time",
    async (url) => {
      const { app } = await startHttp({ webRoot: builtPage() });
      const answer = await app.inject(url);
      expect(answer.statusCode).toBe(200);
      expect(answer.headers).toMatchObject({ "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" });
      expect(answer.body).toContain("<title>Orderloom</title>");
    },
  );

  test("has assets that are kept for ever", async () => {
    const { app } = await startHttp({ webRoot: builtPage() });
    const answer = await app.inject("/assets/index-a1b2c3.js");
    expect(answer.headers).toMatchObject({
      "content-type": "application/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
    });
    expect((await app.inject("/robots.txt")).headers["cache-control"]).toBe("no-cache");
  });

  test("is not sent again to who has it", async () => {
    const { app } = await startHttp({ webRoot: builtPage() });
    const { etag } = (await app.inject("/")).headers;
    const again = await app.inject({ url: "/", headers: { "if-none-match": String(etag) } });
    expect(again.statusCode).toBe(304);
  });

  test.each(["/assets/none.js", "/assets/../../etc/passwd", "/assets/..%2f..%2findex.html"])(
    "has nothing at %s",
    async (url) => {
      const { app } = await startHttp({ webRoot: builtPage() });
      const answer = await app.inject(url);
      expect([answer.statusCode, answer.headers["content-type"]]).toEqual([404, "application/problem+json"]);
    },
  );

  test("does not answer for an inbox that is not there", async () => {
    const { app } = await startHttp({ webRoot: builtPage() });
    const answer = await app.inject("/inbox/messages");
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([404, "application/problem+json"]);
  });

  test.each(["/track", "/inbox/abc", "/nothing", "/nothing/at/all"])(
    "says at %s that nothing is there, to people as a page and to programs as a problem",
    async (url) => {
      const { app } = await startHttp({ webRoot: builtPage() });
      const shown = await app.inject({ url, headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } });
      expect([shown.statusCode, shown.headers["content-type"]]).toEqual([404, "text/html; charset=utf-8"]);
      expect(shown.body).toContain("<title>Orderloom</title>");
      for (const accept of ["application/json", "*/*"]) {
        const answer = await app.inject({ url, headers: { accept } });
        expect(answer.json()).toMatchObject({ status: 404, code: "route_not_found", instance: url });
        expect(answer.headers).toMatchObject({ "content-type": "application/problem+json", vary: "accept" });
      }
      const posted = await app.inject({ method: "POST", url, headers: { accept: "text/html" } });
      expect(posted.json().code).toBe("route_not_found");
    },
  );

  test.each([null, EMPTY_INBOX])("learns whether there is a dev inbox: %j", async (inbox) => {
    const { app } = await startHttp(inbox === null ? {} : { inbox });
    expect((await app.inject("/inbox/status")).json()).toEqual({ devInbox: inbox !== null });
  });

  test("says so when it is not built", async () => {
    const { app } = await startHttp({ webRoot: null });
    const answer = await app.inject("/");
    expect([answer.statusCode, answer.json().code]).toEqual([503, "web_not_built"]);
  });
});
