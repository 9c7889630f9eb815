/** The order, the gathering and the deadlines of sends, on a clock that stands still and with scripted answers. */
import { expect, test } from "vitest";
import type { OutgoingMessage } from "../../../../src/infra/redpanda/record-bytes.ts";
import { createSendLanes, type SendOutcome } from "../../../../src/infra/redpanda/send-lanes.ts";
import { createManualClock, settled } from "../../../support/memory/manual-clock.ts";

test("what arrives while a send is under way goes together as the next one", async () => {
  const world = start();
  world.add(0, "a");
  await settled();
  for (const value of ["b", "c", "d"]) world.add(0, value);
  await settled();
  expect(world.sends).toEqual(["0: a"]);
  await world.answer({ type: "stored" });
  expect(world.sends).toEqual(["0: a", "0: b c d"]);
});

test("what arrives in one turn goes together at once", async () => {
  const world = start();
  for (const value of ["a", "b", "c"]) world.add(0, value);
  await settled();
  expect(world.sends).toEqual(["0: a b c"]);
});

test("a send is one partition only, and as many are under way as may be", async () => {
  const world = start({ concurrency: 2 });
  for (const partition of [0, 1, 2, 1]) world.add(partition, `p${partition}`);
  await settled();
  expect(world.sends).toEqual(["0: p0", "1: p1 p1"]);
  await world.answer({ type: "stored" });
  expect(world.sends).toEqual(["0: p0", "1: p1 p1", "2: p2"]);
});

test("no lane waits for ever behind a busy one", async () => {
  const world = start({ concurrency: 1 });
  world.add(0, "a");
  await settled();
  world.add(1, "b");
  world.add(0, "c");
  await settled();
  await world.answer({ type: "stored" });
  await world.answer({ type: "stored" });
  expect(world.sends).toEqual(["0: a", "1: b", "0: c"]);
});

test("a send stays below its size, and a record that is larger goes alone", async () => {
  const world = start({ maxSendBytes: 5 });
  for (const value of ["aa", "bb", "cc", "large-one", "d"]) world.add(0, value);
  for (let i = 0; i < 4; i++) {
    await settled();
    await world.answer({ type: "stored" });
  }
  expect(world.sends).toEqual(["0: aa bb", "0: cc", "0: large-one", "0: d"]);
});

test("when the brokers refuse a send as too large, only the record that is too large fails", async () => {
  const world = start({
    respond: (values) => (values.includes("HUGE") ? { type: "tooLarge" } : { type: "stored" }),
  });
  const added = ["a", "b", "HUGE", "c", "d"].map((value) => world.add(0, value).outcome);
  await settled();
  const outcomes = await Promise.all(added);
  expect(outcomes.map(({ type }) => type)).toEqual(["stored", "stored", "tooLarge", "stored", "stored"]);
  const stored = world.sends.filter((send) => !send.includes("HUGE")).join(" ");
  expect(stored.replaceAll("0: ", "")).toBe("a b c d");
});

test("a send fails all its records, and the lane goes on with the next ones", async () => {
  const world = start();
  const first = world.add(0, "a").outcome;
  await settled();
  const second = world.add(0, "b").outcome;
  await settled();
  const cause = new Error("a test lets it fail");
  await world.answer({ type: "unknown", cause });
  expect(await first).toEqual({ type: "unknown", cause });
  await world.answer({ type: "stored" });
  expect(await second).toEqual({ type: "stored" });
});

test("a record that waits 10 s without being sent is given up, as one that was not sent", async () => {
  const world = start({ concurrency: 1 });
  world.add(0, "a");
  await settled();
  const waiting = [world.add(0, "b").outcome, world.add(1, "c").outcome];
  await world.clock.advance(9_000);
  const young = world.add(1, "d").outcome;
  await world.clock.advance(1_500);
  expect((await Promise.all(waiting)).map(({ type }) => type)).toEqual(["notSent", "notSent"]);
  await world.answer({ type: "stored" });
  expect(world.sends).toEqual(["0: a", "1: d"]);
  await world.answer({ type: "stored" });
  expect(await young).toEqual({ type: "stored" });
});

test("a send has what is left of 10 s since its oldest record came, and 2 s at least", async () => {
  const world = start({ concurrency: 1 });
  world.add(0, "a");
  await settled();
  world.add(0, "b");
  await world.clock.advance(4_000);
  await world.answer({ type: "stored" });
  world.add(0, "c");
  await world.clock.advance(9_500);
  await world.answer({ type: "stored" });
  expect(world.deadlinesMs).toEqual([10_000, 6_000, 2_000]);
});

interface Setting {
  readonly concurrency?: number;
  readonly maxSendBytes?: number;
  /** Answers at once; without it each send waits for `answer`. */
  readonly respond?: (values: readonly string[]) => SendOutcome;
}

function start({ concurrency = 8, maxSendBytes = 1_000, respond }: Setting = {}) {
  const clock = createManualClock();
  const sends: string[] = [];
  const deadlinesMs: number[] = [];
  const unanswered: ((outcome: SendOutcome) => void)[] = [];
  const lanes = createSendLanes({
    clock,
    concurrency,
    maxSendBytes,
    send(partition, messages, deadlineMs) {
      const values = messages.map(({ value }) => value.toString());
      sends.push(`${partition}: ${values.join(" ")}`);
      deadlinesMs.push(deadlineMs);
      if (respond !== undefined) return Promise.resolve(respond(values));
      return new Promise((resolve) => unanswered.push(resolve));
    },
  });
  return {
    clock,
    sends,
    deadlinesMs,
    add(partition: number, value: string): { readonly outcome: Promise<SendOutcome> } {
      const message: OutgoingMessage = { key: Buffer.from("k"), value: Buffer.from(value), headers: {}, partition };
      return {
        outcome: new Promise((settle) => lanes.add({ message, bytes: value.length, arrivedMs: clock.nowMs(), settle })),
      };
    },
    /** Answers the send that waits longest. */
    async answer(outcome: SendOutcome): Promise<void> {
      unanswered.shift()?.(outcome);
      await settled();
    },
  };
}
