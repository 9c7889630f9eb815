/** When a consumer counts as dead, on a clock that stands still. */
import { expect, onTestFinished, test } from "vitest";
import { watchProgress } from "../../../../src/infra/redpanda/progress-watchdog.ts";
import { createManualClock } from "../../../support/memory/manual-clock.ts";

const STALLED_AFTER_MS = 20_000;

test("a consumer that does nothing while records wait is reported within 30 s", async () => {
  const world = start({ waiting: "10 records" });
  await world.clock.advance(20_000);
  expect(world.stalled).toEqual([]);
  await world.clock.advance(10_000);
  expect(world.stalled).toEqual(["10 records"]);
});

test("a consumer that does something now and then is alive", async () => {
  const world = start({ waiting: "10 records" });
  for (let i = 0; i < 20; i++) {
    world.progress += 1;
    await world.clock.advance(15_000);
  }
  expect(world.stalled).toEqual([]);
});

test("a consumer with nothing to do is alive", async () => {
  const world = start({ waiting: null });
  await world.clock.advance(600_000);
  expect(world.stalled).toEqual([]);
});

test("a consumer whose handlers take long is alive", async () => {
  const world = start({ waiting: "10 records" });
  world.busy = true;
  await world.clock.advance(600_000);
  expect(world.stalled).toEqual([]);
});

test("while the brokers do not answer nobody is blamed, but it is reported", async () => {
  const world = start({ waiting: "10 records" });
  await world.clock.advance(15_000);
  world.failing = true;
  await world.clock.advance(60_000);
  world.failing = false;
  await world.clock.advance(20_000);
  expect(world.stalled).toEqual([]);
  expect(world.errors.length).toBeGreaterThan(5);
  await world.clock.advance(10_000);
  expect(world.stalled).toEqual(["10 records"]);
});

test("a watch that has ended reports nothing", async () => {
  const world = start({ waiting: "10 records" });
  world.stop();
  await world.clock.advance(600_000);
  expect(world.stalled).toEqual([]);
});

function start({ waiting }: { waiting: string | null }) {
  const clock = createManualClock();
  const stalled: string[] = [];
  const errors: unknown[] = [];
  const world = { clock, stalled, errors, progress: 0, busy: false, failing: false, stop: () => {} };
  world.stop = watchProgress({
    clock,
    stalledAfterMs: STALLED_AFTER_MS,
    progress: () => world.progress,
    isBusy: () => world.busy,
    async findWaiting() {
      if (world.failing) throw new Error("a test lets this fail");
      return waiting;
    },
    onStalled: (what) => stalled.push(what),
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => world.stop());
  return world;
}
