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
