/**
 * From nothing to a team behind the counter: the first start prints one key, once; with it the command line and the
 * console give out others, while the service runs and while it does not; a key that is revoked is of no use at once.
 */
import type { Page } from "playwright-core";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { firstKeyOf, keyIn, OPERATOR_KEY } from "../support/operator-key.ts";
import { runOrderloom, startServiceProcess, temporaryFolder } from "../support/service-process.ts";

const SOON = { timeout: 20_000 };
const KEYS = new RegExp(OPERATOR_KEY, "g");

const opened = await openBrowser();
afterAll(async () => {
  if (opened.type === "opened") await opened.browser.close();
});
if (opened.type === "unavailable") {
  console.warn(`The browser test is skipped, because no browser starts here: ${opened.reason}`);
}

async function whoHas(url: string, key: string): Promise<string> {
  const answer = await fetch(`${url}/admin/session`, { headers: { authorization: `Bearer ${key}` } });
  const { name, code } = (await answer.json()) as { name?: string; code?: string };
  return name ?? `${answer.status} ${code}`;
}

test("the first start alone prints a key, and none of it reaches the log", async () => {
  const DATA_DIR = temporaryFolder();
  const first = await startServiceProcess({ DATA_DIR, LOG_LEVEL: "trace" });
  const key = await firstKeyOf(first);
  expect(await whoHas(first.url, key)).toBe("First operator");
  const { stdout, stderr } = await first.end("SIGTERM");
  expect([stdout.match(KEYS)?.length, stderr.match(KEYS)]).toEqual([1, null]);

  const second = await startServiceProcess({ DATA_DIR });
  expect(await whoHas(second.url, key)).toBe("First operator");
  expect((await second.end("SIGTERM")).stdout).not.toMatch(OPERATOR_KEY);
});

test("keys are managed by the command line, beside a running service and without one", async () => {
  const DATA_DIR = temporaryFolder();
  const empty = await runOrderloom(["keys", "list"], { DATA_DIR });
  expect([empty.code, empty.stderr]).toEqual([1, expect.stringContaining("[invalid_configuration]")]);

  const service = await startServiceProcess({ DATA_DIR });
  const ORDERLOOM_KEY = await firstKeyOf(service);
  const { url } = service;
  const locked = await runOrderloom(["keys", "create", "--role", "support", "--name", "Ann"], { DATA_DIR });
  expect([locked.code, locked.stdout]).toEqual([1, ""]);
  expect(locked.stderr).toMatch(/ORDERLOOM_KEY.*--url.*\[data_folder_in_use\]/);

  const create = ["keys", "create", "--role", "support", "--name", "Ann", "--url", url];
  const keyless = await runOrderloom(create);
  expect([keyless.code, keyless.stderr]).toEqual([
    1,
    expect.stringMatching(/ORDERLOOM_KEY.*\[invalid_configuration\]/),
  ]);
  const created = await runOrderloom(create, { ORDERLOOM_KEY });
  expect([created.code, created.stdout]).toEqual([0, expect.stringMatching(/^olk_\S+\n$/)]);
  const ann = created.stdout.trim();
  expect(await whoHas(url, ann)).toBe("Ann");
  const notAllowed = await runOrderloom(["keys", "list", "--url", url], { ORDERLOOM_KEY: ann });
  expect([notAllowed.code, notAllowed.stderr]).toEqual([1, expect.stringContaining("[operator_not_allowed]")]);
  const annId = ann.split("_")[1] as string;
  const revoked = await runOrderloom(["keys", "revoke", annId, "--url", url], { ORDERLOOM_KEY });
  expect(revoked.code).toBe(0);
  expect(await whoHas(url, ann)).toBe("401 operator_unknown");
  // What only looks may look beside the service.
  const beside = await runOrderloom(["keys", "list"], { DATA_DIR });
  expect([beside.code, beside.stdout]).toEqual([0, expect.stringContaining(annId)]);
  const lag = await runOrderloom(["lag", "--all"], { DATA_DIR });
  expect([lag.code, lag.stdout]).toEqual([0, expect.stringContaining("Nothing is behind.")]);
  await service.end("SIGTERM");

  const bob = await runOrderloom(["keys", "create", "--role", "viewer", "--name", "Bob", "--json"], { DATA_DIR });
  const { key, keyId } = JSON.parse(bob.stdout);
  const listed = await runOrderloom(["keys", "list", "--json"], { DATA_DIR });
  expect(listed.stdout).not.toMatch(OPERATOR_KEY);
  expect(JSON.parse(listed.stdout).keys).toMatchObject([
    { name: "First operator", role: "operator", revokedAt: null },
    { keyId: annId, name: "Ann", role: "support", revokedAt: expect.any(String) },
    { keyId, name: "Bob", role: "viewer", revokedAt: null },
  ]);
  const again = await startServiceProcess({ DATA_DIR });
  expect(await whoHas(again.url, key)).toBe("Bob");
});

test("who signs in with wrong keys through a proxy that TRUST_PROXY names slows down nobody else", async () => {
  const service = await startServiceProcess({ DATA_DIR: temporaryFolder(), TRUST_PROXY: "127.0.0.1" });
  const attempt = async (client: string): Promise<number> => {
    const headers = { "content-type": "application/json", "x-forwarded-for": client };
    const body = JSON.stringify({ key: `olk_0123456789ab_${"A".repeat(43)}` });
    return (await fetch(`${service.url}/admin/session`, { method: "POST", headers, body })).status;
  };
  for (let i = 0; i < 10; i++) expect(await attempt("203.0.113.9")).toBe(401);
  expect(await attempt("203.0.113.9")).toBe(429);
  expect(await attempt("203.0.113.10")).toBe(401);
});

test.skipIf(opened.type === "unavailable")(
  "an operator signs in, gives out a key, revokes it, reads the audit and signs out, on a phone",
  async () => {
    const service = await startServiceProcess({ DATA_DIR: temporaryFolder() });
    const firstKey = await firstKeyOf(service);
    const { page, problems } = await openPage();
    await page.goto(service.url);
    await page.getByRole("link", { name: "Console" }).click();
    await page.getByTestId("operator-key").fill(`olk_0123456789ab_${"A".repeat(43)}`);
    await page.keyboard.press("Enter");
    await page.getByText("operator_unknown").waitFor();
    await page.getByTestId("operator-key").fill(firstKey);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.getByTestId("operator-name").textContent(), SOON).toBe("First operator");

    await page.getByRole("link", { name: "Operators" }).click();
    await page.getByTestId("key-name").fill("Zoë <script>alert(1)</script>");
    await page.keyboard.press("Enter");
    const key = keyIn((await page.getByTestId("created-key").textContent()) ?? "");
    expect(await whoHas(service.url, key)).toBe("Zoë <script>alert(1)</script>");
    await page.getByRole("button", { name: "Revoke the key of Zoë" }).click();
    await page.keyboard.press("Enter");
    await page.locator(".key-revoked").waitFor();
    expect(await whoHas(service.url, key)).toBe("401 operator_unknown");

    await page.getByRole("link", { name: "Acts" }).click();
    await page.locator("[data-act='key.revoked']").waitFor();
    const acts = await page.locator(".act").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-act")));
    expect(acts).toEqual(["key.revoked", "key.created", "session.started", "key.created"]);
    await page.reload();
    await page.locator("[data-act='key.revoked']").waitFor();
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(overflow).toBe(0);
    expect(await page.evaluate("document.cookie + JSON.stringify(localStorage)")).not.toMatch(/olk_|orderloom_session/);
    await page.getByTestId("sign-out").click();
    await page.getByTestId("sign-in").waitFor();
    await page.reload();
    await page.getByTestId("sign-in").waitFor();
    expect(problems.filter((text) => !text.includes("401 (Unauthorized)"))).toEqual([]);
  },
);

async function openPage(): Promise<{ readonly page: Page; readonly problems: readonly string[] }> {
  if (opened.type === "unavailable") throw new Error(opened.reason);
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const context = await opened.browser.newContext(phone);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  return { page, problems };
}
