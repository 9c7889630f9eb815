/** In a real browser: money that came for the wrong order is found on the desk, and given to the order that waits for it. */
import { afterAll, expect, onTestFinished, test } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { firstKeyOf } from "../support/operator-key.ts";
import { startServiceProcess, temporaryFolder } from "../support/service-process.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;
const SOON = { timeout: 20_000 };

const opened = await openBrowser();
afterAll(async () => {
  if (opened.type === "opened") await opened.browser.close();
});
if (opened.type === "unavailable") {
  console.warn(`The browser test is skipped, because no browser starts here: ${opened.reason}`);
}

interface Placed {
  readonly orderId: string;
}

test.skipIf(opened.type === "unavailable")(
  "support gives a payment to the order that it was meant for, and that order is confirmed",
  async () => {
    if (opened.type === "unavailable") return;
    const service = await startServiceProcess({ DATA_DIR: temporaryFolder() });
    const key = await firstKeyOf(service);
    const post = async (path: string, body: unknown): Promise<unknown> => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${service.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      expect(response.status).toBe(202);
      return response.json();
    };
    const order = async (sku: string): Promise<string> => {
      const customer = { name: "Ada", email: "ada@shop.example" };
      return ((await post("/orders", { customer, items: [{ sku, quantity: 1 }] })) as Placed).orderId;
    };
    const statusOf = async (orderId: string): Promise<string> =>
      ((await (await fetch(`${service.url}/orders/${orderId}`)).json()) as { status: string }).status;

    const waiting = await order("margherita");
    const mispaid = await order("diavola");
    await post(`/orders/${mispaid}/payments`, { paymentId: "pay-1", amountMinor: 950, currency: "EUR" });
    await expect.poll(() => statusOf(mispaid), SOON).toBe("rejected");

    const context = await opened.browser.newContext(PHONE);
    onTestFinished(() => context.close());
    const staff = await context.newPage();
    const complaints: string[] = [];
    staff.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("401")) complaints.push(message.text());
    });
    staff.on("pageerror", (error) => complaints.push(error.message));
    await staff.goto(`${service.url}/admin/payments`);
    await staff.getByTestId("operator-key").fill(key);
    await staff.getByTestId("sign-in").click();
    await staff.getByTestId("payment-pay-1").getByRole("link").click();
    await staff.getByTestId("decide-reason").fill("she paid for the other one");
    expect(await staff.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const pictures = process.env["PICTURES"];
    if (pictures !== undefined) await staff.screenshot({ path: `${pictures}/payment.png`, fullPage: true });
    expect(await staff.getByTestId("asked-for").textContent()).toMatch(/^Its order costs .+; nothing is credited\.$/);
    expect(await staff.getByTestId(`suggested-${waiting}`).textContent()).toContain(waiting);
    await staff.getByTestId("decide-accept").click();
    const question = await staff.getByTestId("accept-question").textContent();
    for (const said of ["9.50", waiting, "Ada", "ada@shop.example"]) expect(question).toContain(said);
    await staff.getByTestId("confirm-accept").click();
    await expect.poll(() => staff.getByTestId("decided").textContent(), SOON).toContain("she paid for the other one");
    if (pictures !== undefined) await staff.screenshot({ path: `${pictures}/decided.png`, fullPage: true });

    await expect.poll(() => statusOf(waiting), SOON).toBe("emailed");
    await staff.getByRole("link", { name: "All payments" }).click();
    await staff.getByTestId("state-decided").click();
    await staff.getByTestId("payment-pay-1").getByText("she paid for the other one").waitFor();
    expect(complaints).toEqual([]);
    expect((await service.end("SIGTERM")).code).toBe(0);
  },
);

test.skipIf(opened.type === "unavailable")(
  "on a phone every section and filter is in sight, whatever customers are called, and orders are found by address",
  async () => {
    if (opened.type === "unavailable") return;
    const service = await startServiceProcess({ DATA_DIR: temporaryFolder() });
    const key = await firstKeyOf(service);
    const post = async (path: string, body: unknown): Promise<unknown> => {
      const headers = { "content-type": "application/json" };
      return (await fetch(`${service.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json();
    };
    const email = `${"y".repeat(60)}@${"z".repeat(60)}.example`;
    const order = { customer: { name: "x".repeat(200), email }, items: [{ sku: "diavola", quantity: 1 }] };
    const { orderId } = (await post("/orders", order)) as Placed;
    await post(`/orders/${orderId}/payments`, { paymentId: "pay-long", amountMinor: 111, currency: "EUR" });

    const context = await opened.browser.newContext(PHONE);
    onTestFinished(() => context.close());
    const staff = await context.newPage();
    const isWithinScreen = async () => {
      expect(await staff.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
      const beyond =
        "[...document.querySelectorAll('.nav-link')].filter((link) => link.getBoundingClientRect().right > innerWidth)";
      expect(await staff.evaluate(`${beyond}.map((link) => link.textContent)`)).toEqual([]);
    };
    await staff.goto(`${service.url}/admin/payments`);
    await staff.getByTestId("operator-key").fill(key);
    await staff.getByTestId("sign-in").click();
    await expect.poll(() => staff.getByTestId("payment-pay-long").count(), SOON).toBe(1);
    const counted = () =>
      staff
        .getByRole("link", { name: /^Payments/ })
        .getByTestId("waiting")
        .textContent();
    await expect.poll(counted, SOON).toMatch(/^1 /);
    await isWithinScreen();
    await staff.getByTestId("payment-pay-long").getByRole("link").click();
    await staff.getByTestId("asked-for").waitFor();
    await isWithinScreen();

    await staff.getByRole("link", { name: "Orders", exact: true }).click();
    await staff.getByTestId("find-order").fill(email);
    await staff.getByTestId("find-order").press("Enter");
    await staff.getByTestId(`found-${orderId}`).getByRole("link").click();
    await staff.getByTestId("staff-why").getByText("pay-long").waitFor();
    await isWithinScreen();
    expect((await service.end("SIGTERM")).code).toBe(0);
  },
);
