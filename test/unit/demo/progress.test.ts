import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { createProgress } from "../../../src/demo/progress.ts";

function createStream(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, cursorTo() {}, clearLine() {}, moveCursor() {} });
  return { stream, text: () => String(stream.read() ?? "") };
}

describe("progress", () => {
  test("is a bar on a terminal", () => {
    const { stream, text } = createStream(true);
    const progress = createProgress({ label: "orders", quiet: false, stream });
    progress.update(1, 4);
    progress.update(3, 4);
    progress.stop();
    progress.stop();
    expect(text()).toMatch(/75%\s+3\/4 orders/);
  });

  test("does not pretend to know how long the rest takes before anything is done", () => {
    const { stream, text } = createStream(true);
    const progress = createProgress({ label: "orders", quiet: false, stream });
    progress.update(0, 4);
    progress.update(0, 4);
    progress.stop();
    expect(text()).toContain("0s, unknown time left");
    const later = createStream(true);
    const done = createProgress({ label: "orders", quiet: false, stream: later.stream });
    done.update(1, 4);
    done.update(4, 4);
    done.stop();
    expect(later.text()).toMatch(/0s, 0s left/);
  });

  test("is a plain line now and then where there is no terminal", () => {
    const { stream, text } = createStream(false);
    let nowMs = 0;
    const progress = createProgress({ label: "orders", quiet: false, stream, nowMs: () => nowMs });
    for (const done of [1, 2, 3, 4]) {
      nowMs += 2_000;
      progress.update(done, 4);
    }
    progress.stop();
    expect(text()).toBe("2/4 orders\n4/4 orders\n");
  });

  test("is nothing when it is to be quiet", () => {
    const { stream, text } = createStream(true);
    const progress = createProgress({ label: "orders", quiet: true, stream });
    progress.update(1, 1);
    progress.stop();
    expect(text()).toBe("");
  });
});
