/** What is asked of the brokers for the lag, and what is told when they know less, with scripted answers. */
import { expect, test } from "vitest";
import type { InboxLag } from "../../../../src/actors/ports.ts";
import { createInboxLag } from "../../../../src/infra/redpanda/inbox-lag.ts";
import { createManualClock } from "../../../support/memory/manual-clock.ts";
import { message, scriptedQueries } from "./inbox-world.ts";

const PARTITIONS = ["orders/0", "payments/0", "order-commands/0"];

test("an inbox without lag costs two requests, and one for owners once a second", async () => {
  const { lag, queries, clock } = start({ committed: 5, end: 5 });
  expect((await lag())[0]).toEqual(lagOf({ endOffset: 5, committedOffset: 5, oldestUnreadMs: null }));
  expect(queries.asked.splice(0).toSorted()).toEqual(["committed", "end", "owners"]);
  await lag();
  expect(queries.asked.splice(0).toSorted()).toEqual(["committed", "end"]);
  await clock.advance(1_000);
  await lag();
  expect(queries.asked).toContain("owners");
});

test("callers at the same time share the next round, and nobody gets an answer from before its question", async () => {
  const { lag, queries } = start({ committed: 5, end: 5 });
  const first = lag();
  const others = [lag(), lag(), lag()];
  await first;
  queries.offsetsOf.end.set("orders/0", 9);
  queries.messages = [message(5)];
  expect((await Promise.all(others)).map((answer) => answer[0]?.endOffset)).toEqual([9, 9, 9]);
  expect(queries.asked.filter((question) => question === "end")).toHaveLength(2);
});

test("partitions beyond the shards count to the shard with which they are read, whatever the order of the answers", async () => {
  const { lag, queries } = start({ committed: 5, end: 5 });
  const brokers = { ...queries };
  const extra = new Map([["payments/1", 3]]);
  queries.offsets = async (edge, topics) =>
    new Map([...extra, ...[...(await brokers.offsets(edge, topics))].toReversed()]);
  queries.committed = async () => new Map([...(await brokers.committed()), ["payments/1", 1]]);
  queries.messages = [message(1, { timestamp: "1000" })];
  expect(
    (await lag()).map(({ topic, shard, endOffset, committedOffset, oldestUnreadMs }) => {
      return [`${topic}/${shard}`, endOffset, committedOffset, oldestUnreadMs];
    }),
  ).toEqual([
    ["orders/0", 5, 5, null],
    ["payments/0", 8, 6, 1_000],
    ["order-commands/0", 5, 5, null],
  ]);
});

test("a round that fails fails its callers, and the next ones ask again", async () => {
  const { lag, queries } = start({ committed: 5, end: 5 });
  queries.failures.push(new Error("a test lets this fail"));
  await expect(lag()).rejects.toThrow("a test lets this fail");
  expect(await lag()).toHaveLength(3);
});

test("a group that has committed nothing begins with the oldest records", async () => {
  const { lag, queries } = start({ end: 9 });
  queries.offsetsOf.start.set("orders/0", 4);
  queries.messages = [message(4, { timestamp: "1000" })];
  const [orders, payments] = await lag();
  expect(orders).toEqual(lagOf({ endOffset: 9, committedOffset: 4, oldestUnreadMs: 1_000 }));
  expect(payments).toMatchObject({ committedOffset: 0 });
});

test("the time of the oldest unread record is that of the record itself, not of others in its batch", async () => {
  const { lag, queries } = start({ committed: 5, end: 9 });
  queries.messages = [3, 4, 5, 6].map((offset) => message(offset, { timestamp: String(offset * 1_000) }));
  expect((await lag())[0]).toEqual(lagOf({ endOffset: 9, committedOffset: 5, oldestUnreadMs: 5_000 }));
});

test("while a partition moves on, the time is read anew four times a second, and is never too late", async () => {
  const { lag, queries, clock } = start({ committed: 5, end: 9 });
  queries.messages = [message(5, { timestamp: "5000" })];
  await lag();
  queries.offsetsOf.committed.set("orders/0", 7);
  queries.messages = [message(7, { timestamp: "7000" })];
  expect((await lag())[0]).toMatchObject({ committedOffset: 7, oldestUnreadMs: 5_000 });
  await clock.advance(250);
  expect((await lag())[0]).toMatchObject({ committedOffset: 7, oldestUnreadMs: 7_000 });
});

test("a time that is known is not asked for again while the partition stands still", async () => {
  const { lag, queries, clock } = start({ committed: 5, end: 9 });
  queries.messages = [message(5)];
  await lag();
  await clock.advance(60_000);
  queries.asked.splice(0);
  await lag();
  expect(queries.asked.some((question) => question.startsWith("fetch"))).toBe(false);
});

test("a batch that is too long for the common fetch is fetched by itself", async () => {
  const { lag, queries } = start({ committed: 5, end: 9 });
  await lag();
  expect(queries.asked.filter((question) => question.startsWith("fetch"))).toEqual([
    "fetch orders/0@5 payments/0@5 order-commands/0@5",
    "fetch orders/0@5",
    "fetch payments/0@5",
    "fetch order-commands/0@5",
  ]);
});

test("what cannot be told is said to be older than anything", async () => {
  const { lag } = start({ committed: 5, end: 9 });
  expect((await lag())[0]).toMatchObject({ oldestUnreadMs: 0 });
});

test("records that were deleted unread are not counted", async () => {
  const { lag, queries } = start({ committed: 5, end: 90 });
  const outOfRange = Object.assign(new Error("a test"), { type: "OFFSET_OUT_OF_RANGE" });
  for (const key of PARTITIONS) queries.offsetsOf.start.set(key, 80);
  const { fetch } = queries;
  queries.fetch = (from) => (from.some(({ offset }) => offset < 80) ? Promise.reject(outOfRange) : fetch(from));
  queries.messages = [message(80, { timestamp: "1000" })];
  expect((await lag())[0]).toEqual(lagOf({ endOffset: 90, committedOffset: 80, oldestUnreadMs: 1_000 }));
});

function lagOf(parts: Pick<InboxLag, "endOffset" | "committedOffset" | "oldestUnreadMs">): InboxLag {
  return { shard: 0, topic: "orders", owner: "member-1", ...parts };
}

/** One shard, whose three partitions have the same offsets. */
function start({ committed, end }: { committed?: number; end: number }) {
  const clock = createManualClock();
  const queries = scriptedQueries(1);
  for (const key of PARTITIONS) {
    queries.offsetsOf.end.set(key, end);
    if (committed !== undefined) queries.offsetsOf.committed.set(key, committed);
  }
  return { clock, queries, lag: createInboxLag({ clock, queries, shards: 1 }) };
}
