/** What processes that share the stores see of each other. */
import { expect, test } from "vitest";
import type { MailOutcome, ViewDefinition, ViewWrite } from "../../../src/actors/ports.ts";
import { confirmationMail } from "../../support/confirmation-mails.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { createMongoFixture } from "./mongo-fixture.ts";

const PARCELS: ViewDefinition = { name: "parcels", fields: { weight: "integer" }, indexes: [["weight"]] };
const V1 = { view: "parcels", version: 1 };
const V2 = { view: "parcels", version: 2 };

describeWithEngines(
  "processes that share MongoDB",
  ({ mongoUrl }) => {
    const setUp = async () => {
      const { open } = createMongoFixture(mongoUrl);
      const [one, other] = [await open(), await open()];
      await one.viewStore.define(PARCELS, 1);
      return { one, other };
    };
    const put = (weight: number): ViewWrite => ({ type: "put", target: V1, id: "a", document: { weight } });
    const reach = (position: number) => ({ reactor: "projector", positions: new Map([[0, position]]) });

    test("write a shard's views one after the other, and the one that is behind stores nothing", async () => {
      const { one, other } = await setUp();
      const apply = async (store: typeof one, position: number) =>
        (await store.viewStore.apply([put(position)], reach(position))).type === "applied" ? position : 0;
      let reached = 0;
      for (let position = 1; position <= 15; position++) {
        const results = await Promise.all([apply(one, position), apply(other, position), apply(other, reached)]);
        reached = Math.max(...results);
        expect(reached).toBe(position);
      }
      expect(await other.viewStore.apply([put(1)], reach(14))).toEqual({ type: "behind" });
      expect((await one.viewStore.getMany(V1, ["a"])).get("a")).toEqual({ weight: 15 });
    });

    test("find a version gone that another one dropped", async () => {
      const { one, other } = await setUp();
      await one.viewStore.apply([put(1)]);
      await other.viewStore.define(PARCELS, 2);
      await other.viewStore.activate(V2);
      const read = () => one.viewStore.getMany(V1, ["a"]).catch((error: { code: string }) => error.code);
      await expect.poll(read, { timeout: 5_000 }).toBe("store_unavailable");
      await expect(one.viewStore.apply([put(2)])).rejects.toMatchObject({ code: "store_unavailable" });
      expect(await one.viewStore.activeVersion("parcels")).toBe(2);
    });

    test("count mails together, the closed ones of every state, whoever closed them", async () => {
      const { one, other } = await setUp();
      const outcomes: readonly (MailOutcome | null)[] = [
        { type: "accepted", response: "250 ok" },
        { type: "refused", response: "550 no such user" },
        { type: "deferred", response: "451 later", retryAtMs: 5_000 },
        { type: "unknown", response: "reset", retryAtMs: null },
        null,
      ];
      const claim = { owner: "me", nowMs: 10, leaseUntilMs: 1_000 };
      for (const [store, first] of [
        [one, 0],
        [other, 10],
      ] as const) {
        const mails = outcomes.map((_, i) => confirmationMail(first + i));
        await store.viewStore.apply(
          mails.map((mail) => ({ type: "enqueueMail", mail: { shard: 1, queuedAtMs: 5, mail }, claim }) as const),
        );
        const known = outcomes.flatMap((outcome, i) =>
          outcome === null ? [] : [{ messageId: confirmationMail(first + i).messageId, attempt: 1, outcome }],
        );
        await store.ledger.record(known);
        await store.viewStore.apply(
          mails.map(({ messageId }) => ({ type: "closeMail", messageId, round: 0 }) as const),
        );
        // One that is closed again, and one whose outcome comes late, are counted once.
        await store.viewStore.apply(
          mails.map(({ messageId }) => ({ type: "closeMail", messageId, round: 0 }) as const),
        );
        const late = { messageId: confirmationMail(first + 4).messageId, attempt: 1 };
        await store.ledger.record([{ ...late, outcome: { type: "accepted", response: "250 ok" } }]);
      }
      const counts = { queued: 0, attempting: 0, accepted: 4, refused: 2, deferred: 2, unknown: 2, dropped: 0 };
      expect(await one.ledger.counts()).toEqual(counts);
      expect(await other.ledger.counts()).toEqual(counts);
      expect(await one.ledger.claim({ shards: [1], limit: 10, ...claim, nowMs: 1e6 })).toEqual([]);
    });

    test("hand out each mail to one of them", async () => {
      const { one, other } = await setUp();
      const mails = Array.from({ length: 100 }, (_, i) => confirmationMail(i));
      await one.viewStore.apply(
        mails.map((mail, i) => ({ type: "enqueueMail", mail: { shard: 0, queuedAtMs: i, mail } }) as const),
      );
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 === 0 ? one : other).ledger.claim({
            shards: [0],
            limit: 8,
            owner: `o${i}`,
            nowMs: 500,
            leaseUntilMs: 900,
          }),
        ),
      );
      const handedOut = claims.flat().map(({ mail }) => mail.messageId);
      expect(handedOut.toSorted()).toEqual(mails.map(({ messageId }) => messageId).toSorted());
    });
  },
  { engines: ["mongoUrl"] },
);
