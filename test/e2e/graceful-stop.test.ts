/** A stop is a drain: what was acknowledged before SIGTERM is answered, processed or found again, and exactly once. */
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { auditDataFolder } from "../support/audit.ts";
import { SILENCE, startFakeSmtpServer } from "../support/fake-smtp-server.ts";
import { startMailSink } from "../support/mail-sink.ts";
import { freePort, runOrderloom, startServiceProcess, temporaryFolder } from "../support/service-process.ts";
import { createShopper } from "../support/shopper.ts";

test("SIGTERM and SIGINT under load end with status 0, and the next start carries on without a second mail", async () => {
  const dataDir = temporaryFolder();
  const sink = await startMailSink();
  const port = await freePort();
  const environment = { DATA_DIR: dataDir, PORT: String(port), SMTP_URL: sink.url };
  const shopper = createShopper(() => `http://127.0.0.1:${port}`);
  const acknowledged: string[] = [];
  const closing = new AbortController();
  const shop = async (shopperNumber: number): Promise<void> => {
    for (let i = 0; !closing.signal.aborted; i++) {
      const purchase = await shopper.buy(`stop-${shopperNumber}-${i}`, AbortSignal.timeout(120_000));
      if (purchase !== null) acknowledged.push(purchase.orderId);
    }
  };
  let service = await startServiceProcess(environment);
  const shoppers = Array.from({ length: 16 }, (_, i) => shop(i));
  for (const signal of ["SIGTERM", "SIGINT", "SIGTERM"] as const) {
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(before + 100);
    const ended = await service.end(signal);
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.stderr).not.toContain("forced");
    service = await startServiceProcess(environment);
  }
  closing.abort();
  await Promise.all(shoppers);
  await expect.poll(() => sink.deliveries.size, { timeout: 60_000 }).toBe(acknowledged.length);
  for (const orderId of acknowledged) {
    const order = await (await fetch(`${service.url}/orders/${orderId}?until=emailed&wait=30`)).json();
    expect(order).toMatchObject({ orderId, status: "emailed" });
  }
  await service.end("SIGTERM");

  const audit = await auditDataFolder(dataDir, acknowledged, sink.deliveries);
  expect(audit.findings).toEqual([]);
  // A drained stop waits for the outcome of every mail, so none is unknown and none came twice.
  expect(audit.unknownMails.size).toBe(0);
  expect([...sink.deliveries.values()].every((count) => count === 1)).toBe(true);
  await sink.stop();
});

test("a stop ends live streams and requests that wait", async () => {
  const service = await startServiceProcess({ DATA_DIR: temporaryFolder() });
  const created = await fetch(`${service.url}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      customer: { name: "Ada", email: "ada@shop.example" },
      items: [{ sku: "espresso", quantity: 1 }],
    }),
  });
  const { orderId } = (await created.json()) as { orderId: string };
  const stream = await fetch(`${service.url}/orders/${orderId}/stream`);
  const chunks = stream.body?.pipeThrough(new TextDecoderStream()) ?? new ReadableStream<string>();
  const reader = chunks.getReader();
  // The stop must not come before the stream has shown what its order has.
  let streamed = "";
  while (!streamed.includes("OrderReceived")) {
    const { done, value = "" } = await reader.read();
    expect(done).toBe(false);
    streamed += value;
  }
  const ended = readToEnd(reader);
  // One asks well before the stop, one at the same moment: both are answered, if only with "ask again".
  const waiting = fetch(`${service.url}/orders/${orderId}?until=emailed&wait=30`);
  // The stream, the one who waits and the reader of the metrics.
  await expect.poll(() => requestsInFlight(service.url)).toBe(3);
  const late = fetch(`${service.url}/orders/${orderId}?until=emailed&wait=30`).then(
    ({ status }) => status,
    () => 0,
  );
  expect((await service.end("SIGTERM")).code).toBe(0);
  await ended;
  expect(await (await waiting).json()).toMatchObject({ orderId });
  expect([0, 200, 503]).toContain(await late);
});

test("a connection on which nothing was ever sent, as browsers keep one ready, holds up no stop", async () => {
  const service = await startServiceProcess({ DATA_DIR: temporaryFolder() });
  const spare = connect(Number(new URL(service.url).port), "127.0.0.1");
  const closed = once(spare, "close");
  await once(spare, "connect");
  expect((await fetch(`${service.url}/livez`)).status).toBe(200);
  expect((await service.end("SIGTERM")).code).toBe(0);
  await closed;
});

test("a mail server that falls silent holds up no stop, and its mail leaves later, once", async () => {
  const dataDir = temporaryFolder();
  const server = await startFakeSmtpServer({ data: [SILENCE] });
  const environment = { DATA_DIR: dataDir, SMTP_URL: server.url, MAIL_UNKNOWN: "hold" };
  let service = await startServiceProcess(environment);
  const purchase = await createShopper(() => service.url).buy("silent", new AbortController().signal);
  await expect.poll(() => server.commands, { timeout: 20_000 }).toContain("DATA");
  expect((await service.end("SIGTERM")).code).toBe(0);

  service = await startServiceProcess(environment);
  const order = await fetch(`${service.url}/orders/${purchase?.orderId}?until=emailed&wait=30`);
  expect(await order.json()).toMatchObject({ status: "emailed" });
  expect(server.messages).toHaveLength(1);
  const { mails } = (await (await fetch(`${service.url}/orders/${purchase?.orderId}/mails`)).json()) as {
    mails: unknown;
  };
  expect(mails).toMatchObject([{ state: "accepted", attempts: [{ outcome: "deferred" }, { outcome: "accepted" }] }]);
  await service.end("SIGTERM");
  await server.stop();
});

test("what cannot start says so in one sentence with a code and exits with status 1", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  const free = { PORT: "0", DEV_INBOX_PORT: "0" };
  const dataDir = temporaryFolder();
  const file = join(temporaryFolder(), "a-file");
  writeFileSync(file, "");
  const running = await startServiceProcess({ DATA_DIR: dataDir });

  const refusals = {
    port_taken: { ...free, PORT: String(port), DATA_DIR: temporaryFolder() },
    data_folder_in_use: { ...free, DATA_DIR: dataDir },
    data_folder_unwritable: { ...free, DATA_DIR: join(file, "data") },
    invalid_configuration: { ...free, SHARDS: "none" },
    invalid_catalogue: { ...free, DATA_DIR: temporaryFolder(), CATALOGUE_FILE: file },
  };
  for (const [code, environment] of Object.entries(refusals)) {
    const ended = await runOrderloom(["start"], environment);
    expect(ended, code).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr.trim().split("\n"), code).toHaveLength(1);
    expect(ended.stderr).toMatch(new RegExp(`^orderloom: .*\\. \\[${code}\\]`));
  }
  const inboxTaken = await runOrderloom(["start"], {
    ...free,
    DATA_DIR: temporaryFolder(),
    DEV_INBOX_PORT: String(port),
  });
  expect(inboxTaken.stderr).toMatch(/^orderloom: .*DEV_INBOX_PORT.*\[port_taken\]/);

  await running.end("SIGTERM");
  const shards = await runOrderloom(["start"], { ...free, DATA_DIR: dataDir, SHARDS: "4" });
  expect(shards.stderr).toMatch(/^orderloom: .*8.*4|4.*8.*\[shards_changed\]/);
  expect(shards.code).toBe(1);
  expect(existsSync(join(dataDir, "orderloom.db"))).toBe(true);
  await new Promise((resolve) => taken.close(resolve));
});

async function requestsInFlight(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^orderloom_http_requests_in_flight (\d+)$/m.exec(text)?.[1]);
}

/** Resolves when the stream has ended; rejects when it broke off. */
async function readToEnd(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}
