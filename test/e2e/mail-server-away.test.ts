/** Mail servers that are away, break off or refuse: orders go on, and every mail has an end that its order knows. */
import { expect, test } from "vitest";
import { HANG_UP, startFakeSmtpServer } from "../support/fake-smtp-server.ts";
import { startMailSink } from "../support/mail-sink.ts";
import { firstKeyOf } from "../support/operator-key.ts";
import { reconcile } from "../support/reconcile.ts";
import {
  freePort,
  runOrderloom,
  type ServiceProcess,
  startServiceProcess,
  temporaryFolder,
} from "../support/service-process.ts";
import { createShopper } from "../support/shopper.ts";

interface OrderAnswer {
  readonly status: string;
  readonly reason: string | null;
}

const answerOf = async <T>(url: string, init: RequestInit = {}): Promise<T> =>
  (await fetch(url, init)).json() as Promise<T>;

/** With the key that the first start prints. */
async function staffHeaders(service: ServiceProcess): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await firstKeyOf(service)}`, "content-type": "application/json" };
}

async function buyAt(url: string, name: string): Promise<string> {
  const purchase = await createShopper(() => url).buy(name, AbortSignal.timeout(60_000));
  if (purchase === null) throw new Error("the purchase was broken off");
  return purchase.orderId;
}

test("orders are confirmed while the mail server is away, and each of their mails leaves once when it is back", async () => {
  const port = await freePort();
  const dataDir = temporaryFolder();
  const service = await startServiceProcess({
    DATA_DIR: dataDir,
    SMTP_URL: `smtp://127.0.0.1:${port}`,
    MAIL_RATE_PER_S: "50",
  });
  const orderIds = await Promise.all(Array.from({ length: 40 }, (_, i) => buyAt(service.url, `away-${i}`)));
  for (const orderId of orderIds) {
    const order = await answerOf<OrderAnswer>(`${service.url}/orders/${orderId}?until=confirmed&wait=30`);
    expect(order.status).toBe("confirmed");
  }
  const metric = async (state: string): Promise<string | undefined> => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    return new RegExp(`^orderloom_mail_breaker_state\\{state="${state}"\\} (\\d)$`, "m").exec(text)?.[1];
  };
  await expect.poll(() => metric("closed"), { timeout: 30_000 }).toBe("0");
  const ready = await fetch(`${service.url}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({
    checks: expect.arrayContaining([
      { name: "mail server", ok: true, detail: expect.stringMatching(/could not be reached/) },
    ]),
  });
  const why = await runOrderloom(["why", orderIds[0] ?? "", "--url", service.url]);
  expect(why.code).toBe(0);
  expect(why.stdout).toMatch(/^The order is waiting for its confirmation mail/);

  const sink = await startMailSink(port);
  await expect.poll(() => sink.deliveries.size, { timeout: 120_000 }).toBe(orderIds.length);
  for (const orderId of orderIds) {
    const order = await answerOf<OrderAnswer>(`${service.url}/orders/${orderId}?until=emailed&wait=30`);
    expect(order.status).toBe("emailed");
  }
  expect([...sink.deliveries.values()].every((count) => count === 1)).toBe(true);
  await service.end("SIGTERM");
  expect(await reconcile(dataDir)).toMatchObject({
    code: 0,
    report: { unexplained: 0, compared: { orders: orderIds.length } },
  });
  await sink.stop();
});

test("a mail that was cut off comes again saying so, one that was put off comes later, and staff send a refused one", async () => {
  const server = await startFakeSmtpServer({
    body: [HANG_UP],
    // The first mail takes two recipients' turns, the second one is put off once, and the third one is refused.
    rcpt: [null, null, { reply: "451 later" }, null, { reply: "550 no such user" }],
  });
  const dataDir = temporaryFolder();
  const service = await startServiceProcess({
    DATA_DIR: dataDir,
    SMTP_URL: server.url,
    MAIL_CONNECTIONS: "1",
  });
  const headers = await staffHeaders(service);
  const read = (orderId: string, until: string) =>
    answerOf<OrderAnswer>(`${service.url}/orders/${orderId}?until=${until}&wait=30`);

  const cutOff = await buyAt(service.url, "cut-off");
  expect((await read(cutOff, "emailed")).status).toBe("emailed");
  const putOff = await buyAt(service.url, "put-off");
  expect((await read(putOff, "emailed")).status).toBe("emailed");
  const refused = await buyAt(service.url, "refused");
  await expect.poll(async () => (await read(refused, "confirmed")).reason, { timeout: 30_000 }).toMatch(/^550/);

  const copies = server.messages.filter((message) => message.includes(`<${cutOff}.confirmation@`));
  expect(copies.map((copy) => /^X-Possible-Repeat: yes$/m.test(copy.replaceAll("\r", "")))).toEqual([false, true]);
  expect(server.messages.filter((message) => message.includes("X-Possible-Repeat"))).toHaveLength(1);

  const messageId = `<${refused}.confirmation@orderloom.local>`;
  const { mails } = await answerOf<{ mails: { messageId: string }[] }>(`${service.url}/admin/mails?state=refused`, {
    headers,
  });
  expect(mails.map((mail) => mail.messageId)).toEqual([messageId]);
  const decided = await fetch(`${service.url}/admin/mails/${encodeURIComponent(messageId)}/decisions`, {
    method: "POST",
    headers,
    body: JSON.stringify({ decision: "send", reason: "the mailbox exists now" }),
  });
  expect(decided.status).toBe(200);
  await expect.poll(async () => (await read(refused, "emailed")).status, { timeout: 30_000 }).toBe("emailed");
  const { acts } = await answerOf<{ acts: { act: string }[] }>(`${service.url}/admin/acts?target=${refused}`, {
    headers,
  });
  expect(acts).toMatchObject([{ act: "mail.sent", reason: "the mailbox exists now" }]);
  await service.end("SIGTERM");
  expect(await reconcile(dataDir)).toMatchObject({ code: 0, report: { unexplained: 0, compared: { orders: 3 } } });
  await server.stop();
});

test("staff drop a held mail, and its order says why no mail came", async () => {
  const server = await startFakeSmtpServer({ body: [HANG_UP] });
  const dataDir = temporaryFolder();
  const service = await startServiceProcess({
    DATA_DIR: dataDir,
    SMTP_URL: server.url,
    MAIL_UNKNOWN: "hold",
  });
  const headers = await staffHeaders(service);
  const orderId = await buyAt(service.url, "held");
  const held = () => answerOf<{ mails: { messageId: string }[] }>(`${service.url}/admin/mails`, { headers });
  await expect.poll(async () => (await held()).mails.length, { timeout: 30_000 }).toBe(1);
  await fetch(`${service.url}/admin/mails/${orderId}.confirmation@orderloom.local/decisions`, {
    method: "POST",
    headers,
    body: JSON.stringify({ decision: "drop", reason: "we told her by phone" }),
  });
  const order = () => answerOf<OrderAnswer>(`${service.url}/orders/${orderId}`);
  await expect.poll(async () => (await order()).reason, { timeout: 30_000 }).toBe("we told her by phone");
  expect((await held()).mails).toEqual([]);
  expect(server.messages).toHaveLength(1);
  await service.end("SIGTERM");
  expect(await reconcile(dataDir)).toMatchObject({ code: 0, report: { unexplained: 0, compared: { orders: 1 } } });
  await server.stop();
});
