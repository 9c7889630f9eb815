/** Which topics are refused, and in which words. */
import { expect, test } from "vitest";
import { differenceOf, type FoundTopic } from "../../../../src/infra/redpanda/topic-check.ts";

const WANTED = { shards: 8, replication: 3 };
const WEEK_MS = 7 * 24 * 60 * 60 * 1_000;
const GOOD: FoundTopic = {
  topic: "orders",
  name: "shop-orders",
  partitions: 8,
  replication: 3,
  settings: {
    "cleanup.policy": "delete",
    "retention.ms": String(WEEK_MS),
    "retention.bytes": "-1",
    "message.timestamp.type": "LogAppendTime",
    "min.insync.replicas": "2",
  },
};

test("takes a topic that is as it must be, better than that, or on brokers without some of the settings", () => {
  expect(differenceOf(GOOD, WANTED)).toBe(null);
  expect(differenceOf({ ...GOOD, replication: 5, settings: { "retention.ms": "-1" } }, WANTED)).toBe(null);
  expect(differenceOf({ ...GOOD, settings: {} }, WANTED)).toBe(null);
});

test.each([
  ["order-events", 7],
  ["dead-letters", 30],
] as const)("takes %s only when it keeps what is promised: %d days", (topic, days) => {
  const keeping = (ms: number): string | null =>
    differenceOf({ ...GOOD, topic, settings: { "retention.ms": String(ms) } }, WANTED);
  const promisedMs = days * 24 * 60 * 60 * 1_000;
  expect(keeping(promisedMs)).toBe(null);
  expect(keeping(-1)).toBe(null);
  expect(keeping(promisedMs - 1)).toContain(`found ${promisedMs - 1}, wanted ${promisedMs} or more. Set it`);
});

test.each<[Partial<FoundTopic>, string]>([
  [{ partitions: 9 }, "number of partitions than it must have: found 9, wanted 8. Every topic needs as many"],
  [{ replication: 1 }, "number of replicas than it must have: found 1, wanted 3 or more. Add some"],
  [
    { settings: { "min.insync.replicas": "1" } },
    "min.insync.replicas than it must have: found 1, wanted 2 or more. Set",
  ],
  [{ settings: { "message.timestamp.type": "CreateTime" } }, "found CreateTime, wanted LogAppendTime. Set it"],
  [{ settings: { "cleanup.policy": "compact,delete" } }, "found compact,delete, wanted delete. Compaction would"],
  [{ settings: { "max.message.bytes": "1048575" } }, "found 1048575, wanted 1048576 or more. Set it on the topic."],
  [{ settings: { "retention.bytes": "1000000000" } }, "found 1000000000, wanted -1. A limit in bytes would delete"],
  [{ settings: { "retention.ms": "3600000" } }, `found 3600000, wanted ${WEEK_MS} or more. Set it on the topic.`],
])("says what differs: %j", (difference, sentence) => {
  const found = differenceOf({ ...GOOD, ...difference }, WANTED);
  expect(found).toContain("The topic shop-orders has another");
  expect(found).toContain(sentence);
});
