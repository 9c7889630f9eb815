import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deadLetterOf } from "../../../src/actors/dead-letter.ts";
import type { LetterOutcome, LetterSelection, PartResult } from "../../../src/actors/dead-letter-requests.ts";
import { OperationalError } from "../../../src/actors/errors.ts";
import type { LogRecord } from "../../../src/actors/ports.ts";
import type { ErrorCode } from "../../../src/domain/error-codes.ts";
import type { Message } from "../../../src/domain/messages.ts";
import { arbitraryMessages } from "../../support/arbitrary-messages.ts";
import { createDeadLetterWorld, type DeadLetterWorld, poison, SUPPORT } from "../../support/dead-letter-world.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { decidePayment, receivePayment, submitOrder, TOTAL } from "../../support/order-messages.ts";

const REASON = "the producer is mended";
const PAYMENT = JSON.stringify(receivePayment());

async function worldWithPoison(): Promise<{ world: DeadLetterWorld; id: string }> {
  const world = await createDeadLetterWorld();
  await world.arrive(plainCodec.encode(submitOrder()), poison("order-1", PAYMENT.slice(1)));
  const [letter] = (await world.desk.list({ limit: 1 })).letters;
  return { world, id: letter?.id as string };
}

function redrive(
  world: DeadLetterWorld,
  selection: LetterSelection,
  more: { dryRun?: boolean; cursor?: string; ratePerS?: number; edit?: { payload?: string; key?: string } } = {},
): Promise<PartResult> {
  const { dryRun = false, ...request } = more;
  const handle = dryRun ? world.desk.foresee : world.desk.redrive;
  return world.whileTimePasses(handle(SUPPORT, { selection, reason: REASON, ratePerS: 1_000, ...request }));
}

/** Lets the topic of dead letters take nothing any more. */
function loseNotes({ log }: DeadLetterWorld): void {
  const { produce } = log.port;
  const withoutLetters: typeof produce = async (records) => {
    if (records.some(({ topic }) => topic === "dead-letters")) log.fail("produce", "before");
    return produce(records);
  };
  Object.assign(log.port, { produce: withoutLetters });
}

describe("sending a dead letter's record again", () => {
  test("says first what would follow, and writes nothing", async () => {
    const { world, id } = await worldWithPoison();
    const before = [await world.documents(), await world.commits()];
    const unchanged = await redrive(world, { ids: [id] }, { dryRun: true });
    expect(unchanged.items).toEqual([
      { id, outcome: { type: "wouldBeRefused", code: "unreadable_message", detail: "the value is not JSON" } },
    ]);
    const edited = await redrive(world, { ids: [id] }, { dryRun: true, edit: { payload: PAYMENT } });
    expect(edited.items).toEqual([
      {
        id,
        outcome: {
          type: "wouldApply",
          orderId: "order-1",
          events: ["PaymentReceived", "OrderPaid", "OrderValidated", "OrderConfirmed"],
          statusBefore: "received",
          statusAfter: "confirmed",
          mails: ["confirmation"],
        },
      },
    ]);
    expect([await world.documents(), await world.commits()]).toEqual(before);
    expect(await world.actLog.list({ limit: 10 })).toEqual([]);
  });

  test.each([
    ["with a payload that fits", (key: string) => ({ key, payload: JSON.stringify(receivePayment({ orderId: key })) })],
    ["by its key alone", (key: string) => ({ key })],
  ])(
    "by two people at once, each to another order %s, goes to one of them, and the other hears of it",
    async (_, editFor) => {
      const { world, id } = await worldWithPoison();
      const edits = ["order-1", "order-2"].map(editFor);
      const results = await Promise.all(edits.map((edit) => redrive(world, { ids: [id] }, { edit })));
      const outcomes = results.map(({ items }) => items[0]?.outcome);
      expect(outcomes).toMatchObject([{ type: "redriven" }, { type: "failed", code: "letter_taken" }]);
      const sent = (await world.topic("payments")).slice(1);
      expect(sent.map(({ key }) => key)).toEqual(["order-1"]);
      const acts = (await world.actLog.list({ limit: 10 })).map(({ act }) => act);
      expect(acts.toSorted()).toEqual(["deadLetter.redriveRefused", "deadLetter.redriven", "deadLetter.redriven"]);
    },
  );

  test("in vain leaves it to whoever sends something else", async () => {
    const { world, id } = await worldWithPoison();
    world.log.fail("produce", "before");
    const first = await redrive(world, { ids: [id] }, { edit: { payload: "{}" } });
    expect(first.items).toMatchObject([{ outcome: { type: "failed", code: "store_unavailable" } }]);
    const second = await redrive(world, { ids: [id] }, { edit: { payload: PAYMENT } });
    expect(second.items).toEqual([{ id, outcome: { type: "redriven" } }]);
  });

  test("in vain leaves it with what somebody else has sent of it before", async () => {
    const { world, id } = await worldWithPoison();
    loseNotes(world);
    const edit = { payload: PAYMENT };
    const first = await redrive(world, { ids: [id] }, { edit });
    expect(first.items).toMatchObject([{ outcome: { detail: expect.stringContaining("was sent again") } }]);
    world.log.fail("produce", "before");
    const same = await redrive(world, { ids: [id] }, { edit });
    expect(same.items).toMatchObject([{ outcome: { type: "failed", code: "store_unavailable" } }]);
    const another = await redrive(world, { ids: [id] }, { edit: { payload: "{}" } });
    expect(another.items).toMatchObject([{ outcome: { type: "failed", code: "letter_taken" } }]);
  });

  test("that may be on its way keeps others from sending something else", async () => {
    const { world, id } = await worldWithPoison();
    const { produce } = world.log.port;
    const unanswered: typeof produce = async () => {
      throw new OperationalError("outcome_unknown", "a test lets nobody answer", { retryable: true });
    };
    Object.assign(world.log.port, { produce: unanswered });
    const first = await redrive(world, { ids: [id] }, { edit: { payload: PAYMENT } });
    Object.assign(world.log.port, { produce });
    expect(first.items).toMatchObject([{ outcome: { type: "failed", code: "outcome_unknown" } }]);
    const another = await redrive(world, { ids: [id] }, { edit: { payload: "{}" } });
    expect(another.items).toMatchObject([{ outcome: { type: "failed", code: "letter_taken" } }]);
    const same = await redrive(world, { ids: [id] }, { edit: { payload: PAYMENT } });
    expect(same.items).toEqual([{ id, outcome: { type: "redriven" } }]);
  });

  test("with another payload takes effect, keeps the original, and says who changed it and why", async () => {
    const { world, id } = await worldWithPoison();
    const { items } = await redrive(world, { ids: [id] }, { edit: { payload: PAYMENT } });
    expect(items).toEqual([{ id, outcome: { type: "redriven" } }]);
    expect((await world.commits()).at(-1)?.events.map(({ type }) => type)).toContain("OrderConfirmed");
    expect(await world.desk.get(id)).toMatchObject({
      state: "redriven",
      payload: PAYMENT.slice(1),
      history: [
        {
          act: "redriven",
          operator: { keyId: "key-1", name: "Grace" },
          reason: REASON,
          editedPayload: PAYMENT,
          editedKey: null,
        },
      ],
    });
    expect(await world.actLog.list({ limit: 10 })).toMatchObject([
      { act: "deadLetter.redriven", target: id, operator: SUPPORT, reason: REASON },
    ]);
    const sent = (await world.topic("payments")).at(-1);
    expect(sent).toMatchObject({
      key: "order-1",
      headers: { "content-type": "text/plain", "redrive-letter": id, "redrive-operator": "Grace" },
    });
  });

  test("that fails again makes a new letter, which names the one it comes from", async () => {
    const { world, id } = await worldWithPoison();
    await redrive(world, { ids: [id] });
    const { letters } = await world.desk.list({ limit: 10, state: "open" });
    expect(letters).toMatchObject([{ predecessor: id, code: "unreadable_message" }]);
    expect(letters[0]?.id).not.toBe(id);
    expect(await world.desk.groups()).toEqual([{ code: "unreadable_message", open: 1, redriven: 1, dropped: 0 }]);
  });

  test("is not done twice, and not for a letter that does not exist", async () => {
    const { world, id } = await worldWithPoison();
    await redrive(world, { ids: [id, id] });
    const sent = (await world.topic("payments")).length;
    const { items } = await redrive(world, { ids: [id, "payments-0-99"] });
    expect(items.map(({ outcome }) => outcome)).toEqual([
      { type: "alreadyResolved", state: "redriven" },
      { type: "notFound" },
    ]);
    expect((await world.topic("payments")).length).toBe(sent);
  });

  test.each(["before", "after"] as const)(
    "that failed %s the log had it can be repeated, and takes effect once",
    async (when) => {
      const { world, id } = await worldWithPoison();
      world.log.fail("produce", when);
      const failed = await redrive(world, { ids: [id] }, { edit: { payload: PAYMENT } });
      expect(failed.items[0]?.outcome.type).toBe("failed");
      expect(await world.desk.get(id)).toMatchObject({ state: "open" });
      await redrive(world, { ids: [id] }, { edit: { payload: PAYMENT } });
      const causes = (await world.commits()).map(({ causeId }) => causeId);
      expect(causes.filter((causeId) => causeId === "payment:payment-1")).toHaveLength(1);
      expect(await world.desk.get(id)).toMatchObject({ state: "redriven" });
    },
  );

  test("with another decision about a payment makes it the decision of who edited it, whatever name is in it", async () => {
    const world = await createDeadLetterWorld({ shards: 1 });
    const wrong = receivePayment({ amount: { ...TOTAL, amountMinor: 1 } });
    await world.arrive(plainCodec.encode(submitOrder()), plainCodec.encode(wrong));
    const decision = decidePayment({ decision: "accept", operator: { keyId: "key-9", name: "Bob" } });
    const record: LogRecord = { ...plainCodec.encode(decision), shard: 0, offset: 3, timestampMs: 0 };
    await world.log.port.produce([deadLetterOf(record, "internal_error", "a test parks it")]);
    await world.newReader().runToEnd();
    const id = "order-commands-0-3";
    const payload = JSON.stringify({ ...decision, decision: "refund" });
    const foreseen = await redrive(world, { ids: [id] }, { dryRun: true, edit: { payload } });
    expect(foreseen.items).toMatchObject([{ outcome: { type: "wouldApply", events: ["PaymentDecided"] } }]);
    await redrive(world, { ids: [id] }, { edit: { payload } });
    await world.newReader().runToEnd();
    const [decided] = (await world.commits()).at(-1)?.events ?? [];
    const editor = { keyId: "key-1", name: "Grace" };
    expect(decided).toMatchObject({ type: "PaymentDecided", data: { decision: "refund", operator: editor } });
    const [act] = (await world.desk.get(id))?.history ?? [];
    expect(JSON.parse(act?.editedPayload ?? "")).toEqual({ ...decision, decision: "refund", operator: editor });
    expect(act?.operator).toEqual(editor);
  });

  test("as it was leaves a decision about a payment with who made it", async () => {
    const world = await createDeadLetterWorld({ shards: 1 });
    const wrong = receivePayment({ amount: { ...TOTAL, amountMinor: 1 } });
    await world.arrive(plainCodec.encode(submitOrder()), plainCodec.encode(wrong));
    const operator = { keyId: "key-9", name: "Bob" };
    const decision = decidePayment({ decision: "refund", operator });
    const record: LogRecord = { ...plainCodec.encode(decision), shard: 0, offset: 3, timestampMs: 0 };
    await world.log.port.produce([deadLetterOf(record, "internal_error", "a test parks it")]);
    await world.newReader().runToEnd();
    await redrive(world, { ids: ["order-commands-0-3"] });
    expect((await world.commits()).at(-1)?.events[0]).toMatchObject({ type: "PaymentDecided", data: { operator } });
  });

  test("that failed has an act that says so", async () => {
    const { world, id } = await worldWithPoison();
    world.log.fail("produce", "before");
    await redrive(world, { ids: [id] });
    const [failed, redriven] = await world.actLog.list({ limit: 9 });
    expect([redriven?.act, failed?.act]).toEqual(["deadLetter.redriven", "deadLetter.redriveFailed"]);
    const details = { actId: redriven?.actId, code: "store_unavailable", topic: "payments" };
    expect(failed).toMatchObject({ operator: SUPPORT, target: id, reason: REASON, details });
  });

  test("whose record is on its way, and whose letter cannot be marked, is told apart from one that failed", async () => {
    const { world, id } = await worldWithPoison();
    loseNotes(world);
    const { items } = await redrive(world, { ids: [id] }, { edit: { payload: PAYMENT } });
    expect(items).toMatchObject([{ outcome: { type: "failed", detail: expect.stringContaining("was sent again") } }]);
    const acts = (await world.actLog.list({ limit: 9 })).map(({ act }) => act);
    expect(acts).toEqual(["deadLetter.redriveUnconfirmed", "deadLetter.redriven"]);
    expect(await world.desk.get(id)).toMatchObject({ state: "open" });
  });

  test("sends nothing that the act log did not take", async () => {
    const { world, id } = await worldWithPoison();
    const sent = (await world.topic("payments")).length;
    world.acts.fail("append", "before");
    const { items } = await redrive(world, { ids: [id] });
    expect(items).toMatchObject([{ id, outcome: { type: "failed", code: "store_unavailable" } }]);
    expect((await world.topic("payments")).length).toBe(sent);
    expect(await world.desk.get(id)).toMatchObject({ state: "open", history: [] });
  });

  test("goes no faster than asked, from part to part", async () => {
    const world = await createDeadLetterWorld();
    const records = Array.from({ length: 130 }, (_, i) => poison(`order-${i}`));
    await world.arrive(...records);
    await world.clock.advance(1_000);
    const startMs = world.clock.nowMs();
    const handled: string[] = [];
    let cursor: string | null = null;
    do {
      const part: PartResult = await redrive(
        world,
        { code: "unreadable_message" },
        { ratePerS: 20, ...(cursor === null ? {} : { cursor }) },
      );
      handled.push(...part.items.map(({ id }) => id));
      expect(part.items.length).toBeLessThanOrEqual(40);
      cursor = part.next;
    } while (cursor !== null);
    expect(new Set(handled).size).toBe(130);
    const sentAtMs = (await world.topic("payments")).map(({ timestampMs }) => timestampMs);
    const redriven = sentAtMs.filter((timeMs) => timeMs >= startMs).toSorted((a, b) => a - b);
    expect(redriven).toHaveLength(130);
    for (const [i, timeMs] of redriven.entries()) {
      const aSecondLater = redriven.filter((otherMs) => otherMs >= timeMs && otherMs < timeMs + 1_000).length;
      expect(aSecondLater, `from the ${i}th on`).toBeLessThanOrEqual(21);
    }
  });

  test("of all open letters takes none that came while it went on", async () => {
    const world = await createDeadLetterWorld();
    await world.arrive(...Array.from({ length: 7 }, (_, i) => poison(`order-${i}`)));
    await world.clock.advance(1_000);
    const handled: string[] = [];
    let cursor: string | null = null;
    do {
      const part: PartResult = await redrive(
        world,
        { code: null },
        { ratePerS: 2, ...(cursor === null ? {} : { cursor }) },
      );
      handled.push(...part.items.map(({ id }) => id));
      cursor = part.next;
    } while (cursor !== null);
    expect(handled).toHaveLength(7);
    expect(await world.desk.groups()).toEqual([{ code: "unreadable_message", open: 7, redriven: 7, dropped: 0 }]);
  });
});

describe("letters of one millisecond", () => {
  /** Parks records of one shard in one batch, with these offsets. */
  async function worldOf(offsets: readonly number[]) {
    const world = await createDeadLetterWorld({ shards: 1 });
    const letters = offsets.map((offset) => {
      const record: LogRecord = { ...poison("order-1", `#${offset}`), shard: 0, offset, timestampMs: 0 };
      return deadLetterOf(record, "internal_error", "a test parks it");
    });
    await world.log.port.produce(letters);
    await world.newReader().runToEnd();
    await world.clock.advance(1_000);
    return world;
  }
  const OFFSETS = [9, 10, 2, 100, 11, 1, 99];
  const IN_ORDER = OFFSETS.toSorted((a, b) => a - b);

  test.each([1, 2, 3, 50])("are sent again in the order of their offsets, %s in a part", async (lettersInPart) => {
    const world = await worldOf(OFFSETS);
    const sent: string[] = [];
    let cursor: string | null = null;
    do {
      const more: object = cursor === null ? {} : { cursor };
      const part: PartResult = await redrive(world, { code: null }, { ratePerS: lettersInPart / 2, ...more });
      sent.push(...part.items.map(({ id }) => id));
      cursor = part.next;
    } while (cursor !== null);
    expect(sent).toEqual(IN_ORDER.map((offset) => `payments-0-${offset}`));
    const values = (await world.topic("payments")).map(({ value }) => value);
    expect(values).toEqual(IN_ORDER.map((offset) => `#${offset}`));
  });

  test("are dropped and tried dry in the same order, more of them than a part holds", async () => {
    const offsets = Array.from({ length: 250 }, (_, i) => i);
    const world = await worldOf(offsets);
    const tried: string[] = [];
    let cursor: string | null = null;
    do {
      const more: object = cursor === null ? {} : { cursor };
      const part: PartResult = await redrive(world, { code: "internal_error" }, { dryRun: true, ...more });
      expect(part.items.length).toBeLessThanOrEqual(100);
      tried.push(...part.items.map(({ id }) => id));
      cursor = part.next;
    } while (cursor !== null);
    expect(tried).toEqual(offsets.map((offset) => `payments-0-${offset}`));
    const { items } = await world.desk.drop(SUPPORT, { selection: { code: null }, reason: REASON });
    expect(items.map(({ id }) => id)).toEqual(tried.slice(0, 100));
  });
});

describe("dropping a dead letter", () => {
  test("sends nothing, and the letter says who did it and why", async () => {
    const { world, id } = await worldWithPoison();
    const sent = (await world.topic("payments")).length;
    const { items } = await world.whileTimePasses(
      world.desk.drop(SUPPORT, { selection: { ids: [id] }, reason: "a test order" }),
    );
    expect(items).toEqual([{ id, outcome: { type: "dropped" } }]);
    expect((await world.topic("payments")).length).toBe(sent);
    expect(await world.desk.get(id)).toMatchObject({
      state: "dropped",
      history: [{ act: "dropped", reason: "a test order", operator: { name: "Grace" } }],
    });
    expect(await world.actLog.list({ limit: 1 })).toMatchObject([{ act: "deadLetter.dropped", target: id }]);
  });

  test("comes too late when it was sent again or dropped, and then nothing says that it was", async () => {
    const { world, id } = await worldWithPoison();
    await redrive(world, { ids: [id] }, { edit: { payload: PAYMENT } });
    await world.arrive(poison("order-2"));
    const [open] = (await world.desk.list({ limit: 1, state: "open" })).letters;
    const ids = [id, open?.id ?? ""];
    const drop = () => world.whileTimePasses(world.desk.drop(SUPPORT, { selection: { ids }, reason: "a test order" }));
    const sent = { id, outcome: { type: "alreadyResolved", state: "redriven" } };
    expect((await drop()).items).toEqual([sent, { id: ids[1], outcome: { type: "dropped" } }]);
    expect((await drop()).items).toEqual([
      sent,
      { id: ids[1], outcome: { type: "alreadyResolved", state: "dropped" } },
    ]);
    expect(await world.desk.get(id)).toMatchObject({ state: "redriven", history: [{ act: "redriven" }] });
    const acts = (await world.actLog.list({ limit: 9 })).map(({ act, target }) => [act, target]);
    expect(acts).toEqual([
      ["deadLetter.dropped", ids[1]],
      ["deadLetter.redriven", id],
    ]);
  });

  test("can be taken back by sending the record again", async () => {
    const { world, id } = await worldWithPoison();
    await world.whileTimePasses(world.desk.drop(SUPPORT, { selection: { ids: [id] }, reason: "a test order" }));
    await redrive(world, { ids: [id] }, { edit: { payload: PAYMENT } });
    expect(await world.desk.get(id)).toMatchObject({ state: "redriven", history: [{}, {}] });
  });
});

describe("what a dry run says", () => {
  test("is what happens, for any letters of any order", async () => {
    const counts = new Map<LetterOutcome["type"], number>();
    await fc.assert(
      fc.asyncProperty(arbitraryMessages, arbitraryMessages, async (before, parked) => {
        const world = await createDeadLetterWorld({ shards: 1 });
        await world.arrive(...before.map((message) => plainCodec.encode(message)));
        for (const [i, message] of parked.entries()) {
          const record: LogRecord = { ...plainCodec.encode(message), shard: 0, offset: 1_000 + i, timestampMs: 0 };
          await world.log.port.produce([deadLetterOf(record, "internal_error", "a test parks it")]);
          await world.clock.advance(1);
        }
        await world.newReader().runToEnd();
        const { items } = await redrive(world, { code: "internal_error" }, { dryRun: true });
        const forecasts = new Map(items.map(({ id, outcome }) => [id, outcome]));
        expect(forecasts.size).toBe(parked.length);
        for (const { id } of items) {
          const commits = (await world.commits()).length;
          await redrive(world, { ids: [id] });
          const followed = (await world.commits()).slice(commits).flatMap(({ events }) => events);
          const { letters } = await world.desk.list({ limit: 100, state: "open" });
          const again = letters.find(({ predecessor }) => predecessor === id);
          const forecast = forecasts.get(id) as LetterOutcome;
          counts.set(forecast.type, (counts.get(forecast.type) ?? 0) + 1);
          expect(forecast).toMatchObject(
            again !== undefined
              ? { type: "wouldBeRefused", code: again.code, detail: again.detail }
              : followed.length > 0
                ? { type: "wouldApply", events: followed.map(({ type }) => type) }
                : { type: "wouldChangeNothing" },
          );
        }
      }),
      { numRuns: 60 },
    );
    expect([...counts.keys()].toSorted()).toEqual(["wouldApply", "wouldBeRefused", "wouldChangeNothing"]);
  });

  test("believes a time from the future no more than what happens does", async () => {
    const { world, id } = await worldWithPoison();
    const edit = { payload: JSON.stringify(receivePayment({ paidAt: "3000-01-01T00:00:00.000Z" })) };
    const { items } = await redrive(world, { ids: [id] }, { dryRun: true, edit });
    await redrive(world, { ids: [id] }, { edit });
    const events = (await world.commits()).at(-1)?.events.map(({ type }) => type);
    expect(events).toContain("OrderConfirmed");
    expect(items).toMatchObject([{ outcome: { type: "wouldApply", events } }]);
  });

  /** An order whose payments are parked in two parts, with letters of others between them: more than a part holds. */
  async function worldOfParts() {
    const world = await createDeadLetterWorld({ shards: 1 });
    await world.arrive(plainCodec.encode(submitOrder()));
    let offset = 0;
    const park = async (message: Message, code: ErrorCode = "internal_error") => {
      const record: LogRecord = { ...plainCodec.encode(message), shard: 0, offset: offset++, timestampMs: 0 };
      await world.log.port.produce([deadLetterOf(record, code, "a test parks it")]);
      await world.clock.advance(1);
    };
    const part = (paymentId: string, amountMinor: number) =>
      receivePayment({ paymentId, amount: { ...TOTAL, amountMinor }, partial: true });
    await park(part("first", 1_000));
    await park(part("elsewhere", 1_450), "total_too_large");
    for (let i = 0; i < 210; i++) await park(submitOrder({ orderId: `other-${i}` }));
    await park(part("first", 1_000));
    await park(part("second", 1_450));
    await world.clock.advance(1_000);
    await world.newReader().runToEnd();
    return world;
  }

  async function tryDry(
    world: DeadLetterWorld,
    selection: LetterSelection,
  ): Promise<ReadonlyMap<string, LetterOutcome>> {
    const outcomes = new Map<string, LetterOutcome>();
    let cursor: string | null = null;
    let parts = 0;
    do {
      const more: object = cursor === null ? {} : { cursor };
      const part: PartResult = await redrive(world, selection, { dryRun: true, ...more });
      for (const { id, outcome } of part.items) outcomes.set(id, outcome);
      cursor = part.next;
      parts += 1;
    } while (cursor !== null);
    expect(parts).toBe(3);
    return outcomes;
  }

  test.each([
    ["a code", () => ({ code: "internal_error" })],
    [
      "ids",
      () => ({
        ids: [0, ...Array.from({ length: 212 }, (_, i) => i + 2)].map(
          (i) => `${i > 1 && i < 212 ? "orders" : "payments"}-0-${i}`,
        ),
      }),
    ],
  ])("of an order goes on from one part of a selection to the next: by %s", async (_, selectionOf) => {
    const world = await worldOfParts();
    const letters = await world.documents();
    const outcomes = await tryDry(world, selectionOf());
    expect(outcomes.get("payments-0-0")).toMatchObject({
      type: "wouldApply",
      events: ["PaymentReceived", "PaymentCredited"],
    });
    expect(outcomes.get("payments-0-212")).toMatchObject({ type: "wouldChangeNothing" });
    expect(outcomes.get("payments-0-213")).toMatchObject({
      type: "wouldApply",
      statusBefore: "received",
      statusAfter: "confirmed",
      mails: ["confirmation"],
    });
    expect(await world.documents()).toEqual(letters);
  });

  test("does not count letters that are not open any more, nor those of another code", async () => {
    const world = await worldOfParts();
    await world.desk.drop(SUPPORT, { selection: { ids: ["payments-0-0"] }, reason: REASON });
    await world.newReader().runToEnd();
    const outcomes = await tryDry(world, { code: "internal_error" });
    expect(outcomes.get("payments-0-213")).toMatchObject({ type: "wouldApply", statusAfter: "confirmed" });
    expect(outcomes.has("payments-0-0")).toBe(false);
    expect(outcomes.get("payments-0-212")).toMatchObject({ type: "wouldApply", statusAfter: "received" });
  });
});
