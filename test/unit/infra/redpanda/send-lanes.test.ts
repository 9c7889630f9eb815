/** The order, the gathering and the deadlines of sends, on a clock that stands still and with scripted answers. */
import { expect, test } from "vitest";
import type { OutgoingMessage } from "../../../../src/infra/redpanda/record-bytes.ts";
import { createSendLanes, type SendOutcome } from "../../../../src/infra/redpanda/send-lanes.ts";
import { createManualClock, settled } from "../../../support/memory/manual-clock.ts";

const EIGHT = ["a", "b", "c", "d", "e", "f", "g", "h"];

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

test("what waits goes together whatever its partition, and each lane has one send under way", async () => {
  const world = start({ lanes: 2 });
  for (const partition of [0, 1, 2, 3, 1]) world.add(partition, `p${partition}`);
  await settled();
  expect(world.sends).toEqual(["0: p0, 2: p2", "1: p1, 3: p3, 1: p1"]);
  world.add(4, "p4");
  await settled();
  expect(world.sends).toHaveLength(2);
  await world.answer({ type: "stored" });
  expect(world.sends.at(-1)).toBe("4: p4");
});

test("behind a send of eight records the lane rests for twice its time, so that more go together", async () => {
  const world = start();
  for (const value of EIGHT) world.add(0, value);
  await settled();
  await world.clock.advance(10);
  await world.answer({ type: "stored" });
  world.add(0, "i");
  await world.clock.advance(19);
  world.add(1, "j");
  expect(world.sends).toHaveLength(1);
  await world.clock.advance(1);
  expect(world.sends.slice(1)).toEqual(["0: i, 1: j"]);
});

test("behind a send that was full the next one goes at once", async () => {
  const world = start({ maxSendBytes: 8 });
  for (const value of [...EIGHT, "i"]) world.add(0, value);
  await settled();
  await world.clock.advance(10);
  await world.answer({ type: "stored" });
  expect(world.sends).toEqual(["0: a b c d e f g h", "0: i"]);
});

test("records that an answer lacks go again before all that came later, and the others are stored", async () => {
  const world = start();
  const [kept, lost, alsoLost] = [world.add(0, "a"), world.add(1, "b"), world.add(1, "c")];
  await settled();
  const later = world.add(1, "d");
  await world.answer({ type: "partly", missing: new Set([1]) });
  expect(await kept.outcome).toEqual({ type: "stored" });
  expect(world.sends).toEqual(["0: a, 1: b c", "1: b c"]);
  await world.answer({ type: "stored" });
  await world.answer({ type: "stored" });
  const outcomes = await Promise.all([lost, alsoLost, later].map(({ outcome }) => outcome));
  expect(outcomes.map(({ type }) => type)).toEqual(["stored", "stored", "stored"]);
  expect(world.sends.at(-1)).toBe("1: d");
});

test("records that answers keep lacking have an unknown outcome after 10 s", async () => {
  const world = start();
  const lost = world.add(1, "b");
  await settled();
  await world.clock.advance(9_999);
  await world.answer({ type: "partly", missing: new Set([1]) });
  expect(world.sends).toHaveLength(2);
  await world.clock.advance(1);
  await world.answer({ type: "partly", missing: new Set([1]) });
  await world.answer({ type: "partly", missing: new Set([1]) });
  expect(await lost.outcome).toMatchObject({ type: "unknown" });
  expect(world.sends).toHaveLength(3);
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
  const world = start();
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
  const world = start();
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
  readonly lanes?: number;
  readonly maxSendBytes?: number;
  /** Answers at once; without it each send waits for `answer`. */
  readonly respond?: (values: readonly string[]) => SendOutcome;
}

function start({ lanes: count = 1, maxSendBytes = 1_000, respond }: Setting = {}) {
  const clock = createManualClock();
  const sends: string[] = [];
  const deadlinesMs: number[] = [];
  const unanswered: ((outcome: SendOutcome) => void)[] = [];
  const lanes = createSendLanes({
    clock,
    lanes: count,
    maxSendBytes,
    send(messages, deadlineMs) {
      const values = messages.map(({ value }) => value.toString());
      sends.push(shown(messages));
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

/** The values of a send, after their partitions. */
function shown(messages: readonly OutgoingMessage[]): string {
  let text = "";
  for (const [place, { partition, value }] of messages.entries()) {
    const isSame = messages[place - 1]?.partition === partition;
    text += `${isSame ? " " : `${place === 0 ? "" : ", "}${partition}: `}${value.toString()}`;
  }
  return text;
}
