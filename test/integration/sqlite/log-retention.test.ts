/** Old records go, but never one that is unprocessed, nor a dead letter, nor the count of offsets. */
import { expect, onTestFinished, test, vi } from "vitest";
import type { NewRecord, Topic } from "../../../src/actors/ports.ts";
import { shardOf } from "../../../src/actors/sharding.ts";
import { startLogRetention } from "../../../src/infra/sqlite/log-retention.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";
import { createDataDir, openStores, SHARDS } from "./sqlite-fixture.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SHARD = shardOf("a", SHARDS);

test("deletes what is old and processed, and counts offsets on", async () => {
  const clock = createManualClock();
  const dataDir = await createDataDir();
  const { log, database, errors } = await openStores(dataDir, { clock });
  const offsetsOf = async (topic: Topic) => (await log.read(topic, SHARD, 0, 10_000)).map(({ offset }) => offset);
  await log.produce([...records("orders", 2_500), ...records("order-events", 3), ...records("dead-letters", 3)]);
  const consumer = await log.consumeInbox({ onBatch: async () => {}, onAssigned() {}, onRevoked() {} });
  await vi.waitFor(async () => {
    await clock.advance(20);
    expect((await log.inboxLag()).find(({ endOffset }) => endOffset > 0)).toMatchObject({ committedOffset: 2_500 });
  });
  await consumer.stop();
  await log.produce(records("payments", 3));
  await clock.advance(HOUR_MS);
  await log.produce(records("orders", 2));

  const retention = startLogRetention(database, {
    shards: SHARDS,
    clock,
    retentionMs: HOUR_MS,
    onError: (error) => expect.unreachable(String(error)),
  });
  onTestFinished(() => retention.stop());
  await vi.waitFor(async () => {
    await clock.advance(MINUTE_MS);
    expect(await offsetsOf("order-events")).toEqual([2]);
  });
  expect(await offsetsOf("orders")).toEqual([2_500, 2_501]);
  expect(await offsetsOf("payments")).toEqual([0, 1, 2]);
  expect(await offsetsOf("dead-letters")).toEqual([0, 1, 2]);
  await retention.stop();

  await database.stop();
  const reopened = await openStores(dataDir, { clock });
  await reopened.log.produce([...records("orders", 1), ...records("order-events", 1)]);
  expect((await reopened.log.read("order-events", SHARD, 0, 10)).map(({ offset }) => offset)).toEqual([2, 3]);
  expect(
    (await reopened.log.inboxLag()).find(({ topic, shard }) => topic === "orders" && shard === SHARD),
  ).toMatchObject({
    endOffset: 2_503,
    committedOffset: 2_500,
  });
  expect(errors).toEqual([]);
});

test("deletes no more than a slice at a time", async () => {
  const { log, database } = await openStores(await createDataDir());
  await log.produce(records("order-events", 2_500));
  const trim = {
    topic: "order-events",
    shard: SHARD,
    beforeMs: Date.now() + HOUR_MS,
    processedOnly: false,
    limit: 1_000,
  };
  expect(await database.write("log.trim", trim)).toBe(1_000);
  expect((await log.read("order-events", SHARD, 0, 1))[0]?.offset).toBe(1_000);
});

function records(topic: Topic, count: number): NewRecord[] {
  return Array.from({ length: count }, (_, i) => ({ topic, key: "a", value: String(i), headers: {} }));
}
