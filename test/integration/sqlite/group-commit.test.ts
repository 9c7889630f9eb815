/** Writes that come in together share a transaction, and yet each has an outcome of its own. */
import { expect, test } from "vitest";
import type { Commit } from "../../../src/actors/ports.ts";
import { createDataDir, openStores } from "./sqlite-fixture.ts";

test("a thousand appends at once take a handful of transactions", async () => {
  const { database, store } = await openStores(await createDataDir());
  const before = database.writeTransactions();
  const results = await Promise.all(Array.from({ length: 1_000 }, (_, i) => store.append([commit(i + 1)])));
  expect(results.every(({ type }) => type === "appended")).toBe(true);
  expect(database.writeTransactions() - before).toBeLessThan(10);
  expect(await store.head(0)).toBe(1_000);
});

test("producers that take turns share transactions as well", async () => {
  const { database, log } = await openStores(await createDataDir());
  const before = database.writeTransactions();
  const producers = Array.from({ length: 100 }, async (_, producer) => {
    for (let i = 0; i < 10; i++) {
      await log.produce([{ topic: "orders", key: `key-${producer}`, value: String(i), headers: {} }]);
    }
  });
  await Promise.all(producers);
  const lag = await log.inboxLag();
  expect(lag.reduce((sum, { endOffset }) => sum + endOffset, 0)).toBe(1_000);
  expect(database.writeTransactions() - before).toBeLessThan(200);
});

test("a write that fails leaves nothing behind and fails alone", async () => {
  const { database, log, store, views } = await openStores(await createDataDir());
  const before = database.writeTransactions();
  const bad = { name: "letters", fields: { weight: "integer" }, indexes: [["weight"], ["size"]] } as const;
  const [first, defined, second, appended] = await Promise.allSettled([
    log.produce([{ topic: "orders", key: "a", value: "1", headers: {} }]),
    views.define(bad, 1),
    log.produce([{ topic: "orders", key: "a", value: "2", headers: {} }]),
    store.append([commit(1)]),
  ]);
  expect(database.writeTransactions() - before).toBe(1);
  expect([first.status, second.status, appended.status]).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
  expect(defined).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining("size") } });
  const { shard } = (await log.inboxLag()).find(({ endOffset }) => endOffset > 0) ?? { shard: -1 };
  const records = await log.read("orders", shard, 0, 10);
  expect(records.map(({ offset, value }) => [offset, value])).toEqual([
    [0, "1"],
    [1, "2"],
  ]);
});

test("more writes than may wait are refused as overload, and those that wait are stored", async () => {
  const { log, database } = await openStores(await createDataDir(), { maxPending: 50 });
  const results = await Promise.allSettled(
    Array.from({ length: 60 }, (_, i) => log.produce([{ topic: "orders", key: `k${i}`, value: "", headers: {} }])),
  );
  const refused = results.filter(({ status }) => status === "rejected");
  expect(refused).toHaveLength(10);
  for (const result of refused) expect(result).toMatchObject({ reason: { code: "overloaded", retryable: true } });
  expect((await log.inboxLag()).reduce((sum, { endOffset }) => sum + endOffset, 0)).toBe(50);
  expect(database.pendingOperations()).toBe(0);
});

test("what was asked before the database stops is answered, and what comes after is refused", async () => {
  const { log, database } = await openStores(await createDataDir());
  const produced = log.produce([{ topic: "orders", key: "a", value: "1", headers: {} }]);
  const stopped = Promise.all([database.stop(), database.stop()]);
  await expect(produced).resolves.toBeUndefined();
  await stopped;
  const late = log.produce([{ topic: "orders", key: "a", value: "2", headers: {} }]);
  await expect(late).rejects.toMatchObject({ code: "log_unavailable" });
});

function commit(position: number): Commit {
  const orderId = `order-${position}`;
  return {
    shard: 0,
    position,
    orderId,
    sequence: 1,
    causeId: `order:${orderId}`,
    events: [{ type: "OrderValidated", data: {} }],
    recordedAt: "2026-01-05T12:00:00.000Z",
  };
}
