/** The client against a service that breaks connections, is busy, goes away and comes back. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ApiClient, createApiClient } from "../../../src/demo/api-client.ts";
import type { SentOrder } from "../../../src/demo/generate.ts";
import { DEFAULT_MIX, parseMix } from "../../../src/demo/mix.ts";
import { retryAfterMs } from "../../../src/demo/persistent-http.ts";
import { createScoreboard } from "../../../src/demo/scoreboard.ts";
import { sendRun } from "../../../src/demo/send-run.ts";
import { type Faults, startFakeService } from "../../support/fake-service.ts";

const ORDER = {
  idempotencyKey: "k1",
  customer: { name: "Ada Lovelace", email: "ada@example.com" },
  items: [{ sku: "soup", quantity: 1 }],
};
const RUN = { seed: 3, run: "r1", mix: DEFAULT_MIX, rate: 0, everyMs: 0, concurrency: 8, quiet: true };

type ClientOptions = Partial<Parameters<typeof createApiClient>[0]>;

async function start(faults: Faults, options: ClientOptions = {}) {
  const service = await startFakeService(faults);
  onTestFinished(() => service.stop());
  return { service, client: clientOf(service.url, options) };
}

function clientOf(url: string, options: ClientOptions = {}): ApiClient {
  const backoff = { baseMs: 5, maxMs: 50 };
  const client = createApiClient({ url, connections: 8, deadlineMs: 10_000, backoff, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** A service of somebody else, which answers everything alike. */
async function startStranger(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a call", () => {
  test.each(["before", "after"] as const)(
    "repeats under its key when the connection breaks %s the service acts",
    async (when) => {
      const { service, client } = await start({
        breaks: ({ number }) => (number <= 3 ? { when, answer: "reset" } : undefined),
      });
      await client.submit(ORDER);
      expect(service.requests.map(({ call, key }) => `${call} ${key}`)).toEqual(Array(4).fill("POST /orders k1"));
      expect([service.orders(), client.retries()]).toEqual([1, 3]);
    },
  );

  test.each([429, 503])("waits as long as an answer %s asks for", async (status) => {
    const answer = { status, headers: { "retry-after": "1" } };
    const { client } = await start({ breaks: ({ number }) => (number === 1 ? { when: "before", answer } : undefined) });
    const startedMs = performance.now();
    await client.submit(ORDER);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(1_000);
  });

  test("does not repeat what the service has failed at for a reason of its own", async () => {
    const { service, client } = await start({ breaks: () => ({ when: "before", answer: { status: 500 } }) });
    await expect(client.submit(ORDER)).rejects.toMatchObject({ code: "unexpected_answer" });
    expect(service.requests).toHaveLength(1);
  });

  test("gives up at its deadline, and says why", async () => {
    const { service, client } = await start({}, { deadlineMs: 200 });
    await service.stop();
    await expect(client.submit(ORDER)).rejects.toMatchObject({
      code: "service_unreachable",
      message: expect.stringMatching(/^The service at http:.* gave no answer within [\d.]+ s: .*ECONNREFUSED/),
    });
  });

  test("stops repeating when it is interrupted", async () => {
    const interruption = new AbortController();
    const { service, client } = await start(
      {},
      { signal: interruption.signal, backoff: { baseMs: 600_000, maxMs: 600_000 }, deadlineMs: 3_600_000 },
    );
    await service.stop();
    const call = client.submit(ORDER);
    interruption.abort();
    await expect(call).rejects.toMatchObject({ code: "service_unreachable" });
  });

  test("tells what the service says about a refusal", async () => {
    const refusal = JSON.stringify({ title: "Unknown item.", detail: "there is no item soup", code: "unknown_item" });
    const client = clientOf(await startStranger(422, refusal));
    await expect(client.submit(ORDER)).rejects.toMatchObject({
      code: "unexpected_answer",
      message: 'The service answered POST /orders with 422 "Unknown item. there is no item soup" [unknown_item].',
    });
  });

  test.each([
    [200, "<html>hello</html>"],
    [200, '{"currency":"EUR"}'],
    [404, "not here"],
  ])("does not take a stranger's %i %s for the service", async (status, body) => {
    const client = clientOf(await startStranger(status, body));
    await expect(client.catalogue()).rejects.toMatchObject({ code: "unexpected_answer" });
  });

  test("knows an order or an inbox that is not there", async () => {
    const { client } = await start({ withoutInbox: true });
    expect([await client.order("o1"), await client.events("o1"), await client.mailsOf("o1")]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test("takes a page for people for an inbox that is not there", async () => {
    const client = clientOf(await startStranger(200, "<html>the inbox</html>"));
    expect(await client.mailsOf("o1")).toBeNull();
  });

  test.each(["nowhere", "ftp://127.0.0.1", ""])("refuses the address '%s'", (url) => {
    expect(() => createApiClient({ url, connections: 1 })).toThrow(
      expect.objectContaining({ code: "invalid_configuration" }),
    );
  });
});

describe("a run", () => {
  test("loses nothing when the service goes away in the middle and comes back", async () => {
    const { service, client } = await start({});
    const sent: SentOrder[] = [];
    let restarted: Promise<void> | undefined;
    const restart = async (): Promise<void> => {
      await service.stop();
      // It stays away until at least one request has noticed.
      const before = client.retries();
      await expect.poll(() => client.retries(), { interval: 2 }).toBeGreaterThan(before);
      await service.start();
    };
    await sendRun(client, { ...RUN, url: service.url, limit: 60 }, (order) => {
      sent.push(order);
      if (sent.length === 20) restarted = restart();
    });
    await restarted;
    const scoreboard = await createScoreboard({ client, sent, concurrency: 8, quietMs: 2_000, onProgress() {} });
    expect(scoreboard).toMatchObject({ unexplained: 0, differences: [] });
    expect([sent.length, service.orders()]).toEqual([60, 60]);
    expect(client.retries()).toBeGreaterThan(0);
  });

  test("explains a cancellation that was sent again because its answer was lost", async () => {
    let isLost = false;
    const { service, client } = await start({
      breaks({ url }) {
        if (!url.endsWith("/cancel") || isLost) return undefined;
        isLost = true;
        return { when: "after", answer: "reset" };
      },
    });
    const sent: SentOrder[] = [];
    const mix = parseMix("unpaid-cancel=1");
    await sendRun(client, { ...RUN, url: service.url, limit: 2, mix }, (order) => sent.push(order));
    const scoreboard = await createScoreboard({ client, sent, concurrency: 8, quietMs: 2_000, onProgress() {} });
    expect(sent.map(({ cancellations }) => cancellations).reduce((a, b) => a + b)).toBe(3);
    expect(scoreboard).toMatchObject({ unexplained: 0, differences: [] });
  });
});

describe("Retry-After", () => {
  const NOW_MS = Date.parse("2026-11-21T12:00:00Z");

  test.each([
    [undefined, 0],
    ["2", 2_000],
    ["Sat, 21 Nov 2026 12:00:05 GMT", 5_000],
    ["Sat, 21 Nov 2026 11:00:00 GMT", 0],
    ["86400", 30_000],
    ["soon", 0],
  ])("'%s' asks for %i ms", (header, expected) => {
    expect(retryAfterMs(header, NOW_MS)).toBe(expected);
  });
});
