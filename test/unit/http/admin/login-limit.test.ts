import { expect, test } from "vitest";
import { createLoginLimit } from "../../../../src/http/admin/login-limit.ts";
import { createManualClock } from "../../../support/memory/manual-clock.ts";

function failing(times: number) {
  const clock = createManualClock();
  const limit = createLoginLimit(clock);
  for (let i = 0; i < times; i++) limit.failed("a");
  return { clock, limit };
}

test("lets an address fail nine times without a wait", () => {
  const { limit } = failing(9);
  expect(limit.waitS("a")).toBe(0);
});

test("lets an address that failed ten times wait for the end of the minute", async () => {
  const { limit, clock } = failing(10);
  expect([limit.waitS("a"), limit.waitS("b")]).toEqual([60, 0]);
  await clock.advance(59_500);
  expect(limit.waitS("a")).toBe(1);
  await clock.advance(500);
  expect(limit.waitS("a")).toBe(0);
});

test("lets nobody wait longer because the clock was set back", () => {
  const { limit, clock } = failing(10);
  clock.step(-60 * 60_000);
  expect(limit.waitS("a")).toBe(0);
});

test("remembers those who fail most recently, however many there are", () => {
  const { limit } = failing(10);
  for (let i = 0; i < 20_000; i++) limit.failed(`address-${i}`);
  for (let i = 0; i < 10; i++) limit.failed("b");
  expect([limit.waitS("a"), limit.waitS("b")]).toEqual([0, 60]);
});
