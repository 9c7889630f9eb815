/** Who may do what below /admin: keys, sessions, roles, and what keeps other pages from acting in an operator's name. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ROLES, type Role } from "../../../src/actors/operators.ts";
import { startHttp } from "../../support/http-harness.ts";
import { TEST_OPERATOR } from "../../support/operators.ts";

const HOUR_MS = 60 * 60_000;
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CONSOLE = { "x-orderloom-console": "1", "sec-fetch-site": "same-origin" } as const;

async function startConsole(role: Role = "operator") {
  const http = await startHttp();
  const { key, keyId } = await http.staff.operators.createKey(TEST_OPERATOR, { name: "Ann", role });
  const signIn = (headers: Record<string, string> = CONSOLE, given = key) =>
    http.app.inject({ method: "POST", url: "/admin/session", headers, payload: { key: given } });
  const cookieOf = async () => String((await signIn()).headers["set-cookie"]).split(";", 1)[0] as string;
  const whoami = (headers: Record<string, string>) => http.app.inject({ url: "/admin/session", headers });
  const acts = async () => (await http.staff.actLog.list({ limit: 100 })).map(({ act }) => act);
  return { ...http, key, keyId, signIn, cookieOf, whoami, acts };
}

describe("a request below /admin", () => {
  const ADDRESSES = [
    ["GET", "/admin"],
    ["GET", "/admin/session"],
    ["DELETE", "/admin/session"],
    ["GET", "/admin/keys"],
    ["POST", "/admin/keys"],
    ["DELETE", "/admin/keys/0123456789ab"],
    ["GET", "/admin/acts"],
    ["GET", "/admin/nowhere"],
  ] as const;

  test.each(ADDRESSES)("needs a key: %s %s", async (method, url) => {
    const { app } = await startHttp();
    const answer = await app.inject({ method, url, ...(method === "POST" ? { payload: {} } : {}) });
    expect([answer.statusCode, answer.json().code]).toEqual([401, "operator_unknown"]);
    expect(answer.headers["www-authenticate"]).toBe('Bearer realm="orderloom"');
    expect(answer.headers["cache-control"]).toBe("no-store");
  });

  test("is taken with a good key and says whose it is", async () => {
    const { key, keyId, whoami } = await startConsole("support");
    const answer = await whoami({ authorization: `Bearer ${key}` });
    expect([answer.statusCode, answer.json()]).toEqual([200, { keyId, name: "Ann", role: "support", expiresAt: null }]);
  });

  test.each([
    ["another secret", (key: string) => `Bearer ${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`],
    [
      "another id",
      (key: string) => `Bearer ${key.replace(/olk_./, (start) => (start === "olk_0" ? "olk_1" : "olk_0"))}`,
    ],
    ["the id alone", (key: string) => `Bearer ${key.slice(0, 16)}`],
    ["more than the key", (key: string) => `Bearer ${key}A`],
    ["another scheme", (key: string) => `Basic ${key}`],
    ["no scheme", (key: string) => key],
    ["nothing", () => ""],
  ])("is refused with %s", async (_what, spoil) => {
    const { key, whoami } = await startConsole();
    const answer = await whoami({ authorization: spoil(key) });
    expect([answer.statusCode, answer.json().code]).toEqual([401, "operator_unknown"]);
  });

  test("takes no key from an address or a cookie", async () => {
    const { app, key, whoami } = await startConsole();
    for (const query of [`key=${key}`, `authorization=Bearer%20${key}`, `access_token=${key}`]) {
      expect((await app.inject(`/admin/session?${query}`)).statusCode, query).toBe(401);
    }
    expect((await whoami({ cookie: `orderloom_session=${key}` })).statusCode).toBe(401);
  });

  test("is refused from the moment its key is revoked", async () => {
    const { key, keyId, staff, whoami } = await startConsole("viewer");
    await staff.keys.revoke(keyId, "2026-01-05T12:00:00.000Z");
    expect((await whoami({ authorization: `Bearer ${key}` })).statusCode).toBe(401);
  });

  test.each(ROLES)("of a %s is held to the role", async (role) => {
    const { app, staff } = await startHttp();
    const headers = await staff.signIn(role);
    const read = await app.inject({ url: "/admin/acts", headers });
    expect(read.statusCode).toBe(200);
    const keys = await app.inject({ url: "/admin/keys", headers });
    expect(keys.statusCode).toBe(role === "operator" ? 200 : 403);
    if (role !== "operator") expect(keys.json()).toMatchObject({ code: "operator_not_allowed" });
    const payload = { name: "Eve", role: "operator" };
    const created = await app.inject({ method: "POST", url: "/admin/keys", headers, payload });
    expect(created.statusCode).toBe(role === "operator" ? 201 : 403);
    const revoked = await app.inject({ method: "DELETE", url: "/admin/keys/0123456789ab", headers });
    expect(revoked.statusCode).toBe(role === "operator" ? 404 : 403);
    expect((await staff.keys.list()).map(({ name }) => name).includes("Eve")).toBe(role === "operator");
  });

  test("to nowhere is answered with 404, to those who may know", async () => {
    const { app, staff } = await startHttp();
    const headers = await staff.signIn("viewer");
    for (const url of ["/admin", "/admin/nowhere"]) {
      const answer = await app.inject({ url, headers });
      expect([answer.statusCode, answer.json().code], url).toEqual([404, "route_not_found"]);
    }
  });
});

describe("a session", () => {
  test("begins with a key and a cookie that no script reads and no other site sends", async () => {
    const { signIn, keyId, clock, acts } = await startConsole("viewer");
    const answer = await signIn();
    const expiresAt = new Date(clock.nowMs() + 12 * HOUR_MS).toISOString();
    expect([answer.statusCode, answer.json()]).toEqual([200, { keyId, name: "Ann", role: "viewer", expiresAt }]);
    expect(answer.headers["set-cookie"]).toMatch(
      /^orderloom_session=[\w.-]+; Path=\/admin; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    expect(await acts()).toEqual(["session.started", "key.created"]);
  });

  test.each([{ origin: "https://shop.example", "sec-fetch-site": "same-origin" }, { "x-forwarded-proto": "https" }])(
    "has a cookie for HTTPS alone when it began over HTTPS: %o",
    async (headers) => {
      const { signIn } = await startConsole();
      expect((await signIn(headers)).headers["set-cookie"]).toMatch(/; Secure$/);
    },
  );

  test("does not begin with a wrong key, and leaves no cookie", async () => {
    const { signIn, acts } = await startConsole();
    const answer = await signIn(CONSOLE, `olk_0123456789ab_${"A".repeat(43)}`);
    expect([answer.statusCode, answer.json().code]).toEqual([401, "operator_unknown"]);
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(await acts()).toEqual(["key.created"]);
  });

  test("does not begin from a page of somebody else", async () => {
    const { signIn } = await startConsole();
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
    ]) {
      const answer = await signIn(headers);
      expect([answer.statusCode, answer.json().code]).toEqual([403, "request_not_from_console"]);
    }
  });

  test("is over after twelve hours", async () => {
    const { cookieOf, whoami, clock } = await startConsole();
    const cookie = await cookieOf();
    await clock.advance(12 * HOUR_MS - 1);
    expect((await whoami({ cookie })).statusCode).toBe(200);
    await clock.advance(1);
    expect((await whoami({ cookie })).statusCode).toBe(401);
  });

  test("is over when its key is revoked", async () => {
    const { cookieOf, whoami, staff, keyId } = await startConsole();
    // The last key that may manage keys could not be revoked.
    await staff.operators.createKey(TEST_OPERATOR, { name: "Grace", role: "operator" });
    const cookie = await cookieOf();
    expect(await staff.keys.revoke(keyId, "2026-01-05T12:00:00.000Z")).toBe("revoked");
    expect((await whoami({ cookie })).statusCode).toBe(401);
  });

  test("is over once one has signed out, even for who kept the cookie", async () => {
    const { app, cookieOf, whoami, acts } = await startConsole();
    const [first, second] = [await cookieOf(), await cookieOf()];
    const answer = await app.inject({
      method: "DELETE",
      url: "/admin/session",
      headers: { cookie: first, ...CONSOLE },
    });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers["set-cookie"]).toMatch(/^orderloom_session=; Path=\/admin; .*Max-Age=0$/);
    expect([(await whoami({ cookie: first })).statusCode, (await whoami({ cookie: second })).statusCode]).toEqual([
      401, 200,
    ]);
    expect((await acts())[0]).toBe("session.ended");
  });

  test("goes on in every process with the same secret, and in no other", async () => {
    const one = await startConsole();
    const cookie = await one.cookieOf();
    const same = await startHttp({ admin: { ...one.staff, mailDesk: one.mailDesk } });
    const other = await startHttp({
      admin: { ...one.staff, mailDesk: one.mailDesk },
      cursorKey: new Uint8Array(32).fill(8),
    });
    expect((await same.app.inject({ url: "/admin/session", headers: { cookie } })).statusCode).toBe(200);
    expect((await other.app.inject({ url: "/admin/session", headers: { cookie } })).statusCode).toBe(401);
  });

  test("is refused when anything in its cookie was changed", async () => {
    const { cookieOf, whoami } = await startConsole();
    const cookie = await cookieOf();
    const start = "orderloom_session=".length;
    for (let at = start; at < cookie.length; at++) {
      const changed = `${cookie.slice(0, at)}${cookie[at] === "0" ? "1" : "0"}${cookie.slice(at + 1)}`;
      expect((await whoami({ cookie: changed })).statusCode, changed).toBe(401);
    }
    // The last character stands for four bits of the seal and has two to spare, so three others say the same.
    for (const last of BASE64URL.replace(cookie.at(-1) ?? "", "")) {
      expect((await whoami({ cookie: `${cookie.slice(0, -1)}${last}` })).statusCode, last).toBe(401);
    }
    for (const spoilt of [`${cookie}A`, cookie.slice(0, -1), "orderloom_session=", "orderloom_session"]) {
      expect((await whoami({ cookie: spoilt })).statusCode, spoilt).toBe(401);
    }
    expect((await whoami({ cookie: `theme=dark; ${cookie}; a=b` })).statusCode).toBe(200);
  });

  test.each([
    ["without the console's header", { "sec-fetch-site": "same-origin" }],
    ["with another value of the header", { "x-orderloom-console": "0", "sec-fetch-site": "same-origin" }],
    ["from another site", { "x-orderloom-console": "1", "sec-fetch-site": "cross-site" }],
    ["from another host of the site", { "x-orderloom-console": "1", "sec-fetch-site": "same-site" }],
    ["from another origin", { "x-orderloom-console": "1", origin: "http://evil.example" }],
    ["from nowhere that the browser names", { "x-orderloom-console": "1" }],
  ])("changes nothing %s", async (_what, headers) => {
    const { app, cookieOf, staff } = await startConsole();
    const cookie = await cookieOf();
    const answer = await app.inject({
      method: "POST",
      url: "/admin/keys",
      headers: { cookie, ...headers },
      payload: { name: "Eve", role: "operator" },
    });
    expect([answer.statusCode, answer.json().code]).toEqual([403, "request_not_from_console"]);
    expect(await staff.keys.list()).toHaveLength(1);
  });

  test.each([CONSOLE, { "x-orderloom-console": "1", host: "shop.example", origin: "http://shop.example" }])(
    "changes something from the console: %o",
    async (headers) => {
      const { app, cookieOf } = await startConsole();
      const cookie = await cookieOf();
      const payload = { name: "Bob", role: "viewer" };
      const answer = await app.inject({ method: "POST", url: "/admin/keys", headers: { cookie, ...headers }, payload });
      expect(answer.statusCode).toBe(201);
    },
  );
});

describe("wrong keys at the sign-in", () => {
  const WRONG = `olk_0123456789ab_${"A".repeat(43)}`;

  test("slow their address down for a minute, and lock nobody out who has a key", async () => {
    const logins: string[] = [];
    const observeLogin = (result: string) => void logins.push(result);
    const metrics = { observeRequest() {}, inFlight() {}, observeProblem() {}, observeLogin };
    const { app, staff, clock } = await startHttp({ metrics });
    const { key } = await staff.operators.createKey(TEST_OPERATOR, { name: "Ann", role: "viewer" });
    const attempt = (given: string, remoteAddress = "203.0.113.9") =>
      app.inject({
        method: "POST",
        url: "/admin/session",
        headers: CONSOLE,
        payload: { key: given },
        remoteAddress,
      });
    for (let i = 0; i < 10; i++) expect((await attempt(WRONG)).statusCode).toBe(401);
    const refused = await attempt(WRONG);
    expect([refused.statusCode, refused.json().code, refused.headers["retry-after"]]).toEqual([
      429,
      "rate_limited",
      "60",
    ]);
    expect((await attempt(key)).statusCode).toBe(200);
    expect((await attempt(WRONG, "203.0.113.10")).statusCode).toBe(401);
    await clock.advance(60_000);
    expect((await attempt(WRONG)).statusCode).toBe(401);
    const ten = Array.from({ length: 10 }, () => "refused");
    expect(logins).toEqual([...ten, "limited", "accepted", "refused", "refused"]);
  });

  /** Signs in with wrong keys for a client, as a proxy passes it on, until one more is told to wait. */
  async function behindProxy(trustedProxies?: readonly string[]) {
    const { app } = await startHttp(trustedProxies === undefined ? {} : { trustedProxies });
    const attempt = async (client: string, remoteAddress = "10.0.0.5") => {
      const headers = { ...CONSOLE, "x-forwarded-for": client };
      const payload = { key: WRONG };
      return (await app.inject({ method: "POST", url: "/admin/session", headers, payload, remoteAddress })).statusCode;
    };
    for (let i = 0; i < 10; i++) await attempt("203.0.113.9");
    expect(await attempt("203.0.113.9")).toBe(429);
    return attempt;
  }

  test.each([
    ["that is named by its network", ["10.0.0.0/8"]],
    ["that is named by its address", ["127.0.0.1", "10.0.0.5"]],
  ])("slow down only who sent them, where others come through the same proxy, %s", async (_, trustedProxies) => {
    const attempt = await behindProxy(trustedProxies);
    expect(await attempt("203.0.113.10")).toBe(401);
    // What a client claims for itself stands before what the proxy adds.
    expect(await attempt("198.51.100.7, 203.0.113.9")).toBe(429);
  });

  test("count for the address that they come from, where no proxy is named", async () => {
    const attempt = await behindProxy();
    expect(await attempt("203.0.113.10")).toBe(429);
    expect(await attempt("203.0.113.9", "10.0.0.6")).toBe(401);
  });

  test("count for the address that they come from, where that is no proxy that was named", async () => {
    const attempt = await behindProxy(["10.0.0.5"]);
    expect(await attempt("203.0.113.9", "203.0.113.77")).toBe(401);
    for (let i = 0; i < 9; i++) await attempt(`198.51.100.${i}`, "203.0.113.77");
    expect(await attempt("198.51.100.99", "203.0.113.77")).toBe(429);
  });
});

describe("keys over HTTP", () => {
  test("are created, shown once, and good at once", async () => {
    const { app, key, whoami, staff } = await startConsole();
    const headers = { authorization: `Bearer ${key}` };
    const created = await app.inject({
      method: "POST",
      url: "/admin/keys",
      headers,
      payload: { name: "Bob", role: "support" },
    });
    expect(created.statusCode).toBe(201);
    const { key: given, ...shown } = created.json();
    expect(given).toMatch(new RegExp(`^olk_${shown.keyId}_[\\w-]{43}$`));
    expect((await whoami({ authorization: `Bearer ${given}` })).json()).toMatchObject({ name: "Bob", role: "support" });
    const listed = await app.inject({ url: "/admin/keys", headers });
    expect(listed.json().keys[1]).toEqual(shown);
    expect(listed.body).not.toContain(given.slice(17));
    expect(JSON.stringify(await staff.keys.list())).not.toContain(given.slice(17));
    expect((await staff.actLog.list({ limit: 1 }))[0]).toMatchObject({
      operator: { name: "Ann", role: "operator" },
      act: "key.created",
      target: shown.keyId,
      details: { name: "Bob", role: "support" },
    });
  });

  test.each([
    [{ name: "", role: "viewer" }],
    [{ name: "a\nb", role: "viewer" }],
    [{ name: "x".repeat(81), role: "viewer" }],
    [{ name: "Bob", role: "root" }],
    [{ name: "Bob" }],
    [{ name: "Bob", role: "viewer", secret: "mine" }],
  ])("are refused with a bad body: %o", async (payload) => {
    const { app, key, staff } = await startConsole();
    const headers = { authorization: `Bearer ${key}` };
    const answer = await app.inject({ method: "POST", url: "/admin/keys", headers, payload });
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_request"]);
    expect(await staff.keys.list()).toHaveLength(1);
  });

  test("are revoked for ever, with an act of it", async () => {
    const { app, key, staff, acts, whoami } = await startConsole();
    const headers = { authorization: `Bearer ${key}` };
    const bob = await staff.operators.createKey(TEST_OPERATOR, { name: "Bob", role: "support" });
    const revoke = () => app.inject({ method: "DELETE", url: `/admin/keys/${bob.keyId}`, headers });
    expect((await revoke()).statusCode).toBe(204);
    expect((await whoami({ authorization: `Bearer ${bob.key}` })).statusCode).toBe(401);
    expect((await revoke()).statusCode).toBe(204);
    expect((await acts()).filter((act) => act === "key.revoked")).toHaveLength(1);
  });

  test("are not revoked when they are unknown or the last to manage keys", async () => {
    const { app, key, keyId, staff } = await startConsole();
    const headers = { authorization: `Bearer ${key}` };
    const revoke = async (id: string) => {
      const answer = await app.inject({ method: "DELETE", url: `/admin/keys/${id}`, headers });
      return [answer.statusCode, answer.body === "" ? null : answer.json().code];
    };
    expect(await revoke("0123456789ab")).toEqual([404, "key_not_found"]);
    expect(await revoke("$ne")).toEqual([404, "key_not_found"]);
    await staff.operators.createKey(TEST_OPERATOR, { name: "Bob", role: "support" });
    expect(await revoke(keyId)).toEqual([409, "last_operator_key"]);
    await staff.operators.createKey(TEST_OPERATOR, { name: "Cat", role: "operator" });
    expect(await revoke(keyId)).toEqual([204, null]);
  });
});

describe("the acts", () => {
  test("are listed page by page, newest first, and by target", async () => {
    const { app, staff } = await startHttp();
    const headers = await staff.signIn("viewer");
    for (const [i, target] of ["a", "b", "a"].entries()) {
      await staff.actLog.append({
        actId: `ffffffff-${i}`,
        at: "2026-01-05T12:00:00.000Z",
        operator: TEST_OPERATOR,
        act: "payment.decided",
        target,
        reason: "it fits",
        details: {},
      });
    }
    const list = async (query: string) => (await app.inject({ url: `/admin/acts?${query}`, headers })).json();
    const first = await list("limit=2");
    expect(first.acts.map(({ target }: { target: string }) => target)).toEqual(["a", "b"]);
    const second = await list(`limit=2&before=${first.next}`);
    expect(second.acts.map(({ act }: { act: string }) => act)).toEqual(["payment.decided", "key.created"]);
    expect(second.next).toBeNull();
    expect((await list("target=b")).acts).toMatchObject([{ target: "b", reason: "it fits", operator: TEST_OPERATOR }]);
  });

  test.each(["limit=0", "limit=201", "limit=x", "target=", "colour=red"])("refuse a bad query: %s", async (query) => {
    const { app, staff } = await startHttp();
    const answer = await app.inject({ url: `/admin/acts?${query}`, headers: await staff.signIn("viewer") });
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_request"]);
  });
});

describe("an address of the console", () => {
  const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } as const;

  async function startWithPage() {
    const webRoot = mkdtempSync(join(tmpdir(), "orderloom-"));
    onTestFinished(() => rmSync(webRoot, { recursive: true, force: true }));
    writeFileSync(join(webRoot, "index.html"), "<!doctype html><title>Orderloom</title>");
    return startHttp({ webRoot });
  }

  test.each(["/admin", "/admin/", "/admin/keys", "/admin/session", "/admin/dead-letters/one/two"])(
    "is the page for who opens it in a browser, and the API for programs: %s",
    async (url) => {
      const { app } = await startWithPage();
      const page = await app.inject({ url, headers: BROWSER });
      expect([page.statusCode, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
      expect(page.body).toContain("<title>Orderloom</title>");
      expect(page.headers).toMatchObject({ vary: "accept", "cache-control": "no-store" });
      expect(page.headers["content-security-policy"]).toContain("script-src 'self';");
      const answer = await app.inject({ url, headers: { accept: "application/json" } });
      expect([answer.statusCode, answer.headers["content-type"]]).toEqual([401, "application/problem+json"]);
    },
  );

  test("says when the page was not built", async () => {
    const { app } = await startHttp();
    const answer = await app.inject({ url: "/admin", headers: BROWSER });
    expect([answer.statusCode, answer.json().code]).toEqual([503, "web_not_built"]);
  });

  test("answers other methods with those that it has", async () => {
    const { app } = await startWithPage();
    const answer = await app.inject({ method: "PUT", url: "/admin/keys", headers: BROWSER });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, "GET, HEAD, POST"]);
  });
});
