/** Appends that come in together share inserts, and none of them feels it. */
import { expect, test } from "vitest";
import type { Commit } from "../../../src/actors/ports.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { commit, createMongoFixture, SHARDS } from "./mongo-fixture.ts";

const ALL = Array.from({ length: SHARDS }, (_, shard) => shard);

describeWithEngines(
  "appends of several shards to MongoDB",
  ({ mongoUrl }) => {
    const setUp = async () => {
      const fixture = createMongoFixture(mongoUrl);
      const { eventStore } = await fixture.open();
      return { ...fixture, eventStore };
    };

    test("go out in one insert when they come in together", async () => {
      const { eventStore, recorded } = await setUp();
      const append = (shard: number) =>
        eventStore.append([commit({ shard, position: 1 }), commit({ shard, position: 2 })]);
      const results = await Promise.all(ALL.map(append));
      expect(results).toEqual(ALL.map(() => ({ type: "appended" })));
      expect(recorded.inserted).toEqual([2 * SHARDS]);
      for (const shard of ALL) expect(await eventStore.head(shard)).toBe(2);
    });

    test("are refused at once, and by its name, where the store has a unique index that is none of ours", async () => {
      const { client, eventStore } = await setUp();
      const commits = (await client()).db().collection("commits");
      await commits.createIndexes([{ key: { recordedAt: 1 }, unique: true, name: "somebody_elses" }]);
      await eventStore.append([commit({ position: 1 })]);
      const startedMs = performance.now();
      await expect(eventStore.append([commit({ position: 2 })])).rejects.toMatchObject({
        code: "store_unsupported",
        retryable: false,
        message: expect.stringContaining("somebody_elses"),
      });
      expect(performance.now() - startedMs).toBeLessThan(10_000);
      await commits.dropIndex("somebody_elses");
      expect(await eventStore.append([commit({ position: 2 })])).toEqual({ type: "appended" });
    });

    test("gather while inserts are on their way", async () => {
      const { eventStore, recorded } = await setUp();
      const writeShard = async (shard: number) => {
        for (let position = 1; position <= 20; position++) await eventStore.append([commit({ shard, position })]);
      };
      await Promise.all(ALL.map(writeShard));
      expect(recorded.inserted.reduce((sum, commits) => sum + commits, 0)).toBe(20 * SHARDS);
      expect(recorded.inserted.length).toBeLessThan((20 * SHARDS) / 2);
    });

    test("are stored when one between them is refused, each up to its own end", async () => {
      const { eventStore } = await setUp();
      const taken = commit({ shard: 3, position: 1, orderId: "a", causeId: "pay" });
      const moved = commit({ shard: 5, position: 1, orderId: "b" });
      await eventStore.append([taken]);
      await eventStore.append([moved]);
      const batches: Commit[][] = ALL.map((shard) => [1, 2, 3].map((position) => commit({ shard, position })));
      batches[3] = [2, 3, 4].map((position) => commit({ shard: 3, position }));
      batches[3][1] = { ...taken, position: 3, sequence: 2 };
      batches[5] = [{ ...moved, position: 2, causeId: "another" }, commit({ shard: 5, position: 3 })];
      const results = await Promise.all(batches.map((batch) => eventStore.append(batch)));
      expect(results).toEqual(
        ALL.map((shard) => {
          if (shard === 3) return { type: "refused", index: 1, reason: "repeatedCause" };
          if (shard === 5) return { type: "refused", index: 0, reason: "conflict" };
          return { type: "appended" };
        }),
      );
      const heads = await Promise.all(ALL.map((shard) => eventStore.head(shard)));
      expect(heads).toEqual([3, 3, 3, 2, 3, 1, 3, 3]);
      for (const shard of ALL) {
        const positions = (await eventStore.readShard(shard, 0, 10)).map(({ position }) => position);
        expect(positions).toEqual(positions.map((_, i) => i + 1));
      }
    });

    test("keep their order within a shard, and leave no gap when the first of them is refused", async () => {
      const { eventStore } = await setUp();
      await eventStore.append([commit({ position: 1, orderId: "a" })]);
      const appends = [
        [commit({ position: 2 }), commit({ position: 3, orderId: "a", causeId: "another" })],
        [commit({ position: 3, orderId: "c" })],
        [commit({ position: 4, orderId: "d" })],
      ];
      expect(await Promise.all(appends.map((batch) => eventStore.append(batch)))).toEqual([
        { type: "refused", index: 1, reason: "conflict" },
        { type: "appended" },
        { type: "appended" },
      ]);
      expect((await eventStore.readShard(0, 0, 10)).map(({ position }) => position)).toEqual([1, 2, 3, 4]);
    });

    test("are refused by what another process stored", async () => {
      const fixture = await setUp();
      const other = (await fixture.open()).eventStore;
      const theirs = ALL.map((shard) => other.append([commit({ shard, position: 1, orderId: `theirs-${shard}` })]));
      const ours = ALL.map((shard) =>
        fixture.eventStore.append([commit({ shard, position: 1, orderId: `ours-${shard}` })]),
      );
      const results = await Promise.all([...theirs, ...ours]);
      expect(results.filter(({ type }) => type === "appended")).toHaveLength(SHARDS);
      expect(new Set(results.flatMap((result) => (result.type === "refused" ? [result.reason] : [])))).toEqual(
        new Set(["staleOwner"]),
      );
    });
  },
  { engines: ["mongoUrl"] },
);
