/** What every `EventStore` keeps to, run on each adapter. It uses nothing but the port. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { Commit, EventStore } from "../../../src/actors/ports.ts";

export interface EventStoreFixture {
  /** An empty store. */
  readonly store: EventStore;
  /** Closes the store as a stopped process would, and opens it again with what it has stored. */
  reopen(): Promise<EventStore>;
  cleanup(): Promise<void>;
}

export function eventStoreContract(name: string, createFixture: () => Promise<EventStoreFixture>): void {
  const setUp = async () => {
    const fixture = await createFixture();
    onTestFinished(() => fixture.cleanup());
    return fixture;
  };

  describe(`${name} as an event store`, () => {
    test("returns what was appended, with every event and key of it", async () => {
      const { store } = await setUp();
      const events: Commit["events"] = [
        {
          type: "OrderTurnedAway",
          data: {
            customer: { name: 'Ü "🚚" \u0000', email: "a@b.test" },
            items: [],
            submittedAt: "t",
            reason: "unknownItem",
          },
        },
        { type: "OrderCancelled", data: { reason: null } },
      ];
      const stored = commit({ position: 1, events });
      expect(await store.append([stored])).toEqual({ type: "appended" });
      expect(await store.readShard(0, 0, 10)).toEqual([stored]);
      expect(await store.readOrders(0, [stored.orderId])).toEqual(new Map([[stored.orderId, [stored]]]));
    });

    test("appends nothing when there is nothing to append", async () => {
      const { store } = await setUp();
      expect(await store.append([])).toEqual({ type: "appended" });
      expect(await store.head(0)).toBe(0);
    });

    test("refuses a position that is taken: another owner writes the shard", async () => {
      const { store } = await setUp();
      await store.append([commit({ position: 1, orderId: "a" })]);
      const late = commit({ position: 1, orderId: "b" });
      expect(await store.append([late])).toEqual({ type: "refused", index: 0, reason: "staleOwner" });
      expect(await store.readOrders(0, ["b"])).toEqual(new Map());
    });

    test("refuses a sequence that is taken: the order has moved on", async () => {
      const { store } = await setUp();
      await store.append([commit({ position: 1, orderId: "a", sequence: 1, causeId: "one" })]);
      const late = commit({ position: 2, orderId: "a", sequence: 1, causeId: "two" });
      expect(await store.append([late])).toEqual({ type: "refused", index: 0, reason: "conflict" });
      expect(await store.head(0)).toBe(1);
    });

    test("refuses a cause that is taken: the message already took effect", async () => {
      const { store } = await setUp();
      await store.append([commit({ position: 1, orderId: "a", sequence: 1, causeId: "one" })]);
      const late = commit({ position: 2, orderId: "a", sequence: 2, causeId: "one" });
      expect(await store.append([late])).toEqual({ type: "refused", index: 0, reason: "repeatedCause" });
      expect(await store.head(0)).toBe(1);
    });

    test("leaves every key of a refused commit free", async () => {
      const { store } = await setUp();
      await store.append([commit({ position: 1, orderId: "a", sequence: 1, causeId: "one" })]);
      await store.append([commit({ position: 2, orderId: "a", sequence: 1, causeId: "two" })]);
      await store.append([commit({ position: 2, orderId: "a", sequence: 2, causeId: "one" })]);
      await store.append([commit({ position: 1, orderId: "b", sequence: 1, causeId: "two" })]);
      const later = [
        commit({ position: 2, orderId: "a", sequence: 2, causeId: "two" }),
        commit({ position: 3, orderId: "b", sequence: 1, causeId: "two" }),
      ];
      expect(await store.append(later)).toEqual({ type: "appended" });
      expect((await store.readOrders(0, ["a", "b"])).get("a")?.map(({ causeId }) => causeId)).toEqual(["one", "two"]);
    });

    test("calls the repetition of a whole commit by a stale owner stale", async () => {
      const { store } = await setUp();
      await store.append([commit({ position: 1 })]);
      expect(await store.append([commit({ position: 1 })])).toEqual({
        type: "refused",
        index: 0,
        reason: "staleOwner",
      });
    });

    test("calls a submission that comes again under a new position repeated", async () => {
      const { store } = await setUp();
      await store.append([commit({ position: 1 })]);
      expect(await store.append([commit({ position: 2 })])).toEqual({
        type: "refused",
        index: 0,
        reason: "repeatedCause",
      });
    });

    test("keeps keys apart by order and by shard", async () => {
      const { store } = await setUp();
      const commits = [
        commit({ position: 1, orderId: "a", causeId: "same" }),
        commit({ position: 2, orderId: "b", causeId: "same" }),
      ];
      expect(await store.append(commits)).toEqual({ type: "appended" });
      expect(await store.append(commits.map((c) => ({ ...c, shard: 1 })))).toEqual({ type: "appended" });
      expect([await store.head(0), await store.head(1), await store.head(2)]).toEqual([2, 2, 0]);
    });

    test("stores the commits before a refused one and none after it", async () => {
      const { store } = await setUp();
      await store.append([commit({ position: 1, orderId: "taken" })]);
      const batch = [
        commit({ position: 2, orderId: "a" }),
        commit({ position: 3, orderId: "b" }),
        commit({ position: 4, orderId: "taken", sequence: 1, causeId: "another" }),
        commit({ position: 5, orderId: "c" }),
      ];
      expect(await store.append(batch)).toEqual({ type: "refused", index: 2, reason: "conflict" });
      expect((await store.readShard(0, 1, 10)).map(({ orderId }) => orderId)).toEqual(["a", "b"]);
      expect(await store.head(0)).toBe(3);
    });

    test("refuses a key that an earlier commit of the same append takes", async () => {
      const { store } = await setUp();
      const batch = [
        commit({ position: 1, orderId: "a", causeId: "x" }),
        commit({ position: 2, orderId: "a", sequence: 2, causeId: "x" }),
      ];
      expect(await store.append(batch)).toEqual({ type: "refused", index: 1, reason: "repeatedCause" });
      expect(await store.head(0)).toBe(1);
    });

    test("lets exactly one of many racing owners have a position", async () => {
      const { store } = await setUp();
      for (let position = 1; position <= 5; position++) {
        const racers = Array.from({ length: 50 }, (_, i) => commit({ position, orderId: `order-${position}-${i}` }));
        const results = await Promise.all(racers.map((racer) => store.append([racer])));
        expect(results.filter(({ type }) => type === "appended")).toHaveLength(1);
        const losers = results.filter(({ type }) => type === "refused");
        expect(new Set(losers.map((result) => result.type === "refused" && result.reason))).toEqual(
          new Set(["staleOwner"]),
        );
        const winner = racers[results.findIndex(({ type }) => type === "appended")];
        expect(await store.readShard(0, position - 1, 10)).toEqual([winner]);
      }
    });

    test("lets exactly one of many racing messages move an order", async () => {
      const { store } = await setUp();
      const racers = Array.from({ length: 50 }, (_, i) =>
        commit({ shard: 3, position: i + 1, orderId: "a", sequence: 1, causeId: `cause-${i}` }),
      );
      const results = await Promise.all(racers.map((racer) => store.append([racer])));
      expect(results.filter(({ type }) => type === "appended")).toHaveLength(1);
      expect((await store.readOrders(3, ["a"])).get("a")).toHaveLength(1);
    });

    test("shows a shard without gaps while it is written", async () => {
      const { store } = await setUp();
      let writing = true;
      const write = async () => {
        for (let position = 1; position <= 300; position += 3) {
          await store.append(
            [0, 1, 2].map((i) => commit({ position: position + i, orderId: `order-${position + i}` })),
          );
        }
        writing = false;
      };
      const read = async () => {
        let seen = 0;
        while (writing || seen < 300) {
          const commits = await store.readShard(0, seen, 7);
          expect(commits.map(({ position }) => position)).toEqual(commits.map((_, i) => seen + i + 1));
          seen += commits.length;
        }
      };
      await Promise.all([write(), read(), read()]);
    });

    test("shows an append as soon as it resolves", async () => {
      const { store } = await setUp();
      for (let position = 1; position <= 20; position++) {
        await store.append([commit({ position, orderId: `order-${position}` })]);
        expect(await store.head(0)).toBe(position);
        expect(await store.readShard(0, position - 1, 5)).toHaveLength(1);
      }
    });

    test("reads a shard from any position, in order and no more than asked for", async () => {
      const { store } = await setUp();
      await store.append(Array.from({ length: 10 }, (_, i) => commit({ position: i + 1, orderId: `order-${i}` })));
      const positionsAfter = async (position: number, limit: number) =>
        (await store.readShard(0, position, limit)).map((stored) => stored.position);
      expect(await positionsAfter(0, 3)).toEqual([1, 2, 3]);
      expect(await positionsAfter(8, 3)).toEqual([9, 10]);
      expect(await positionsAfter(10, 3)).toEqual([]);
    });

    test("tells which shards hold more than their reader has", async () => {
      const { store } = await setUp();
      await store.append([1, 2, 3].map((position) => commit({ position, orderId: `order-${position}` })));
      await store.append([commit({ shard: 2, position: 1 })]);
      const changed = (after: readonly (readonly [number, number])[]) => store.changedShards(new Map(after));
      const all = [
        [0, 0],
        [1, 0],
        [2, 0],
      ] as const;
      expect(new Set(await changed(all))).toEqual(new Set([0, 2]));
      expect(
        await changed([
          [0, 2],
          [1, 0],
          [2, 1],
        ]),
      ).toEqual([0]);
      expect(
        await changed([
          [0, 3],
          [2, 1],
        ]),
      ).toEqual([]);
      expect(await changed([[2, 0]])).toEqual([2]);
      expect(await changed([])).toEqual([]);
    });

    test("reads several orders of a shard at once, each from its first commit on", async () => {
      const { store } = await setUp();
      const a = [
        commit({ position: 1, orderId: "a", sequence: 1 }),
        commit({ position: 3, orderId: "a", sequence: 2, causeId: "pay" }),
      ];
      const b = commit({ position: 2, orderId: "b" });
      const elsewhere = commit({ shard: 1, position: 1, orderId: "c" });
      await store.append([a[0] as Commit, b, a[1] as Commit]);
      await store.append([elsewhere]);
      expect(await store.readOrders(0, ["b", "nobody", "a", "c"])).toEqual(
        new Map([
          ["b", [b]],
          ["a", a],
        ]),
      );
      expect(await store.readOrders(0, [])).toEqual(new Map());
    });

    test("has what it stored after it was closed and opened again, its keys included", async () => {
      const fixture = await setUp();
      const stored = [commit({ position: 1, orderId: "a" }), commit({ position: 2, orderId: "b" })];
      await fixture.store.append(stored);
      const reopened = await fixture.reopen();
      expect(await reopened.readShard(0, 0, 10)).toEqual(stored);
      const late = commit({ position: 2, orderId: "c" });
      expect(await reopened.append([late])).toEqual({ type: "refused", index: 0, reason: "staleOwner" });
    });
  });
}

function commit(parts: Partial<Commit> & { position: number }): Commit {
  const { orderId = "order-1" } = parts;
  return {
    shard: 0,
    orderId,
    sequence: 1,
    causeId: `order:${orderId}`,
    events: [{ type: "OrderValidated", data: {} }],
    recordedAt: "2026-01-05T12:00:00.000Z",
    ...parts,
  };
}
