/** Which offsets are committed, when, and for whom never, on a clock that stands still. */
import { expect, test } from "vitest";
import type { CommitRequest } from "../../../../src/infra/redpanda/assignment.ts";
import { createOffsetCommits } from "../../../../src/infra/redpanda/offset-commits.ts";
import { createTopicNames } from "../../../../src/infra/redpanda/topics.ts";
import { createManualClock, settled } from "../../../support/memory/manual-clock.ts";
import { assigned, partitionIn } from "./inbox-world.ts";

test("what is processed within 100 ms is committed by one request", async () => {
  const world = start();
  world.process("orders", 0, 5);
  await world.clock.advance(10);
  world.process("payments", 1, 7);
  await world.clock.advance(89);
  expect(world.requests).toEqual([]);
  await world.clock.advance(1);
  expect(world.requests).toEqual(["x-orders/0@5 x-payments/1@7"]);
  await world.clock.advance(10_000);
  expect(world.requests).toHaveLength(1);
});

test("what is processed while a commit is under way is committed after it", async () => {
  const gate = Promise.withResolvers<void>();
  const world = start({ answer: () => gate.promise });
  world.process("orders", 0, 5);
  await world.clock.advance(100);
  world.process("orders", 0, 6);
  await world.clock.advance(100);
  expect(world.requests).toEqual(["x-orders/0@5"]);
  gate.resolve();
  await world.clock.advance(100);
  expect(world.requests).toEqual(["x-orders/0@5", "x-orders/0@6"]);
});

test("nothing is committed for an assignment that has ended, whatever its handlers still process", async () => {
  const world = start();
  world.process("orders", 0, 5);
  world.assignment.end();
  world.process("orders", 0, 6);
  await world.clock.advance(10_000);
  await world.commits.flush(world.assignment);
  expect(world.requests).toEqual([]);
});

test("the last commit of an assignment is on its way before the assignment can end", () => {
  const world = start();
  world.process("orders", 0, 5);
  void world.commits.flush(world.assignment);
  expect(world.requests).toEqual(["x-orders/0@5"]);
  world.assignment.end();
});

test("a commit that fails is reported and repeated after a second", async () => {
  let failures = 2;
  const world = start({ answer: () => (failures-- > 0 ? Promise.reject(new Error("a test")) : Promise.resolve()) });
  world.process("orders", 0, 5);
  await world.clock.advance(2_100);
  expect(world.requests).toHaveLength(3);
  expect(world.errors).toMatchObject([{ code: "log_unavailable" }, { code: "log_unavailable" }]);
  await world.clock.advance(10_000);
  expect(world.requests).toHaveLength(3);
});

test("a commit that comes too late for its generation is no error: the records come again", async () => {
  const answer = () => Promise.reject(Object.assign(new Error("a test"), { type: "ILLEGAL_GENERATION" }));
  const world = start({ answer });
  world.process("orders", 0, 5);
  await world.clock.advance(100);
  world.assignment.end();
  await settled();
  expect(world.requests).toHaveLength(1);
  expect(world.errors).toEqual([]);
});

function start({ answer = async () => {} }: { answer?: () => Promise<void> } = {}) {
  const clock = createManualClock();
  const errors: unknown[] = [];
  const requests: string[] = [];
  const assignment = assigned([0, 1], ({ topics }: CommitRequest) => {
    const offsets = topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => `${topic}/${partition}@${offset}`),
    );
    requests.push(offsets.join(" "));
    return answer();
  });
  const names = createTopicNames("x-");
  const commits = createOffsetCommits({ clock, names, onError: (error) => errors.push(error) });
  return {
    clock,
    errors,
    requests,
    assignment,
    commits,
    process(topic: "orders" | "payments", shard: number, offset: number): void {
      partitionIn(assignment, topic, shard).processedOffset = offset;
      commits.schedule(assignment);
    },
  };
}
