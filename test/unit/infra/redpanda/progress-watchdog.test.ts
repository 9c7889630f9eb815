/** When a consumer counts as dead, on a clock that stands still. */
import { expect, onTestFinished, test } from "vitest";
import { type Waiting, watchProgress } from "../../../../src/infra/redpanda/progress-watchdog.ts";
import { createManualClock } from "../../../support/memory/manual-clock.ts";

const STALLED_AFTER_MS = 20_000;

test("a consumer that does nothing while records wait is reported within 30 s", async () => {
  const world = start();
  world.waits("orders/0");
  await world.clock.advance(20_000);
  expect(world.stalled).toEqual([]);
  await world.clock.advance(10_000);
  expect(world.stalled).toEqual(["orders/0 waits"]);
});

test("one partition that stands still is reported within 30 s while all the others flow on", async () => {
  const world = start();
  world.waits("payments/5");
  for (let second = 0; second < 30; second++) {
    world.waits("orders/0", second);
    world.waits("payments/6", second);
    await world.clock.advance(1_000);
  }
  expect(world.stalled).toEqual(["payments/5 waits"]);
});

test("a consumer that does something now and then is alive", async () => {
  const world = start();
  for (let i = 0; i < 20; i++) {
    world.waits("orders/0", i);
    await world.clock.advance(15_000);
  }
  expect(world.stalled).toEqual([]);
});

test("records that wait only now and then do not add up", async () => {
  const world = start();
  for (let i = 0; i < 20; i++) {
    world.waits("orders/0");
    await world.clock.advance(15_000);
    world.waiting.clear();
    await world.clock.advance(5_000);
  }
  expect(world.stalled).toEqual([]);
});

test("a consumer with nothing to do is alive", async () => {
  const world = start();
  await world.clock.advance(600_000);
  expect(world.stalled).toEqual([]);
});

test("while the brokers do not answer nobody is blamed, but it is reported", async () => {
  const world = start();
  world.waits("orders/0");
  await world.clock.advance(15_000);
  world.failing = true;
  await world.clock.advance(60_000);
  world.failing = false;
  await world.clock.advance(20_000);
  expect(world.stalled).toEqual([]);
  expect(world.errors.length).toBeGreaterThan(5);
  await world.clock.advance(10_000);
  expect(world.stalled).toEqual(["orders/0 waits"]);
});

test("a watch that has ended reports nothing", async () => {
  const world = start();
  world.waits("orders/0");
  world.stop();
  await world.clock.advance(600_000);
  expect(world.stalled).toEqual([]);
});

function start() {
  const clock = createManualClock();
  const stalled: string[] = [];
  const errors: unknown[] = [];
  const waiting = new Map<string, Waiting>();
  const world = {
    clock,
    stalled,
    errors,
    waiting,
    failing: false,
    stop: () => {},
    waits(key: string, progress = 0): void {
      waiting.set(key, { key, progress, what: `${key} waits` });
    },
  };
  world.stop = watchProgress({
    clock,
    stalledAfterMs: STALLED_AFTER_MS,
    async findWaiting() {
      if (world.failing) throw new Error("a test lets this fail");
      return [...waiting.values()];
    },
    onStalled: (what) => stalled.push(what),
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => world.stop());
  return world;
}
