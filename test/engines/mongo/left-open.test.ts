/** Transactions that a process left open when it died: its shards do not wait until the store ends them by itself. */
import { expect, onTestFinished, test } from "vitest";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { createMongoFixture } from "./mongo-fixture.ts";

/** Much less than the minute after which stores end a transaction by themselves. */
const BOUND_MS = 20_000;

const reach = (...positions: readonly number[]) => ({
  reactor: "projector",
  positions: new Map(positions.map((position, shard) => [shard, position])),
});

describeWithEngines(
  "a transaction that is left open",
  ({ mongoUrl }) => {
    /** A process whose transaction holds the checkpoint of shard 0, and which was seen so long ago. */
    const setUp = async (silentForMs: number) => {
      const { open, client } = createMongoFixture(mongoUrl);
      const [heir, other] = [await open(), await open()];
      await heir.viewStore.apply([], reach(1, 1));
      const dead = await client();
      const session = dead.startSession({ causalConsistency: false });
      const ids = dead.db().collection<{ _id: string; seenAt: Date }>("transactionSessions");
      const id = session.serverSession.id.id.toString("hex");
      session.startTransaction();
      await dead
        .db()
        .collection<{ _id: string }>("progress")
        .updateOne({ _id: "checkpoint:projector:0" }, { $set: { position: 2 } }, { session });
      await ids.insertOne({ _id: id, seenAt: new Date(Date.now() - silentForMs) });
      onTestFinished(() => session.abortTransaction().catch(() => {}));
      return { heir, other, ids, id, session };
    };

    test("by a process that is silent is ended by the one that has its shards now", async () => {
      const { heir, ids, id, session } = await setUp(60_000);
      const startedMs = performance.now();
      expect(await heir.viewStore.apply([], reach(3, 3))).toEqual({ type: "applied", attempts: [] });
      expect(performance.now() - startedMs).toBeLessThan(BOUND_MS);
      await expect.poll(() => ids.findOne({ _id: id })).toBeNull();
      await expect(session.commitTransaction()).rejects.toThrow();
      expect(await heir.viewStore.checkpoint("projector")).toEqual(reach(3, 3).positions);
    });

    test("by a process that gives signs of life stays, and only what it holds is refused", async () => {
      const { heir, other, ids, id, session } = await setUp(0);
      const signs = setInterval(() => void ids.updateOne({ _id: id }, { $set: { seenAt: new Date() } }), 1_000);
      onTestFinished(() => clearInterval(signs));
      const refused = expect(heir.viewStore.apply([], reach(3, 3))).rejects.toMatchObject({
        code: "store_contended",
        retryable: true,
      });
      const free = { reactor: "projector", positions: new Map([[1, 2]]) };
      expect(await other.viewStore.apply([], free)).toMatchObject({ type: "applied" });
      await refused;
      await session.commitTransaction();
      expect(await heir.viewStore.checkpoint("projector")).toEqual(reach(2, 2).positions);
    });

    test("does not stop a process that was silent for a while: it begins again in another session", async () => {
      const { heir, other, ids, session } = await setUp(60_000);
      await ids.updateMany({}, { $set: { seenAt: new Date(0) } });
      expect(await other.viewStore.apply([], reach(3, 3))).toMatchObject({ type: "applied" });
      await session.abortTransaction().catch(() => {});
      for (let position = 4; position < 8; position++) {
        expect(await heir.viewStore.apply([], reach(position, position))).toMatchObject({ type: "applied" });
      }
      expect(await heir.viewStore.checkpoint("projector")).toEqual(reach(7, 7).positions);
    });
  },
  { engines: ["mongoUrl"] },
);
