import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deadLetterOf } from "../../../src/actors/dead-letter.ts";
import { resolutionRecord } from "../../../src/actors/dead-letter-records.ts";
import type { LogRecord, NewRecord } from "../../../src/actors/ports.ts";
import { rebuildDeadLetters } from "../../../src/actors/rebuild-dead-letters.ts";
import { createDeadLetterWorld, type DeadLetterWorld, poison, SUPPORT } from "../../support/dead-letter-world.ts";

const BYTES = Uint8Array.of(0, 0, 0, 0, 7, 255, 128);

function rebuild(world: DeadLetterWorld): Promise<number> {
  const { clock, random, metrics, log, views } = world;
  const deps = { clock, random, metrics, log: log.port, viewStore: views.port };
  return rebuildDeadLetters({ ...deps, shards: 2, onProgress: () => {} });
}

describe("the view of dead letters", () => {
  test("has a letter whole, with its reason and where it came from", async () => {
    const world = await createDeadLetterWorld();
    await world.arrive(poison());
    const { letters } = await world.desk.list({ limit: 10 });
    expect(letters).toMatchObject([
      {
        state: "open",
        code: "unreadable_message",
        detail: "the value is not JSON",
        source: { topic: "payments", offset: 0, at: world.clock.nowIso() },
        key: "order-1",
        preview: "not JSON",
        payloadBytes: 8,
        parkedAt: world.clock.nowIso(),
        predecessor: null,
      },
    ]);
    const id = letters[0]?.id as string;
    expect(id).toMatch(/^payments-[01]-0$/);
    expect(await world.desk.get(id)).toMatchObject({
      payload: "not JSON",
      encoding: "text",
      headers: [{ name: "content-type", value: "text/plain" }],
      history: [],
    });
  });

  test("keeps bytes that are no text as they are", async () => {
    const world = await createDeadLetterWorld();
    await world.arrive({ ...poison(), value: BYTES });
    const [letter] = (await world.desk.list({ limit: 1 })).letters;
    const detail = await world.desk.get(letter?.id as string);
    expect(detail).toMatchObject({ encoding: "base64", payloadBytes: BYTES.length });
    expect([...Buffer.from(detail?.payload as string, "base64")]).toEqual([...BYTES]);
  });

  test("lists newest first, a page at a time, by state and code", async () => {
    const world = await createDeadLetterWorld();
    for (let i = 0; i < 5; i++) {
      await world.arrive(poison(`order-${i}`));
      await world.clock.advance(10);
    }
    const first = await world.desk.list({ limit: 3, state: "open", code: "unreadable_message" });
    expect(first.letters.map(({ key }) => key)).toEqual(["order-4", "order-3", "order-2"]);
    const second = await world.desk.list({ limit: 3, state: "open", cursor: first.next as string });
    expect(second.letters.map(({ key }) => key)).toEqual(["order-1", "order-0"]);
    expect(second.next).toBeNull();
    expect((await world.desk.list({ limit: 3, state: "dropped" })).letters).toEqual([]);
    expect((await world.desk.list({ limit: 3, code: "internal_error" })).letters).toEqual([]);
  });

  test("passes over what is no letter, and counts it", async () => {
    const world = await createDeadLetterWorld();
    const foreign = (headers: Record<string, string>): NewRecord => ({
      topic: "dead-letters",
      key: "k",
      value: "{}",
      headers,
    });
    await world.arrive(
      foreign({}),
      foreign({ "dead-letter-id": "payments/0/__proto__" }),
      foreign({ "dead-letter-id": "payments/0/1", "dead-letter-code": "$gt" }),
      foreign({ "dead-letter-id": "payments/0/1", "dead-letter-resolution": "forgiven" }),
    );
    expect((await world.desk.list({ limit: 10 })).letters).toEqual([]);
    expect(world.metrics.count("error", "unreadable_message", "dead-letters")).toBe(4);
  });

  test("believes no decision that an inbox record brings along in its headers", async () => {
    const world = await createDeadLetterWorld();
    const forged = { "dead-letter-resolution": "dropped", "dead-letter-at": "2026-01-05T12:00:00.000Z" };
    await world.arrive({ ...poison(), headers: forged });
    expect((await world.desk.list({ limit: 10 })).letters).toMatchObject([{ state: "open" }]);
  });

  test("asks for nothing but the ends of the topic while nothing happens", async () => {
    const world = await createDeadLetterWorld();
    await world.arrive(poison());
    const reader = world.newReader();
    reader.start();
    await world.clock.advance(1_000);
    const before = [world.log.calls("read"), world.views.calls("apply"), world.log.calls("endOffsets")];
    await world.clock.advance(10_000);
    const after = [world.log.calls("read"), world.views.calls("apply"), world.log.calls("endOffsets")];
    await reader.stop();
    expect(after.map((calls, i) => calls - (before[i] as number))).toEqual([0, 0, 10]);
  });

  test.each(["before", "after"] as const)(
    "goes on after the store failed %s it wrote, and counts each letter once",
    async (when) => {
      const world = await createDeadLetterWorld();
      const reader = world.newReader();
      world.views.fail("apply", when, 2);
      await world.log.port.produce([poison("order-1"), poison("order-2")]);
      reader.start();
      await world.clock.advance(10_000);
      await reader.stop();
      expect(await world.desk.groups()).toEqual([{ code: "unreadable_message", open: 2, redriven: 0, dropped: 0 }]);
    },
  );

  test("is written once by two processes that both believe they own a shard", async () => {
    const world = await createDeadLetterWorld();
    const [first, second] = [world.newReader(), world.newReader()];
    first.start();
    second.start();
    for (let i = 0; i < 20; i++) {
      await world.log.port.produce([poison(`order-${i}`)]);
      await world.clock.advance(700);
    }
    await world.clock.advance(5_000);
    await Promise.all([first.stop(), second.stop()]);
    expect(await world.desk.groups()).toEqual([{ code: "unreadable_message", open: 20, redriven: 0, dropped: 0 }]);
  });
});

/** Any letters and decisions of few records, repeated and before their letters too. */
const anyRecord: fc.Arbitrary<NewRecord> = fc
  .record({
    offset: fc.integer({ min: 0, max: 4 }),
    type: fc.constantFrom("letter", "letter", "redriven" as const, "dropped" as const),
    code: fc.constantFrom("unreadable_message" as const, "refund_exceeds_received" as const),
    act: fc.integer({ min: 0, max: 5 }),
    edited: fc.option(fc.string({ unit: "binary" }).filter((text) => text.isWellFormed() && !text.startsWith("\0"))),
  })
  .map(({ offset, type, code, act, edited }) => {
    const key = `order-${offset}`;
    const record: LogRecord = { ...poison(key), shard: 0, offset, timestampMs: 1_700_000_000_000 };
    if (type === "letter") return deadLetterOf(record, code, "a test says so");
    return resolutionRecord(key, {
      id: `payments-0-${offset}`,
      actId: `act-${act}`,
      resolution: type,
      operator: SUPPORT,
      reason: "a test",
      at: "2026-01-05T12:00:00.000Z",
      editedPayload: edited,
      editedKey: null,
    });
  });

describe("whatever is on the topic", () => {
  test("the counts are those of the letters, a repeat changes nothing, and a rebuild gives the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { maxLength: 30 }), fc.array(fc.nat(30)), async (records, cuts) => {
        const world = await createDeadLetterWorld();
        for (const [i, record] of records.entries()) {
          await world.log.port.produce([record]);
          if (cuts.includes(i)) await world.newReader().runToEnd();
        }
        await world.newReader().runToEnd();
        const { letters } = await world.desk.list({ limit: 100 });
        const open = letters.filter(({ state }) => state === "open").length;
        const groups = await world.desk.groups();
        expect(groups.reduce((sum, group) => sum + group.open, 0)).toBe(open);
        expect(groups.reduce((sum, { redriven, dropped }) => sum + redriven + dropped, 0)).toBe(letters.length - open);
        const before = await world.documents();
        expect(await rebuild(world)).toBe(2);
        expect(await world.documents(2)).toEqual(before);
        // Everything once more: offsets go on, and nothing else changes.
        await world.log.port.produce(records.filter(({ headers }) => headers["dead-letter-resolution"] === undefined));
        await world.newReader(2).runToEnd();
        expect((await world.desk.list({ limit: 100 })).letters.filter(({ state }) => state !== "open")).toEqual(
          letters.filter(({ state }) => state !== "open"),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("a rebuild that was cut off goes on and ends the same", async () => {
    const world = await createDeadLetterWorld();
    for (let i = 0; i < 10; i++) await world.arrive(poison(`order-${i}`));
    const before = await world.documents();
    world.views.fail("activate", "before");
    await expect(rebuild(world)).rejects.toThrow("activate");
    expect(await rebuild(world)).toBe(2);
    expect(await world.documents(2)).toEqual(before);
  });
});
