/** The two commands as the command line runs them: what they print, and how they end. */
import { beforeEach, describe, expect, type Mock, onTestFinished, test, vi } from "vitest";
import { DEFAULT_MIX, EVERYTHING, ORDER_KINDS, withoutKinds } from "../../../src/demo/mix.ts";
import { runDemo } from "../../../src/demo/run-demo.ts";
import { runGenerate } from "../../../src/demo/run-generate.ts";
import { type Faults, startFakeService } from "../../support/fake-service.ts";

const OPTIONS = { limit: 20, seed: 1, mix: DEFAULT_MIX, rate: 0, everyMs: 0, concurrency: 8, run: "r1", quiet: true };

let write: Mock<typeof process.stdout.write>;

beforeEach(() => {
  write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  return () => write.mockRestore();
});

const printed = (): string => write.mock.calls.map(([text]) => String(text)).join("");

async function start(faults: Faults = {}) {
  const service = await startFakeService(faults);
  onTestFinished(() => service.stop());
  return service;
}

const losesFirstMail: Faults = {
  delivers: (() => {
    let isFirst = true;
    return (messageId: string) => {
      const delivered = isFirst ? [] : [messageId];
      isFirst = false;
      return delivered;
    };
  })(),
};

describe("demo", () => {
  test("prints a scoreboard that ends in 0 unexplained", async () => {
    const { url } = await start();
    await runDemo({ ...OPTIONS, url, json: false });
    expect(printed()).toMatch(/^Seed 1, run r1: sent 20 orders in /);
    expect(printed()).toMatch(/\n0 unexplained\n$/);
  });

  test("ends in 0 unexplained with every kind of disorder in the mix", async () => {
    const { url } = await start();
    // This service lets orders be paid for ten minutes, and nobody waits for that.
    const mix = withoutKinds(EVERYTHING, ["late-payment"]);
    await runDemo({ ...OPTIONS, limit: 56, mix, url, json: false, webhookSecret: Buffer.alloc(24) });
    for (const kind of ORDER_KINDS.filter((each) => each !== "late-payment")) {
      expect(printed()).toMatch(new RegExp(`\\n${kind} +4 +.* +4 +0 +[a-zA-Z]+ 4\\n`));
    }
    expect(printed()).toMatch(/\n0 unexplained\n$/);
  });

  test("fails after it has printed what differs", async () => {
    const { url } = await start(losesFirstMail);
    const run = runDemo({ ...OPTIONS, url, json: false });
    await expect(run).rejects.toMatchObject({ code: "scoreboard_differs" });
    expect(printed()).toContain("its confirmation mail is not in the inbox");
    expect(printed()).toMatch(/\n1 unexplained\n$/);
  });

  test("that was interrupted before its first order fails: nothing was compared", async () => {
    const { url } = await start();
    const run = runDemo({ ...OPTIONS, url, json: false, signal: AbortSignal.abort() });
    await expect(run).rejects.toMatchObject({
      code: "scoreboard_differs",
      message: "No order was sent, so nothing could be compared.",
    });
    expect(printed()).not.toContain("unexplained");
  });

  test("prints one JSON document when asked", async () => {
    const { url } = await start();
    await runDemo({ ...OPTIONS, url, json: true });
    expect(JSON.parse(printed())).toMatchObject({ seed: 1, run: "r1", sent: 20, unexplained: 0, differences: [] });
  });

  test("says in words that the stores were not compared, and compares them where it can", async () => {
    const { url } = await start();
    await runDemo({ ...OPTIONS, url, json: true });
    const alone = JSON.parse(printed());
    expect(alone).toMatchObject({ reconciliation: null, notReconciled: expect.stringContaining("set DATA_DIR") });
    write.mockClear();
    await runDemo({ ...OPTIONS, url, json: false });
    expect(printed()).toContain("The stores were not compared with each other");
    write.mockClear();
    const reconcile = async () => ({ unexplained: 0, text: "all agree", document: { unexplained: 0 } });
    await runDemo({ ...OPTIONS, url, json: true, reconcile });
    expect(JSON.parse(printed())).toMatchObject({ reconciliation: { unexplained: 0 }, notReconciled: null });
  });

  test("finds everything as it was when a run is sent again under its name", async () => {
    const { url, orders } = await start();
    await runDemo({ ...OPTIONS, url, json: false });
    await runDemo({ ...OPTIONS, url, json: false });
    expect(printed().match(/^0 unexplained$/gm)).toHaveLength(2);
    expect(orders()).toBe(20);
  });

  test("does not collide with another run of the same seed", async () => {
    const { url, orders } = await start();
    await runDemo({ ...OPTIONS, url, json: false });
    await runDemo({ ...OPTIONS, run: undefined, url, json: false });
    expect(printed().match(/^0 unexplained$/gm)).toHaveLength(2);
    expect(orders()).toBe(40);
  });

  test("compares what was sent when it is interrupted", async () => {
    const { url, orders } = await start();
    const interruption = new AbortController();
    const run = runDemo({ ...OPTIONS, rate: 20, url, json: true, signal: interruption.signal });
    await expect.poll(orders, { timeout: 20_000 }).toBeGreaterThan(2);
    interruption.abort();
    await run;
    const { sent, unexplained } = JSON.parse(printed());
    expect([sent > 2 && sent < OPTIONS.limit, unexplained]).toEqual([true, 0]);
  });
});

describe("generate orders", () => {
  test("says what it sent", async () => {
    const { url, orders } = await start();
    await runGenerate({ ...OPTIONS, url });
    expect(printed()).toMatch(/sent 20 orders in .*\nKinds: .*17 normal/);
    expect(orders()).toBe(20);
  });

  test("fails when the service refuses a part of it", async () => {
    const breaks: Faults["breaks"] = ({ url }) =>
      url.endsWith("/payments") ? { when: "before", answer: { status: 400 } } : undefined;
    const { url } = await start({ breaks });
    await expect(runGenerate({ ...OPTIONS, url })).rejects.toMatchObject({ code: "unexpected_answer" });
    expect(printed()).toContain("sent 20 orders");
  });

  test("fails soon, and before it has sent anything, when its options cannot be used", async () => {
    await expect(runGenerate({ ...OPTIONS, url: "nowhere" })).rejects.toMatchObject({ code: "invalid_configuration" });
    await expect(runGenerate({ ...OPTIONS, concurrency: 0, url: "nowhere" })).rejects.toThrow("--concurrency 0");
    expect(printed()).toBe("");
  });
});
