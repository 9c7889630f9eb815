/**
 * Whatever comes again has no effect: requests that are repeated, and every record of the inbox produced a second
 * time under new offsets, as a producer's retries do. What cannot be read is kept with its reason and stops nothing.
 */
import { expect, test } from "vitest";
import { INBOX_TOPICS, type MessageLog, type NewRecord, type Topic } from "../../src/actors/ports.ts";
import { openEmbeddedStores } from "../../src/embedded-stores.ts";
import { auditDataFolder } from "../support/audit.ts";
import { startMailSink } from "../support/mail-sink.ts";
import { startServiceProcess, temporaryFolder } from "../support/service-process.ts";
import { createShopper } from "../support/shopper.ts";

const ORDERS = 40;
const SHARDS = 8;

test("repeated requests and a repeated inbox change nothing, and unreadable messages are kept as dead letters", async () => {
  const dataDir = temporaryFolder();
  const sink = await startMailSink();
  const environment = { DATA_DIR: dataDir, SHARDS: String(SHARDS), SMTP_URL: sink.url };
  let service = await startServiceProcess(environment);
  const shopper = createShopper(() => service.url);
  const never = new AbortController().signal;

  // Every purchase three times at once: the same keys and the same payment ids.
  const purchases = await Promise.all(
    Array.from({ length: ORDERS * 3 }, (_, i) => shopper.buy(`twice-${i % ORDERS}`, never)),
  );
  const orderIds = [...new Set(purchases.map((purchase) => purchase?.orderId as string))];
  expect(orderIds).toHaveLength(ORDERS);
  await allEmailed(service.url, orderIds);
  const before = await timelines(service.url, orderIds);
  await service.end("SIGTERM");

  const copied = await withLog(dataDir, async (log) => {
    const records = await inboxRecords(log);
    await log.produce(records);
    await log.produce(GARBAGE);
    return records.length;
  });
  expect(copied).toBeGreaterThanOrEqual(ORDERS * 3);

  service = await startServiceProcess(environment);
  const late = await shopper.buy("after-the-garbage", never);
  await allEmailed(service.url, [...orderIds, late?.orderId as string]);
  await expect.poll(() => inboxLag(service.url)).toBe(0);
  expect(await timelines(service.url, orderIds)).toEqual(before);
  await service.end("SIGTERM");

  const letters = await withLog(dataDir, (log) => recordsOf(log, "dead-letters"));
  expect(letters).toHaveLength(GARBAGE.length);
  for (const { value, headers } of GARBAGE) {
    const kept = { value, headers: expect.objectContaining({ ...headers, "dead-letter-code": "unreadable_message" }) };
    expect(letters).toContainEqual(expect.objectContaining(kept));
  }
  for (const { headers } of letters) {
    expect(headers["dead-letter-detail"]).not.toBe("");
    expect(headers["dead-letter-id"]).toMatch(/^(orders|payments|order-commands)\/\d+\/\d+$/);
  }
  const audit = await auditDataFolder(dataDir, [...orderIds, late?.orderId as string], sink.deliveries, {
    deadLetters: GARBAGE.length,
  });
  expect(audit.findings).toEqual([]);
  expect(sink.deliveries.size).toBe(ORDERS + 1);
  expect([...sink.deliveries.values()].every((count) => count === 1)).toBe(true);
  await sink.stop();
});

const GARBAGE: readonly NewRecord[] = [
  { topic: "orders", key: "not-json", value: "{not json", headers: { "x-from": "a script" } },
  { topic: "payments", key: "null", value: "null", headers: {} },
  { topic: "order-commands", key: "deep", value: "[".repeat(20_000), headers: {} },
  { topic: "orders", key: "proto", value: '{"__proto__":{"type":"SubmitOrder"}}', headers: {} },
];

async function withLog<Result>(dataDir: string, use: (log: MessageLog) => Promise<Result>): Promise<Result> {
  const fail = (error: unknown): never => {
    throw error;
  };
  const stores = await openEmbeddedStores({ DATA_DIR: dataDir, SHARDS }, { crash: fail, retriedError: fail });
  try {
    return await use(stores.log);
  } finally {
    await stores.stop();
  }
}

async function inboxRecords(log: MessageLog): Promise<NewRecord[]> {
  return (await Promise.all(INBOX_TOPICS.map((topic) => recordsOf(log, topic)))).flat();
}

async function recordsOf(log: MessageLog, topic: Topic): Promise<NewRecord[]> {
  const shards = Array.from({ length: SHARDS }, (_, shard) => log.read(topic, shard, 0, 10_000));
  return (await Promise.all(shards)).flat().map(({ key, value, headers }) => ({ topic, key, value, headers }));
}

async function allEmailed(url: string, orderIds: readonly string[]): Promise<void> {
  for (const orderId of orderIds) {
    const response = await fetch(`${url}/orders/${orderId}?until=emailed&wait=30`);
    expect(await response.json()).toMatchObject({ orderId, status: "emailed" });
  }
}

async function timelines(url: string, orderIds: readonly string[]): Promise<unknown[]> {
  return Promise.all(orderIds.map(async (orderId) => (await fetch(`${url}/orders/${orderId}/events`)).json()));
}

/** Records that wait in the inbox, as an operator reads it. */
async function inboxLag(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = [...text.matchAll(/^orderloom_inbox_lag_records\{.*\} (\d+)$/gm)].map(([, value]) => Number(value));
  return values.reduce((sum, value) => sum + value, 0);
}
