/** What operations cost in requests, however much is in them: the speed on a database depends on nothing else as much. */
import { expect, test } from "vitest";
import type { Checkpoint, ViewDefinition, ViewWrite } from "../../../src/actors/ports.ts";
import { confirmationMail } from "../../support/confirmation-mails.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { commit, createMongoFixture, SHARDS } from "./mongo-fixture.ts";

const PARCELS: ViewDefinition = { name: "parcels", fields: { weight: "integer" }, indexes: [["weight"]] };
const V1 = { view: "parcels", version: 1 };
const ALL = Array.from({ length: SHARDS }, (_, shard) => shard);
const CLAIM = { owner: "me", nowMs: 1_000, leaseUntilMs: 9_000 };

describeWithEngines(
  "requests to MongoDB",
  ({ mongoUrl }) => {
    const setUp = async () => {
      const { open, recorded } = createMongoFixture(mongoUrl);
      const stores = await open();
      await stores.viewStore.define(PARCELS, 1);
      // What is asked for once only: the version, and the documents of the checkpoints.
      await stores.viewStore.apply([put(0)], reach(1));
      const requestsOf = async (operation: () => Promise<unknown>): Promise<readonly string[]> => {
        recorded.roundTrips.length = 0;
        await operation();
        // Signs of life come every few seconds, whatever is done.
        return recorded.roundTrips.filter((name) => name !== "session");
      };
      return { ...stores, requestsOf };
    };
    const put = (number: number): ViewWrite => ({
      type: "put",
      target: V1,
      id: `p${number}`,
      document: { weight: number },
    });
    const puts = (count: number) => Array.from({ length: count }, (_, i) => put(i));
    const reach = (position: number): Checkpoint => ({
      reactor: "projector",
      positions: new Map(ALL.map((shard) => [shard, position])),
    });
    const enqueue = (number: number, isClaimed: boolean): ViewWrite => ({
      type: "enqueueMail",
      mail: { shard: number % SHARDS, queuedAtMs: number, mail: confirmationMail(number) },
      ...(isClaimed ? { claim: CLAIM } : {}),
    });
    const mails = (count: number, isClaimed: boolean) => Array.from({ length: count }, (_, i) => enqueue(i, isClaimed));
    const idsOf = (count: number) => Array.from({ length: count }, (_, i) => confirmationMail(i).messageId);

    test("store a batch of commits with one", async () => {
      const { eventStore, requestsOf } = await setUp();
      const batch = Array.from({ length: 50 }, (_, i) => commit({ position: i + 1 }));
      expect(await requestsOf(() => eventStore.append(batch))).toEqual(["insert"]);
      expect(await requestsOf(() => eventStore.changedShards(new Map(ALL.map((shard) => [shard, 0]))))).toEqual([
        "find",
      ]);
      expect(await requestsOf(() => eventStore.readShard(0, 0, 50))).toEqual(["find"]);
      expect(
        await requestsOf(() =>
          eventStore.readOrders(
            0,
            batch.map(({ orderId }) => orderId),
          ),
        ),
      ).toEqual(["find"]);
    });

    test("store documents and the checkpoints of all shards with three or four", async () => {
      const { viewStore, requestsOf } = await setUp();
      expect(await requestsOf(() => viewStore.apply(puts(5), reach(2)))).toEqual(["update", "update", "commit"]);
      expect(await requestsOf(() => viewStore.apply(puts(50), reach(3)))).toEqual([
        "delete",
        "insert",
        "update",
        "commit",
      ]);
      expect(await requestsOf(() => viewStore.apply([], reach(4)))).toEqual(["update", "commit"]);
      const one = { reactor: "projector", positions: new Map([[0, 5]]) };
      expect(await requestsOf(() => viewStore.apply([], one))).toEqual(["update"]);
    });

    test("take any number of mails through the ledger with a few", async () => {
      const { viewStore, ledger, requestsOf } = await setUp();
      const outcomes = idsOf(16).map((messageId) => ({
        messageId,
        attempt: 1,
        outcome: { type: "accepted", response: "250 ok" } as const,
      }));
      const closed = idsOf(16).map((messageId): ViewWrite => ({ type: "closeMail", messageId, round: 0 }));
      expect(await requestsOf(() => viewStore.apply(mails(16, true), reach(2)))).toEqual([
        "insert",
        "update",
        "commit",
      ]);
      expect(await requestsOf(() => ledger.record(outcomes))).toEqual(["update"]);
      expect(await requestsOf(() => viewStore.apply(closed, reach(3)))).toEqual(["update", "update", "commit"]);
      expect(await ledger.counts()).toMatchObject({ accepted: 16, attempting: 0 });
    });

    test("claim mails with two, and look for more of them now and then", async () => {
      const { viewStore, ledger, requestsOf } = await setUp();
      expect(await requestsOf(() => viewStore.apply(mails(40, false)))).toEqual(["insert"]);
      const claim = () => ledger.claim({ shards: ALL, limit: 16, ...CLAIM });
      expect(await requestsOf(claim)).toEqual(["find", "update", "find"]);
      expect(await requestsOf(claim)).toEqual(["update", "find"]);
      expect(await requestsOf(claim)).toEqual(["update", "find", "find"]);
      expect(await requestsOf(claim)).toEqual(["find"]);
      expect(await ledger.counts()).toMatchObject({ attempting: 40, queued: 0 });
    });
  },
  { engines: ["mongoUrl"] },
);
