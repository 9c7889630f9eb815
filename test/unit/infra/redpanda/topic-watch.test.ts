/** What is told of topics that get partitions while the service runs, on a clock that stands still. */
import { expect, onTestFinished, test } from "vitest";
import { OperationalError } from "../../../../src/actors/errors.ts";
import type { Topic } from "../../../../src/actors/ports.ts";
import { watchTopics } from "../../../../src/infra/redpanda/topic-watch.ts";
import { createTopicNames } from "../../../../src/infra/redpanda/topics.ts";
import { createManualClock } from "../../../support/memory/manual-clock.ts";

test("a partition too many is told within 10 s, once, and measured all the time", async () => {
  const world = start();
  await world.clock.advance(60_000);
  expect(world.errors).toEqual([]);
  expect(world.extra.get("payments")).toBe(0);
  world.counts.set("payments", 9);
  await world.clock.advance(10_000);
  expect(world.errors).toMatchObject([
    {
      code: "topics_differ",
      retryable: false,
      message: expect.stringMatching(/shop-payments has 9 partitions .* 8 shards/),
    },
  ]);
  await world.clock.advance(60_000);
  expect(world.errors).toHaveLength(1);
  expect([...world.extra]).toEqual([
    ["orders", 0],
    ["payments", 1],
  ]);
  world.counts.set("payments", 10);
  await world.clock.advance(10_000);
  expect(world.errors).toHaveLength(2);
});

test("brokers that do not answer do not end the watch", async () => {
  const world = start();
  world.counts.set("orders", 12);
  world.failing = true;
  await world.clock.advance(30_000);
  expect(world.errors).toEqual([]);
  world.failing = false;
  await world.clock.advance(10_000);
  expect(world.errors).toHaveLength(1);
  expect(world.extra.get("orders")).toBe(4);
});

function start() {
  const clock = createManualClock();
  const errors: unknown[] = [];
  const extra = new Map<string, number>();
  const counts = new Map<Topic, number>([
    ["orders", 8],
    ["payments", 8],
  ]);
  const world = { clock, errors, extra, counts, failing: false };
  const stop = watchTopics({
    clock,
    shards: 8,
    names: createTopicNames("shop-"),
    queries: {
      async partitionCounts() {
        if (world.failing) throw new OperationalError("log_unavailable", "a test lets this fail", { retryable: true });
        return counts;
      },
    },
    metrics: { extraPartitions: (topic, count) => void extra.set(topic, count) },
    onError: (error) => errors.push(error),
  });
  onTestFinished(stop);
  return world;
}
