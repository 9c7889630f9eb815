/**
 * A shopper in a real browser orders a meal, pays, sees the tracker reach "emailed" live and opens the mail in the
 * dev inbox, with the keyboard as well as on a phone; no page breaks the content security policy. With SCREENSHOTS=1
 * the pictures under docs/screenshots are made anew.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { PROJECT_ROOT } from "../support/linters.ts";
import { freePort, startServiceProcess, temporaryFolder } from "../support/service-process.ts";

const SCREENSHOTS = join(PROJECT_ROOT, "docs/screenshots");
const DESKTOP = { viewport: { width: 1280, height: 860 } } as const;
/** The narrowest phones that are still around. */
const NARROW = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true } as const;
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;

const opened = await openBrowser();
afterAll(async () => {
  if (opened.type === "opened") await opened.browser.close();
});
if (opened.type === "unavailable") {
  console.warn(`The browser tests are skipped, because no browser starts here: ${opened.reason}`);
}

test.skipIf(opened.type === "unavailable")("a shopper orders a meal and reads the confirmation", async () => {
  const page = await openPage(DESKTOP);
  const service = await startServiceProcess({ DATA_DIR: temporaryFolder() });
  await page.goto(service.url);
  await page.getByTestId("add-margherita").click();
  await page.getByTestId("add-margherita").click();
  await page.getByTestId("add-tiramisu").click();
  await expect.poll(() => page.getByTestId("cart-count").first().textContent()).toContain("3");
  await page.evaluate("scrollTo(0, 0)");
  await picture(page, "storefront");
  await checkOut(page, "Zoë", "zoe@shop.example");
  await expect.poll(() => shownStatus(page), { timeout: 20_000 }).toBe("emailed");
  expect(await page.title()).not.toBe("");
  expect(await page.getByTestId("connection").textContent()).toBe("Complete");
  // Nothing waits here any more; what opens shows a sign of it.
  expect(await page.getByTestId("why").count()).toBe(0);
  expect(await page.getByTestId("timeline").locator("summary .icon").isVisible()).toBe(true);
  const number = /#\w{6}/.exec((await page.textContent("main")) ?? "")?.[0] ?? "none";
  expect(await page.textContent("main")).toContain("25.10\u00a0EUR");
  await page.getByTestId("open-mail").waitFor({ timeout: 20_000 });
  await picture(page, "tracker");

  await page.getByTestId("open-mail").click();
  const mail = page.frameLocator("[data-testid=mail-frame]");
  await expect.poll(() => mail.locator("body").textContent()).toContain("Pizza Margherita");
  expect(await mail.locator("body").textContent()).toContain("25.10 EUR");
  expect(await mail.locator("body").textContent()).toContain(number);
  expect(await page.getByRole("heading", { name: `Your order ${number} is confirmed` }).isVisible()).toBe(true);
  await picture(page, "inbox");
  expect(problemsOf(page)).toEqual([]);
});

test.skipIf(opened.type === "unavailable")(
  "the whole way works with the keyboard, on a phone, in the dark",
  async () => {
    const page = await openPage({ ...PHONE, colorScheme: "dark" });
    const service = await startServiceProcess({ DATA_DIR: temporaryFolder() });
    await page.goto(service.url);
    await page.getByTestId("add-espresso").focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.getByTestId("cart-count").first().textContent()).toContain("1");
    await picture(page, "storefront-phone-dark");
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(overflow).toBe(0);
    await checkOut(page, "Ada <script>alert(1)</script>", "ada@shop.example");
    await expect.poll(() => shownStatus(page), { timeout: 20_000 }).toBe("emailed");
    await page.getByTestId("open-mail").waitFor({ timeout: 20_000 });
    await picture(page, "tracker-phone-dark");
    await page.getByTestId("open-mail").click();
    const mail = page.frameLocator("[data-testid=mail-frame]");
    // What is in a name is text wherever it is shown, and never runs.
    await expect.poll(() => mail.locator("body").textContent()).toContain("Ada <script>alert(1)</script>");
    expect(problemsOf(page)).toEqual([]);
  },
);

test.skipIf(opened.type === "unavailable")("nothing of the shop is cut off on the narrowest phone", async () => {
  const page = await openPage(NARROW);
  const service = await startServiceProcess({ DATA_DIR: temporaryFolder() });
  await page.goto(service.url);
  await page.getByTestId("add-margherita").click();
  await page.getByTestId("add-diavola").click();
  expect(await cutOff(page, ".dish")).toEqual([]);
  await page.getByTestId("open-cart").click();
  await page.getByTestId("place-order").waitFor();
  expect(await cutOff(page, ".sheet")).toEqual([]);
});

test.skipIf(opened.type === "unavailable")(
  "an unknown address says so, and a shop whose mails leave for real speaks of no inbox",
  async () => {
    const page = await openPage(PHONE);
    const service = await startServiceProcess({
      DATA_DIR: temporaryFolder(),
      SMTP_URL: `smtp://127.0.0.1:${await freePort()}`,
    });
    for (const path of ["/nothing", "/track", "/inbox/abc"]) {
      await page.goto(service.url + path);
      await page.getByRole("heading", { name: "Nothing here" }).waitFor({ timeout: 20_000 });
    }
    await page.goto(service.url);
    await page.getByTestId("add-espresso").waitFor({ timeout: 20_000 });
    await expect.poll(() => page.getByRole("link", { name: "Inbox" }).count(), { timeout: 20_000 }).toBe(0);
    const foot = await page.getByText("A demonstration").textContent();
    expect(foot).toBe("A demonstration: no real food, no real money.");
  },
);

test.skipIf(opened.type === "unavailable")(
  "the API documentation opens under the content security policy",
  async () => {
    const page = await openPage(DESKTOP);
    const service = await startServiceProcess({ DATA_DIR: temporaryFolder() });
    await page.goto(`${service.url}/docs`);
    await expect.poll(() => page.locator(".opblock").count(), { timeout: 20_000 }).toBeGreaterThan(10);
    expect(problemsOf(page)).toEqual([]);
  },
);

const problems = new WeakMap<Page, string[]>();

async function openPage(options: BrowserContextOptions): Promise<Page> {
  if (opened.type === "unavailable") throw new Error(opened.reason);
  const context = await opened.browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const found: string[] = [];
  problems.set(page, found);
  page.on("pageerror", (error) => found.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") found.push(message.text());
  });
  return page;
}

/** What the browser complained about: errors of scripts, and violations of the content security policy. */
function problemsOf(page: Page): readonly string[] {
  return problems.get(page) ?? [];
}

async function checkOut(page: Page, name: string, email: string): Promise<void> {
  if (!(await page.getByTestId("checkout-name").isVisible())) await page.getByTestId("open-cart").click();
  await page.getByTestId("checkout-name").fill(name);
  await page.getByTestId("checkout-email").fill(email);
  await page.getByTestId("place-order").click();
  await page.getByTestId("pay").click();
}

/** The texts of elements that stick out of what holds them on the right. */
function cutOff(page: Page, holder: string): Promise<readonly string[]> {
  return page.evaluate(`[...document.querySelectorAll("${holder}")].flatMap((holder) =>
    [...holder.querySelectorAll("*:not(svg, svg *)")]
      .filter((part) => part.getBoundingClientRect().right > holder.getBoundingClientRect().right)
      .map((part) => part.textContent))`);
}

function shownStatus(page: Page): Promise<string | null> {
  return page.getByTestId("order-status").first().getAttribute("data-status");
}

async function picture(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS === undefined) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: "disabled" });
}
