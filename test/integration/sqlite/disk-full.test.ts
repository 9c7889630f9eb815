/** A full disk refuses writes without storing a part of them, and writing goes on once there is room. */
import { expect, test } from "vitest";
import type { Commit } from "../../../src/actors/ports.ts";
import { createDataDir, openStores } from "./sqlite-fixture.ts";

const LARGE = "x".repeat(50_000);
const UNLIMITED_PAGES = 1_000_000;

test("writes fail as unavailable while the disk is full, and succeed once there is room", async () => {
  const { database, log, store, views, ledger } = await openStores(await createDataDir());
  await log.produce([{ topic: "orders", key: "a", value: "before", headers: {} }]);
  await database.write("database.limitPages", 1);

  const produced = log.produce([{ topic: "orders", key: "a", value: LARGE, headers: {} }]);
  await expect(produced).rejects.toMatchObject({ code: "log_unavailable", retryable: true });
  const appended = store.append([commit(1), commit(2)]);
  await expect(appended).rejects.toMatchObject({ code: "store_unavailable", retryable: true });
  expect(await store.head(0)).toBe(0);
  expect(await ledger.counts()).toMatchObject({ queued: 0 });

  await database.write("database.limitPages", UNLIMITED_PAGES);
  await log.produce([{ topic: "orders", key: "a", value: "after", headers: {} }]);
  expect(await store.append([commit(1), commit(2)])).toEqual({ type: "appended" });
  await views.define({ name: "parcels", fields: {}, indexes: [] }, 1);
  const { shard } = (await log.inboxLag()).find(({ endOffset }) => endOffset > 0) ?? { shard: -1 };
  const records = await log.read("orders", shard, 0, 10);
  expect(records.map(({ offset, value }) => [offset, value])).toEqual([
    [0, "before"],
    [1, "after"],
  ]);
});

test("a transaction that does not fit is refused whole, for every write in it", async () => {
  const { database, log, store } = await openStores(await createDataDir());
  await database.write("database.limitPages", 1);
  const results = await Promise.allSettled([
    log.produce([{ topic: "orders", key: "a", value: "small", headers: {} }]),
    store.append([commit(1)]),
    log.produce([{ topic: "orders", key: "a", value: LARGE, headers: {} }]),
  ]);
  expect(results.map((result) => result.status === "rejected" && result.reason.code)).toEqual([
    "log_unavailable",
    "store_unavailable",
    "log_unavailable",
  ]);
  expect((await log.inboxLag()).every(({ endOffset }) => endOffset === 0)).toBe(true);
  expect(await store.head(0)).toBe(0);
});

test("reads go on while the disk is full", async () => {
  const { database, store } = await openStores(await createDataDir());
  await store.append([commit(1)]);
  await database.write("database.limitPages", 1);
  await expect(store.append([commit(2)])).rejects.toMatchObject({ code: "store_unavailable" });
  expect(await store.readShard(0, 0, 10)).toEqual([commit(1)]);
});

function commit(position: number): Commit {
  const orderId = `order-${position}`;
  return {
    shard: 0,
    position,
    orderId,
    sequence: 1,
    causeId: `order:${orderId}`,
    events: [{ type: "OrderCancelled", data: { reason: LARGE } }],
    recordedAt: "2026-01-05T12:00:00.000Z",
  };
}
