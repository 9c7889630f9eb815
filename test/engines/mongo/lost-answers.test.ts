/** A write whose answer is lost may be stored or not: what became of it is found out before anything is answered. */
import { expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import type { ConfirmationMail } from "../../../src/actors/ports.ts";
import { confirmationMail } from "../../support/confirmation-mails.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { startMongoProxy } from "../../support/engines/mongo-proxy.ts";
import { commit, createMongoFixture } from "./mongo-fixture.ts";

describeWithEngines(
  "a write to MongoDB whose answer is lost",
  ({ mongoUrl }) => {
    const setUp = async () => {
      const fixture = createMongoFixture(mongoUrl);
      const { proxy, urlOf } = await startMongoProxy(mongoUrl);
      const stores = await fixture.open({ url: urlOf({ mongoUrl: fixture.url }) });
      const direct = await fixture.open();
      /** Lets the next request of this name reach the store, and loses its answer with the connection. */
      const loseAnswerOf = (operation: string, times = 1): void => {
        let left = times;
        fixture.recorded.onRequest = (name) => {
          if (name !== operation || left === 0) return;
          left -= 1;
          proxy.drop("toClient", true);
          setTimeout(() => {
            proxy.cut();
            proxy.drop("toClient", false);
          }, 300);
        };
      };
      return { ...fixture, proxy, stores, direct, loseAnswerOf };
    };

    test("is found to be stored: an append is answered once, and its commits are there once", async () => {
      const { stores, direct, loseAnswerOf } = await setUp();
      const batch = [1, 2, 3].map((position) => commit({ position }));
      loseAnswerOf("insert", 2);
      expect(await stores.eventStore.append(batch)).toEqual({ type: "appended" });
      expect(await direct.eventStore.readShard(0, 0, 10)).toEqual(batch);
      expect(await stores.eventStore.append(batch)).toEqual({ type: "refused", index: 0, reason: "staleOwner" });
    });

    test("is told from the same commit of another owner", async () => {
      const { stores, direct, proxy } = await setUp();
      const batch = [commit({ position: 1 }), commit({ position: 2 })];
      // Nothing of the insert reaches the store, and meanwhile another owner handles the same messages.
      proxy.drop("toServer", true);
      const appended = stores.eventStore.append(batch);
      expect(await direct.eventStore.append(batch.slice(0, 1))).toEqual({ type: "appended" });
      proxy.cut();
      proxy.drop("toServer", false);
      expect(await appended).toEqual({ type: "refused", index: 0, reason: "staleOwner" });
      expect(await direct.eventStore.head(0)).toBe(1);
    });

    test("is finished when only a part of it was stored", async () => {
      const { stores, direct, loseAnswerOf } = await setUp();
      await direct.eventStore.append([commit({ shard: 1, position: 1, orderId: "a" })]);
      loseAnswerOf("insert");
      const results = await Promise.all([
        stores.eventStore.append([commit({ position: 1 }), commit({ position: 2 })]),
        stores.eventStore.append([commit({ shard: 1, position: 2, orderId: "a", causeId: "late" })]),
        stores.eventStore.append([commit({ shard: 2, position: 1 }), commit({ shard: 2, position: 2 })]),
      ]);
      expect(results).toEqual([
        { type: "appended" },
        { type: "refused", index: 0, reason: "conflict" },
        { type: "appended" },
      ]);
      expect(await Promise.all([0, 1, 2].map((shard) => direct.eventStore.head(shard)))).toEqual([2, 1, 2]);
    });

    test("has an unknown outcome when the store stays away", { timeout: 90_000 }, async () => {
      const { stores, direct, proxy } = await setUp();
      proxy.drop("toClient", true);
      const appended = stores.eventStore.append([commit({ position: 1 })]);
      await expect(appended).rejects.toMatchObject({ code: "outcome_unknown", retryable: true });
      await expect(appended).rejects.toBeInstanceOf(OperationalError);
      proxy.cut();
      proxy.drop("toClient", false);
      expect(await direct.eventStore.head(0)).toBe(1);
      await expect.poll(() => stores.eventStore.head(0).catch(() => null), { timeout: 20_000 }).toBe(1);
    });

    test("hands out a claimed mail once when it is the end of a transaction", async () => {
      const { stores, direct, loseAnswerOf } = await setUp();
      const claim = { owner: "me", nowMs: 100, leaseUntilMs: 1e6 };
      const enqueue = (mail: ConfirmationMail) =>
        ({ type: "enqueueMail", mail: { shard: 0, queuedAtMs: 50, mail }, claim }) as const;
      const mails = [1, 2].map((number) => confirmationMail(number));
      const checkpoint = { reactor: "mail-queue", positions: new Map([[0, 7]]) };
      await stores.viewStore.apply([], { ...checkpoint, positions: new Map([[0, 1]]) });
      loseAnswerOf("commit");
      const result = await stores.viewStore.apply(mails.map(enqueue), checkpoint);
      expect(result).toMatchObject({ type: "applied", attempts: mails.map((mail) => ({ mail, attempt: 1 })) });
      expect(await direct.viewStore.checkpoint("mail-queue")).toEqual(checkpoint.positions);
      expect(await direct.ledger.counts()).toMatchObject({ attempting: 2, queued: 0 });
      expect(await stores.viewStore.apply(mails.map(enqueue), checkpoint)).toEqual({ type: "applied", attempts: [] });
    });

    test("leaves nothing behind in the middle of a transaction, which is run again", async () => {
      const { stores, direct, loseAnswerOf } = await setUp();
      const checkpoint = {
        reactor: "mail-queue",
        positions: new Map([
          [0, 1],
          [1, 1],
        ]),
      };
      await stores.viewStore.apply([], checkpoint);
      loseAnswerOf("insert");
      const mail = confirmationMail(1);
      await stores.viewStore.apply([{ type: "enqueueMail", mail: { shard: 0, queuedAtMs: 50, mail } }], {
        reactor: "mail-queue",
        positions: new Map([
          [0, 2],
          [1, 2],
        ]),
      });
      expect(await direct.ledger.counts()).toMatchObject({ queued: 1 });
      expect(await direct.viewStore.checkpoint("mail-queue")).toEqual(
        new Map([
          [0, 2],
          [1, 2],
        ]),
      );
    });
  },
  { engines: ["mongoUrl"] },
);
