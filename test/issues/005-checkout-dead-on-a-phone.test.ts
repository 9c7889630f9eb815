/**
 * A phone that reached the shop by plain HTTP could not check out: browsers have crypto.randomUUID on HTTPS and
 * localhost alone, and what the page threw was shown nowhere.
 */
import type { Page } from "playwright-core";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { OTHER_HOST, openBrowser } from "../support/browser.ts";
import { startServiceProcess, temporaryFolder } from "../support/service-process.ts";

const opened = await openBrowser();
afterAll(async () => {
  if (opened.type === "opened") await opened.browser.close();
});
if (opened.type === "unavailable") {
  console.warn(`The browser test is skipped, because no browser starts here: ${opened.reason}`);
}

/** Opens the shop by plain HTTP at a name that is not localhost, with an espresso in the cart. */
async function openShop(): Promise<Page> {
  if (opened.type !== "opened") return expect.unreachable("there is no browser");
  const context = await opened.browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const service = await startServiceProcess({ DATA_DIR: temporaryFolder() });
  await page.goto(service.url.replace("127.0.0.1", OTHER_HOST));
  await page.getByTestId("add-espresso").click();
  await page.getByTestId("open-cart").click();
  await page.getByTestId("checkout-name").fill("Ada");
  await page.getByTestId("checkout-email").fill("ada@shop.example");
  return page;
}

test.skipIf(opened.type === "unavailable")(
  "an order can be placed where the browser sees no secure context",
  async () => {
    const page = await openShop();
    expect(await page.evaluate("isSecureContext")).toBe(false);
    await page.getByTestId("place-order").click();
    await page.getByTestId("pay").click({ timeout: 20_000 });
    await expect
      .poll(() => page.getByTestId("order-status").first().getAttribute("data-status"), { timeout: 20_000 })
      .toBe("emailed");
  },
);

test.skipIf(opened.type === "unavailable")("a checkout that fails in the page says so", async () => {
  const page = await openShop();
  await page.evaluate("crypto.getRandomValues = () => { throw new Error('the page is broken'); }");
  await page.getByTestId("place-order").click();
  await expect
    .poll(() => page.getByRole("alert").textContent(), { timeout: 20_000 })
    .toContain("Something went wrong on this page");
  expect(await page.getByTestId("place-order").textContent()).toBe("Place order");
});
