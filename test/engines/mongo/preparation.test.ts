/** What happens before the first request: the store is prepared and checked, by any number of processes at once. */
import { MongoBulkWriteError } from "mongodb";
import { expect, onTestFinished, test } from "vitest";
import { openMongo } from "../../../src/infra/mongo/mongo.ts";
import { systemClock } from "../../../src/infra/system-clock.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { commit, createMongoFixture, SHARDS } from "./mongo-fixture.ts";
import { startStandalone } from "./standalone-server.ts";

const QUIET = { sent() {}, fetched() {}, inserted() {}, extraPartitions() {}, roundTrip() {} };

function open(url: string) {
  return openMongo({ url, shards: SHARDS, clock: systemClock, metrics: QUIET });
}

describeWithEngines(
  "opening stores on MongoDB",
  ({ mongoUrl }) => {
    test("creates what is missing, and finds it the next time", async () => {
      const fixture = createMongoFixture(mongoUrl);
      const first = await fixture.open();
      expect(first.prepared.join("\n")).toContain(
        "commits: created, with shard_orderId_sequence, shard_orderId_causeId",
      );
      const second = await fixture.open();
      expect(second.prepared.join("\n")).toContain("commits: found, with");
      expect(second.prepared.join("\n")).not.toContain("created");
      expect(second.prepared).toContain(`${SHARDS} shards`);
    });

    test("works in many processes at once", async () => {
      const fixture = createMongoFixture(mongoUrl);
      const stores = await Promise.all(Array.from({ length: 6 }, () => fixture.open()));
      const view = { name: "parcels", fields: { weight: "integer" }, indexes: [["weight"]] } as const;
      await Promise.all(stores.map(({ viewStore }) => viewStore.define(view, 1)));
      await Promise.all(stores.map(({ probe }) => probe()));
      const results = await Promise.all(
        stores.map(({ eventStore }, shard) => eventStore.append([commit({ shard, position: 1 })])),
      );
      expect(results).toEqual(stores.map(() => ({ type: "appended" })));
      const collections = await (await fixture.client()).db().listCollections({}, { nameOnly: true }).toArray();
      expect(collections.filter(({ name }) => name.startsWith("view."))).toHaveLength(1);
    });

    test("waits for no transaction that a dead process has left open, and lets nobody wait", async () => {
      const fixture = createMongoFixture(mongoUrl);
      const running = await fixture.open();
      const client = await fixture.client();
      const db = client.db();
      const left = client.startSession();
      onTestFinished(() => left.endSession());
      left.startTransaction();
      for (const name of (await db.listCollections({}, { nameOnly: true }).toArray()).map((found) => found.name)) {
        await db.collection<{ _id: string }>(name).updateMany({}, { $set: { touched: 1 } }, { session: left });
        await db
          .collection<{ _id: string }>(name)
          .updateOne({ _id: "none" }, { $set: { touched: 1 } }, { session: left });
      }
      const starting = fixture.open();
      const appended = running.eventStore.append([commit({ position: 1 })]);
      expect((await starting).prepared).toContain(`${SHARDS} shards`);
      expect(await appended).toEqual({ type: "appended" });
      expect(left.inTransaction()).toBe(true);
    });

    test("gives the store the rules to refuse malformed documents by", async () => {
      const fixture = createMongoFixture(mongoUrl);
      const { eventStore } = await fixture.open();
      await eventStore.append([commit({ position: 1 })]);
      const commits = (await fixture.client()).db().collection<{ _id: string }>("commits");
      const [stored] = await commits.find().toArray();
      const malformed = [
        { ...stored, _id: "a", position: 1.5, sequence: 2, causeId: "a" },
        { ...stored, _id: "b", shard: "0" },
        { ...stored, _id: "c", recordedAt: "2026-01-05T12:00:00.000Z", shard: 1 },
        { ...stored, _id: "d", events: [], shard: 1 },
        { ...stored, _id: "e", events: [{ type: "OrderValidated" }], shard: 1 },
      ];
      for (const document of malformed) {
        await expect(commits.insertMany([document])).rejects.toMatchObject({ code: 121 });
      }
      expect(await commits.countDocuments()).toBe(1);
    });

    test("renews the rules of an older version", async () => {
      const fixture = createMongoFixture(mongoUrl);
      await fixture.open();
      const db = (await fixture.client()).db();
      await db.command({ collMod: "commits", validator: { $jsonSchema: { bsonType: "object" } } });
      expect((await fixture.open()).prepared.join("\n")).toContain("commits: validator renewed");
      await expect(db.collection("commits").insertMany([{ shard: 0 }])).rejects.toBeInstanceOf(MongoBulkWriteError);
    });

    test("keeps whole numbers whole, and times as times", async () => {
      const fixture = createMongoFixture(mongoUrl);
      const { eventStore } = await fixture.open();
      const position = 2 ** 40 + 1;
      const amount = { amountMinor: Number.MAX_SAFE_INTEGER, currency: "EUR" };
      const events = [{ type: "OrderPaid", data: { paymentId: "p", amount } }] as const;
      const large = commit({ position, events, orderId: "a" });
      await eventStore.append([large]);
      expect(await eventStore.readShard(0, position - 1, 1)).toEqual([large]);
      expect(await eventStore.head(0)).toBe(position);
      const typeOf = (field: string) => ({ $type: `$${field}` });
      const commits = (await fixture.client()).db().collection("commits");
      const types = await commits
        .aggregate([
          { $unwind: "$events" },
          {
            $project: {
              _id: 0,
              shard: typeOf("shard"),
              position: typeOf("position"),
              amount: typeOf("events.data.amount.amountMinor"),
              recordedAt: typeOf("recordedAt"),
            },
          },
        ])
        .toArray();
      expect(types).toEqual([{ shard: "int", position: "long", amount: "long", recordedAt: "date" }]);
    });

    test("refuses another number of shards than the data has", async () => {
      const fixture = createMongoFixture(mongoUrl);
      await fixture.open();
      const opened = fixture.open({ shards: 16 });
      await expect(opened).rejects.toMatchObject({ code: "shards_changed", retryable: false });
      await expect(opened).rejects.toThrow(`set SHARDS=${SHARDS}`);
    });

    test("refuses data of a newer version", async () => {
      const fixture = createMongoFixture(mongoUrl);
      await fixture.open();
      const settings = (await fixture.client()).db().collection<{ _id: string }>("settings");
      await settings.updateOne({ _id: "orderloom" }, { $set: { layoutVersion: 99 } });
      await expect(fixture.open()).rejects.toMatchObject({ code: "data_too_new" });
    });

    test("refuses an index of its name with another shape", async () => {
      const fixture = createMongoFixture(mongoUrl);
      const db = (await fixture.client()).db();
      await db.collection("commits").createIndexes([{ key: { shard: 1 }, name: "shard_orderId_causeId" }]);
      await expect(fixture.open()).rejects.toMatchObject({ code: "store_unsupported", retryable: false });
    });

    test("refuses a standalone server, in one sentence that says what it lacks", async () => {
      const server = await startStandalone();
      onTestFinished(() => server.stop());
      const opened = open(`mongodb://${server.host}/orderloom`);
      await expect(opened).rejects.toMatchObject({ code: "store_unsupported", retryable: false });
      await expect(opened).rejects.toThrow(/has no transactions \(.*\): start MongoDB as a replica set/);
    });

    test("says where a store is that does not answer, and never the password", { timeout: 60_000 }, async () => {
      const opened = open("mongodb://clerk:s3cret@127.0.0.1:9/orderloom");
      await expect(opened).rejects.toMatchObject({ code: "store_unavailable", retryable: true });
      await expect(opened).rejects.toThrow("127.0.0.1:9");
      await expect(opened).rejects.not.toThrow("s3cret");
    });

    test.each(["http://clerk:s3cret@host/", "mongodb://clerk:s3:cret@host/x", "nonsense s3cret"])(
      "refuses the address %s",
      async (url) => {
        const opened = open(url);
        await expect(opened).rejects.toMatchObject({ code: "invalid_configuration", retryable: false });
        await expect(opened).rejects.not.toThrow("cret");
      },
    );

    test("ends what is asked after the stop, and may be stopped twice", async () => {
      const stores = await createMongoFixture(mongoUrl).open();
      await stores.stop();
      await stores.stop();
      await expect(stores.probe()).rejects.toMatchObject({ retryable: true });
      await expect(stores.eventStore.head(0)).rejects.toMatchObject({ code: "store_unavailable" });
    });
  },
  { engines: ["mongoUrl"] },
);
