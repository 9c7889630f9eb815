import { describe, expect, test } from "vitest";
import { createMailBreaker } from "../../../src/actors/mail-breaker.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";
import { createSeededRandom } from "../../support/memory/seeded-random.ts";

const LONGEST_PAUSE_MS = 60_000;

function setUp(concurrency = 8) {
  const clock = createManualClock();
  const breaker = createMailBreaker({ clock, random: createSeededRandom(), concurrency });
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) breaker.failed();
  };
  return { clock, breaker, fail };
}

describe("the breaker of mails", () => {
  test("is closed at first, and stays so while failures are few or not in a row", () => {
    const { breaker, fail } = setUp();
    fail(4);
    breaker.answered();
    fail(4);
    expect([breaker.state(), breaker.window()]).toEqual(["closed", 8]);
  });

  test("lets no mail through after five failures in a row, then one, and then more with each answer", async () => {
    const { clock, breaker, fail } = setUp();
    fail(5);
    expect([breaker.state(), breaker.window()]).toEqual(["open", 0]);
    await clock.advance(5_000);
    expect([breaker.state(), breaker.window()]).toEqual(["probing", 1]);
    const windows: number[] = [];
    while (breaker.state() !== "closed") {
      breaker.answered();
      windows.push(breaker.window());
    }
    expect(windows).toEqual([2, 3, 4, 5, 6, 7, 8]);
  });

  test("waits longer after each probe that fails, and never longer than a minute", async () => {
    const { clock, breaker, fail } = setUp();
    fail(5);
    const pausesMs: number[] = [];
    for (let i = 0; i < 8; i++) {
      const openedMs = clock.nowMs();
      while (breaker.state() === "open") await clock.advance(100);
      pausesMs.push(clock.nowMs() - openedMs);
      breaker.failed();
    }
    expect(pausesMs[0]).toBeLessThanOrEqual(5_000);
    expect(pausesMs.at(-1)).toBeGreaterThan(LONGEST_PAUSE_MS / 2 - 100);
    expect(Math.max(...pausesMs)).toBeLessThanOrEqual(LONGEST_PAUSE_MS + 100);
  });

  test("opens again when the server fails while it recovers", async () => {
    const { clock, breaker, fail } = setUp();
    fail(5);
    await clock.advance(5_000);
    breaker.answered();
    expect(breaker.state()).toBe("recovering");
    breaker.failed();
    expect(breaker.state()).toBe("open");
  });

  test("is not held open for longer by the mails that were under way when it opened, nor by a clock that is set back", async () => {
    const { clock, breaker, fail } = setUp();
    fail(16);
    await clock.advance(5_000);
    expect(breaker.state()).toBe("probing");
    breaker.failed();
    clock.step(-3_600_000);
    expect(breaker.state()).toBe("probing");
  });
});
