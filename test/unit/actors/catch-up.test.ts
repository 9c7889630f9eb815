import { expect, test } from "vitest";
import { watchCatchUp } from "../../../src/actors/catch-up.ts";
import type { InboxLag } from "../../../src/actors/ports.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";

const lagOf = (committedOffset: number, endOffset: number): InboxLag => ({
  shard: 0,
  topic: "orders",
  endOffset,
  committedOffset,
  oldestUnreadMs: committedOffset < endOffset ? 0 : null,
  owner: null,
});

test("an empty inbox is caught up at once", async () => {
  const clock = createManualClock();
  expect((await watchCatchUp({ log: { inboxLag: async () => [lagOf(3, 3)] }, clock })).isDone()).toBe(true);
});

test("a backlog is caught up once what waited at the start is committed, whatever comes later", async () => {
  const clock = createManualClock();
  let lag = lagOf(1, 3);
  const catchUp = await watchCatchUp({ log: { inboxLag: async () => [lag] }, clock });
  expect(catchUp.isDone()).toBe(false);
  lag = lagOf(2, 9);
  await clock.advance(100);
  expect(catchUp.isDone()).toBe(false);
  lag = lagOf(3, 9);
  await clock.advance(100);
  expect(catchUp.isDone()).toBe(true);
});

test("a long backlog is asked for less and less often, and its end is noticed within a second", async () => {
  const clock = createManualClock();
  let lag = lagOf(1, 3);
  let questions = 0;
  const inboxLag = async (): Promise<readonly InboxLag[]> => {
    questions += 1;
    return [lag];
  };
  const catchUp = await watchCatchUp({ log: { inboxLag }, clock });
  await clock.advance(60_000);
  expect(questions).toBeLessThan(90);
  lag = lagOf(3, 3);
  await clock.advance(1_000);
  expect(catchUp.isDone()).toBe(true);
});
