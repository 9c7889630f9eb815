/** What goes together with what, on a clock that stands still and with requests that a test answers. */
import { expect, test } from "vitest";
import { createTurns } from "../../../src/infra/turns.ts";
import { createManualClock, settled } from "../../support/memory/manual-clock.ts";

const EIGHT = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"];

test("what comes while a request is under way, or in the rest behind it, goes together as the next one", async () => {
  const world = start();
  world.add(...EIGHT);
  world.add("b");
  await world.answerAfter(10);
  world.add("c");
  await world.clock.advance(19);
  world.add("d");
  expect(world.requests).toEqual([EIGHT]);
  await world.clock.advance(1);
  expect(world.requests).toEqual([EIGHT, ["b", "c", "d"]]);
});

test("no request begins while another one is under way", async () => {
  const world = start();
  world.add("a");
  world.add("b");
  await world.clock.advance(60_000);
  expect(world.requests).toEqual([["a"]]);
  await world.answerAfter(0);
  expect(world.requests).toEqual([["a"], ["b"]]);
});

test("a rest is twice as long as the request took, and 25 ms at most", async () => {
  const world = start();
  world.add(...EIGHT);
  world.add(...EIGHT);
  await world.answerAfter(1);
  await world.clock.advance(1);
  expect(world.requests).toHaveLength(1);
  await world.clock.advance(1);
  expect(world.requests).toHaveLength(2);
  world.add("b");
  await world.answerAfter(4_000);
  await world.clock.advance(24);
  expect(world.requests).toHaveLength(2);
  await world.clock.advance(1);
  expect(world.requests).toEqual([EIGHT, EIGHT, ["b"]]);
});

test("behind fewer than eight there is no rest, and none behind a hundred", async () => {
  const world = start();
  const seven = EIGHT.slice(1);
  const hundred = Array.from({ length: 100 }, (_, number) => `b${number}`);
  world.add(...seven);
  world.add(...hundred);
  await world.answerAfter(20);
  world.add("c");
  await world.answerAfter(20);
  expect(world.requests).toEqual([seven, hundred, ["c"]]);
});

test("what comes after a quiet time goes at once", async () => {
  const world = start();
  world.add(...EIGHT);
  await world.answerAfter(10);
  await world.clock.advance(20);
  world.add("b");
  expect(world.requests).toEqual([EIGHT, ["b"]]);
});

test("a clock that is set back or forward in the midst of a request makes no rest longer than 25 ms", async () => {
  const world = start();
  world.add(...EIGHT);
  world.clock.step(-3_600_000);
  await world.answerAfter(10);
  world.add(...EIGHT);
  expect(world.requests).toHaveLength(2);
  world.clock.step(3_600_000);
  await world.answerAfter(10);
  world.add("b");
  await world.clock.advance(25);
  expect(world.requests).toEqual([EIGHT, EIGHT, ["b"]]);
});

function start() {
  const clock = createManualClock();
  const requests: string[][] = [];
  let waiting: string[] = [];
  let answer = (): void => {};
  const run = createTurns(clock, () => {
    if (waiting.length === 0) return null;
    const sent = waiting;
    waiting = [];
    requests.push(sent);
    return new Promise((resolve) => {
      answer = () => resolve(sent.length);
    });
  });
  return {
    clock,
    requests,
    add(...things: readonly string[]): void {
      waiting.push(...things);
      void run();
    },
    /** Answers the request under way after a time. */
    async answerAfter(tookMs: number): Promise<void> {
      await clock.advance(tookMs);
      answer();
      await settled();
    },
  };
}
