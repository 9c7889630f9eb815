/** In a real browser: a customer reads why the order waits, and staff find its held mail and drop it with a reason. */
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { HANG_UP, startFakeSmtpServer } from "../support/fake-smtp-server.ts";
import { firstKeyOf } from "../support/operator-key.ts";
import { startServiceProcess, temporaryFolder } from "../support/service-process.ts";
import { createShopper } from "../support/shopper.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;

const opened = await openBrowser();
afterAll(async () => {
  if (opened.type === "opened") await opened.browser.close();
});
if (opened.type === "unavailable") {
  console.warn(`The browser test is skipped, because no browser starts here: ${opened.reason}`);
}

async function openPage(options: BrowserContextOptions): Promise<Page> {
  if (opened.type !== "opened") return expect.unreachable("there is no browser");
  const context = await opened.browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() !== "error" || message.text().includes("401")) return;
    complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  onTestFinished(() => expect(complaints).toEqual([]));
  return page;
}

test.skipIf(opened.type === "unavailable")(
  "staff drop a held mail on a phone, and its customer reads why",
  async () => {
    const server = await startFakeSmtpServer({ body: [HANG_UP] });
    const service = await startServiceProcess({
      DATA_DIR: temporaryFolder(),
      SMTP_URL: server.url,
      MAIL_UNKNOWN: "hold",
    });
    const key = await firstKeyOf(service);
    const purchase = await createShopper(() => service.url).buy("held", AbortSignal.timeout(60_000));
    const orderId = purchase?.orderId ?? "";

    const customer = await openPage({ viewport: { width: 1280, height: 860 } });
    await customer.goto(`${service.url}/track/${orderId}`);
    await customer.getByText("Why is it waiting?").click();
    const headline = customer.getByTestId("why-headline");
    await expect.poll(() => headline.textContent(), { timeout: 20_000 }).toMatch(/^The order is waiting for a person/);

    const staff = await openPage(PHONE);
    await staff.goto(`${service.url}/admin/mails`);
    await staff.getByTestId("operator-key").fill(key);
    await staff.getByTestId("sign-in").click();
    const mail = staff.getByTestId(`mail-${orderId}`);
    await expect.poll(() => mail.textContent(), { timeout: 20_000 }).toContain("nobody can tell whether it arrived");
    await mail.getByRole("textbox").fill("we told her by phone");
    await mail.getByRole("button", { name: "Drop it" }).click();
    await expect.poll(() => mail.textContent(), { timeout: 20_000 }).toContain("dropped it");
    expect(await staff.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);

    await expect
      .poll(() => headline.textContent(), { timeout: 20_000 })
      .toMatch(/its confirmation mail was not delivered/);
    await mail.getByRole("link", { name: "Order" }).click();
    await expect.poll(() => staff.getByTestId("staff-why").textContent(), { timeout: 20_000 }).toContain("we told her");
    if (process.env["PICTURES"] !== undefined) {
      await staff.screenshot({ path: `${process.env["PICTURES"]}/why.png`, fullPage: true });
      await customer.screenshot({ path: `${process.env["PICTURES"]}/tracker.png`, fullPage: true });
      await staff.goto(`${service.url}/admin/mails/dropped`);
      await mail.waitFor();
      await staff.screenshot({ path: `${process.env["PICTURES"]}/mails.png`, fullPage: true });
    }
    // An open page asks on while the service stops, and is told so by a 503.
    await Promise.all([customer.context().close(), staff.context().close()]);
    await service.end("SIGTERM");
    await server.stop();
  },
);
