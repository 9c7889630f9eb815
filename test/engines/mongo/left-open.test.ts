/** Transactions that a process left open when it died: its shards do not wait until the store ends them by itself. */
import { randomUUID } from "node:crypto";
import { type ClientSession, MongoClient } from "mongodb";
import { expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../../src/actors/ports.ts";
import { createRequests } from "../../../src/infra/mongo/requests.ts";
import {
  createTransactionSessions,
  type TransactionSessionDocument,
  type TransactionSessions,
} from "../../../src/infra/mongo/transaction-sessions.ts";
import { systemClock } from "../../../src/infra/system-clock.ts";
import { confirmationMail } from "../../support/confirmation-mails.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { createMongoFixture } from "./mongo-fixture.ts";

/** Much less than the minute after which stores end a transaction by themselves. */
const BOUND_MS = 20_000;
const HEIRS = 6;
const SESSIONS = 50;

const reach = (...positions: readonly number[]) => ({
  reactor: "projector",
  positions: new Map(positions.map((position, shard) => [shard, position])),
});

function sessionsOf(client: MongoClient, clock: Clock = systemClock): TransactionSessions {
  const metrics = { sent() {}, fetched() {}, extraPartitions() {}, inserted() {}, roundTrip() {} };
  return createTransactionSessions({
    client,
    sessions: client.db().collection("transactionSessions"),
    requests: createRequests({ hosts: "the store", metrics, clock, onSlow() {} }),
    clock,
  });
}

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
      return { heir, other, dead, ids, id, session };
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

    test("by a process that is silent does not keep a write without a transaction either", async () => {
      const { heir, dead, session } = await setUp(60_000);
      const mail = confirmationMail(1);
      await dead.db().collection<{ _id: string }>("mails").insertOne({ _id: mail.messageId }, { session });
      const startedMs = performance.now();
      const bare = { reactor: "projector", positions: new Map([[0, 3]]) };
      const queued = { type: "enqueueMail" as const, mail: { shard: 0, queuedAtMs: 0, mail } };
      expect(await Promise.all([heir.viewStore.apply([queued]), heir.viewStore.apply([], bare)])).toEqual([
        { type: "applied", attempts: [] },
        { type: "applied", attempts: [] },
      ]);
      expect(performance.now() - startedMs).toBeLessThan(BOUND_MS);
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

    test(
      "is ended once by whoever comes first, and nothing of it is left",
      async () => {
        const { url, client } = createMongoFixture(mongoUrl);
        let begun = 0;
        const watched = async (): Promise<MongoClient> => {
          const watching = await new MongoClient(url, { monitorCommands: true }).connect();
          watching.on("commandStarted", ({ command }) => {
            if (command["startTransaction"] === true) begun += 1;
          });
          onTestFinished(() => watching.close());
          return watching;
        };
        const heirs = await Promise.all(Array.from({ length: HEIRS }, async () => sessionsOf(await watched())));
        const db = (await client()).db();
        const ids = db.collection<TransactionSessionDocument>("transactionSessions");
        await ids.insertMany(
          Array.from({ length: SESSIONS }, () => ({
            _id: randomUUID().replaceAll("-", ""),
            seenAt: new Date(Date.now() - 60_000),
          })),
        );
        await Promise.all(heirs.map((heir) => heir.endSilent()));
        expect(await ids.countDocuments()).toBe(0);
        expect(begun).toBe(SESSIONS);
        // It waits for every transaction that has read the collection.
        await db.dropCollection("transactionSessions");
      },
      BOUND_MS,
    );

    test("is kept after a silence, unless somebody is ending it at this moment", async () => {
      const { client } = createMongoFixture(mongoUrl);
      let aheadMs = 0;
      const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
      const owner = sessionsOf(await client(), clock);
      const ids = (await client()).db().collection<TransactionSessionDocument>("transactionSessions");
      const idsOf = (sessions: readonly ClientSession[]) =>
        sessions.map(({ serverSession }) => serverSession.id.id.toString("hex"));
      const takeTwoAfter = async (silenceMs: number) => {
        aheadMs += silenceMs;
        const two = [await owner.take(), await owner.take()] as const;
        for (const session of two) owner.give(session);
        return two;
      };
      const [kept, ended] = await takeTwoAfter(0);
      await ids.updateMany({}, { $set: { seenAt: new Date(0) } });
      expect(new Set(idsOf(await takeTwoAfter(60_000)))).toEqual(new Set(idsOf([kept, ended])));
      expect(await ids.countDocuments({ seenAt: { $gt: new Date(1) } })).toBe(2);
      await ids.updateOne({ _id: idsOf([ended])[0] as string }, { $set: { isEnding: true } });
      const now = await takeTwoAfter(60_000);
      expect(idsOf(now)).toContain(idsOf([kept])[0]);
      expect(idsOf(now)).not.toContain(idsOf([ended])[0]);
      expect(new Set(idsOf(await takeTwoAfter(60_000)))).toEqual(new Set(idsOf(now)));
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
