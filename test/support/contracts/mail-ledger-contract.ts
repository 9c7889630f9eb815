/** What every `MailLedger`, and the view store that puts mails into it, keep to. It uses nothing but the ports. */
import { describe, expect, onTestFinished, test } from "vitest";
import type {
  ConfirmationMail,
  MailAttempt,
  MailDecision,
  MailLedger,
  MailOutcome,
  ViewStore,
} from "../../../src/actors/ports.ts";

export interface MailLedgerFixture {
  /** An empty ledger. */
  readonly ledger: MailLedger;
  /** Puts mails into it. */
  readonly views: ViewStore;
  /** Closes the ledger as a stopped process would, and opens it again with what it has stored. */
  reopen(): Promise<MailLedger>;
  cleanup(): Promise<void>;
}

const ACCEPTED: MailOutcome = { type: "accepted", response: "250 ok" };
const REFUSED: MailOutcome = { type: "refused", response: "550 no such user" };
const ALL = [0, 1, 2, 3];

export function mailLedgerContract(name: string, createFixture: () => Promise<MailLedgerFixture>): void {
  const setUp = async () => {
    const fixture = await createFixture();
    onTestFinished(() => fixture.cleanup());
    return fixture;
  };

  describe(`${name} as a ledger of mails`, () => {
    test("hands out a queued mail with its facts, and has stored the attempt by then", async () => {
      const fixture = await setUp();
      await enqueue(fixture, "m1", { shard: 2, queuedAtMs: 50 });
      expect(await claim(fixture.ledger, { nowMs: 60 })).toEqual([
        { shard: 2, mail: mailOf("m1"), attempt: 1, queuedAtMs: 50, unknownAttempts: 0, resend: null },
      ]);
      const reopened = await fixture.reopen();
      expect(await reopened.get(["m1"])).toEqual([
        {
          messageId: "m1",
          orderId: "order-of-m1",
          shard: 2,
          customer: { name: "Ada <ü>", email: "ada@example.test" },
          queuedAtMs: 50,
          state: "attempting",
          attempts: [{ attempt: 1, startedAtMs: 60, outcome: null }],
          retryAtMs: null,
          closed: false,
          decisions: [],
        },
      ]);
      expect(await claim(reopened, { nowMs: 61 })).toEqual([]);
    });

    test("hands out a new mail as it is put in, to nobody else and only once", async () => {
      const fixture = await setUp();
      const { ledger, views } = fixture;
      const mailClaim = { owner: "me", nowMs: 60, leaseUntilMs: 200 };
      await enqueue(fixture, "known");
      const put = (messageId: string, shard: number) =>
        ({ type: "enqueueMail", mail: { shard, queuedAtMs: 50, mail: mailOf(messageId) }, claim: mailClaim }) as const;
      const attempt = { attempt: 1, queuedAtMs: 50, unknownAttempts: 0, resend: null };
      expect(await views.apply([put("m1", 1), put("known", 0), put("m2", 2)])).toEqual({
        type: "applied",
        attempts: [
          { shard: 1, mail: mailOf("m1"), ...attempt },
          { shard: 2, mail: mailOf("m2"), ...attempt },
        ],
      });
      expect(await views.apply([put("m1", 1)])).toEqual({ type: "applied", attempts: [] });
      expect(idsOf(await claim(ledger, {}))).toEqual(["known"]);
      expect(await ledger.counts()).toEqual(counts({ attempting: 3 }));
      expect(await ledger.get(["m1"])).toMatchObject([
        { state: "attempting", attempts: [{ attempt: 1, startedAtMs: 60, outcome: null }] },
      ]);
      await ledger.record([{ messageId: "m1", attempt: 1, outcome: ACCEPTED }]);
      expect(await ledger.abandon({ nowMs: 201, retryAtMs: 300 })).toEqual(["m2"]);
      expect(await ledger.counts()).toEqual(counts({ accepted: 1, unknown: 1, attempting: 1 }));
    });

    test("hands out what is due, oldest first, of the shards that are asked for, up to the limit", async () => {
      const fixture = await setUp();
      await enqueue(fixture, "late", { shard: 0, queuedAtMs: 30 });
      await enqueue(fixture, "early", { shard: 1, queuedAtMs: 10 });
      await enqueue(fixture, "middle", { shard: 0, queuedAtMs: 20 });
      await enqueue(fixture, "foreign", { shard: 3, queuedAtMs: 1 });
      await enqueue(fixture, "future", { shard: 0, queuedAtMs: 1_000 });
      const { ledger } = fixture;
      expect(idsOf(await claim(ledger, { shards: [0, 1], limit: 2 }))).toEqual(["early", "middle"]);
      expect(idsOf(await claim(ledger, { shards: [0, 1], limit: 2 }))).toEqual(["late"]);
      expect(await claim(ledger, { shards: [0, 1], nowMs: 999 })).toEqual([]);
      expect(idsOf(await claim(ledger, { shards: [0, 1], nowMs: 1_000 }))).toEqual(["future"]);
    });

    test("hands out each mail to one of many racing claimers", async () => {
      const fixture = await setUp();
      const messageIds = Array.from({ length: 60 }, (_, i) => `m${i}`);
      for (const [i, messageId] of messageIds.entries()) await enqueue(fixture, messageId, { shard: i % 4 });
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, i) => claim(fixture.ledger, { owner: `owner-${i}`, limit: 5 })),
      );
      expect(claims.flatMap(idsOf).toSorted()).toEqual(messageIds.toSorted());
      expect(await fixture.ledger.counts()).toMatchObject({ queued: 0, attempting: 60 });
    });

    test("keeps a mail that is queued again as it is, even after it was accepted", async () => {
      const fixture = await setUp();
      await enqueue(fixture, "m1", { queuedAtMs: 10 });
      await enqueue(fixture, "m1", { queuedAtMs: 20 });
      expect(await claim(fixture.ledger, {})).toMatchObject([{ queuedAtMs: 10 }]);
      await enqueue(fixture, "m1", { queuedAtMs: 20 });
      expect(await claim(fixture.ledger, {})).toEqual([]);
      await fixture.ledger.record([{ messageId: "m1", attempt: 1, outcome: ACCEPTED }]);
      await enqueue(fixture, "m1", { queuedAtMs: 30 });
      expect(await claim(fixture.ledger, {})).toEqual([]);
      expect(await fixture.ledger.counts()).toEqual(counts({ accepted: 1 }));
    });

    test("puts a mail in together with the view writes and the checkpoint", async () => {
      const { ledger, views } = await setUp();
      const checkpoint = { reactor: "projector", positions: new Map([[0, 1]]) };
      await views.apply([{ type: "enqueueMail", mail: { shard: 0, queuedAtMs: 1, mail: mailOf("m1") } }], checkpoint);
      expect(await views.checkpoint("projector")).toEqual(new Map([[0, 1]]));
      expect(await ledger.counts()).toEqual(counts({ queued: 1 }));
    });

    test.each([ACCEPTED, REFUSED])("stores the outcome $type for good", async (outcome) => {
      const fixture = await setUp();
      await enqueue(fixture, "m1");
      await claim(fixture.ledger, {});
      await fixture.ledger.record([{ messageId: "m1", attempt: 1, outcome }]);
      await fixture.ledger.record([
        { messageId: "m1", attempt: 1, outcome: { type: "deferred", response: "later", retryAtMs: 1 } },
      ]);
      const reopened = await fixture.reopen();
      expect(await reopened.counts()).toEqual(counts({ [outcome.type]: 1 }));
      expect(await reopened.get(["m1"])).toMatchObject([{ state: outcome.type, attempts: [{ outcome }] }]);
      expect(await claim(reopened, { nowMs: 1e6 })).toEqual([]);
    });

    test("tries a deferred mail again when its time has come, and keeps the history", async () => {
      const fixture = await setUp();
      const { ledger } = fixture;
      await enqueue(fixture, "m1", { queuedAtMs: 10 });
      await claim(ledger, { nowMs: 20 });
      const deferred: MailOutcome = { type: "deferred", response: "451 later", retryAtMs: 500 };
      await ledger.record([{ messageId: "m1", attempt: 1, outcome: deferred }]);
      expect(await ledger.get(["m1"])).toMatchObject([{ state: "deferred", retryAtMs: 500 }]);
      expect(await claim(ledger, { nowMs: 499 })).toEqual([]);
      expect(await claim(ledger, { nowMs: 500 })).toMatchObject([{ attempt: 2, unknownAttempts: 0, queuedAtMs: 10 }]);
      await ledger.record([{ messageId: "m1", attempt: 2, outcome: ACCEPTED }]);
      expect(await ledger.get(["m1"])).toMatchObject([
        {
          state: "accepted",
          retryAtMs: null,
          attempts: [
            { attempt: 1, startedAtMs: 20, outcome: deferred },
            { attempt: 2, startedAtMs: 500, outcome: ACCEPTED },
          ],
        },
      ]);
    });

    test("warns that a mail may be a repeat once an attempt of it is unknown", async () => {
      const fixture = await setUp();
      const { ledger } = fixture;
      await enqueue(fixture, "m1");
      await claim(ledger, {});
      await ledger.record([
        { messageId: "m1", attempt: 1, outcome: { type: "unknown", response: "reset", retryAtMs: 200 } },
      ]);
      expect(await claim(ledger, { nowMs: 200 })).toMatchObject([{ attempt: 2, unknownAttempts: 1 }]);
      await ledger.record([
        { messageId: "m1", attempt: 2, outcome: { type: "deferred", response: "later", retryAtMs: 300 } },
      ]);
      expect(await claim(ledger, { nowMs: 300 })).toMatchObject([{ attempt: 3, unknownAttempts: 1 }]);
    });

    test("leaves an unknown mail without a retry time to a person", async () => {
      const fixture = await setUp();
      const { ledger } = fixture;
      await enqueue(fixture, "m1");
      await claim(ledger, {});
      await ledger.record([
        { messageId: "m1", attempt: 1, outcome: { type: "unknown", response: "reset", retryAtMs: null } },
      ]);
      expect(await claim(ledger, { nowMs: 1e9 })).toEqual([]);
      expect(await ledger.counts()).toEqual(counts({ unknown: 1 }));
    });

    test("gives up the attempts whose lease has ended, and no others", async () => {
      const fixture = await setUp();
      const { ledger } = fixture;
      for (const messageId of ["short", "long"])
        await enqueue(fixture, messageId, { shard: messageId === "short" ? 0 : 1 });
      await claim(ledger, { shards: [0], leaseUntilMs: 200 });
      await claim(ledger, { shards: [1], leaseUntilMs: 900 });
      expect(await ledger.abandon({ nowMs: 200, retryAtMs: 250 })).toEqual([]);
      expect(await ledger.abandon({ nowMs: 201, retryAtMs: 250 })).toEqual(["short"]);
      expect(await ledger.abandon({ nowMs: 201, retryAtMs: 250 })).toEqual([]);
      expect(await ledger.counts()).toEqual(counts({ unknown: 1, attempting: 1 }));
      expect(await claim(ledger, { nowMs: 249 })).toEqual([]);
      expect(await claim(ledger, { nowMs: 250 })).toMatchObject([
        { mail: { messageId: "short" }, attempt: 2, unknownAttempts: 1 },
      ]);
    });

    test("gives up all attempts of other owners, whatever their lease", async () => {
      const fixture = await setUp();
      const { ledger } = fixture;
      await enqueue(fixture, "mine", { shard: 0 });
      await enqueue(fixture, "theirs", { shard: 1 });
      await enqueue(fixture, "queued", { shard: 2 });
      await claim(ledger, { shards: [0], owner: "me", leaseUntilMs: 900 });
      await claim(ledger, { shards: [1], owner: "them", leaseUntilMs: 900 });
      expect(await ledger.abandon({ nowMs: 150, exceptOwner: "me", retryAtMs: null })).toEqual(["theirs"]);
      expect(await ledger.counts()).toEqual(counts({ attempting: 1, unknown: 1, queued: 1 }));
      const [entry] = await ledger.get(["theirs"]);
      expect(entry).toMatchObject({
        state: "unknown",
        retryAtMs: null,
        attempts: [{ attempt: 1, outcome: { type: "unknown" } }],
      });
    });

    test("leaves a mail alone when an attempt that is not the current one reports", async () => {
      const fixture = await setUp();
      const { ledger } = fixture;
      await enqueue(fixture, "m1");
      await claim(ledger, { owner: "gone" });
      await ledger.abandon({ nowMs: 150, exceptOwner: "me", retryAtMs: 160 });
      await claim(ledger, { owner: "me", nowMs: 160 });
      await ledger.record([
        { messageId: "m1", attempt: 1, outcome: REFUSED },
        { messageId: "nobody", attempt: 1, outcome: ACCEPTED },
      ]);
      expect(await ledger.counts()).toEqual(counts({ attempting: 1 }));
      await ledger.record([{ messageId: "m1", attempt: 2, outcome: ACCEPTED }]);
      expect(await ledger.counts()).toEqual(counts({ accepted: 1 }));
    });

    test("takes the late outcome of an attempt that was given up, while nobody has tried again", async () => {
      const fixture = await setUp();
      const { ledger } = fixture;
      await enqueue(fixture, "m1");
      await claim(ledger, { owner: "slow" });
      await ledger.abandon({ nowMs: 150, exceptOwner: "me", retryAtMs: 160 });
      await ledger.record([{ messageId: "m1", attempt: 1, outcome: ACCEPTED }]);
      expect(await claim(ledger, { nowMs: 1e6 })).toEqual([]);
      expect(await ledger.counts()).toEqual(counts({ accepted: 1 }));
    });

    test("lists final outcomes until their order knows them, oldest first", async () => {
      const fixture = await setUp();
      const { ledger, views } = fixture;
      await enqueue(fixture, "second", { shard: 1, queuedAtMs: 20 });
      await enqueue(fixture, "first", { shard: 0, queuedAtMs: 10 });
      await enqueue(fixture, "waiting", { shard: 0, queuedAtMs: 5 });
      await claim(ledger, {});
      await ledger.record([
        { messageId: "second", attempt: 1, outcome: REFUSED },
        { messageId: "first", attempt: 1, outcome: ACCEPTED },
        { messageId: "waiting", attempt: 1, outcome: { type: "deferred", response: "later", retryAtMs: 1e6 } },
      ]);
      const first = { mail: mailOf("first"), outcome: ACCEPTED, round: 0 };
      const second = { mail: mailOf("second"), outcome: REFUSED, round: 0 };
      expect(await ledger.unreported(ALL, 10)).toEqual([first, second]);
      expect(await ledger.unreported(ALL, 1)).toEqual([first]);
      expect(await ledger.unreported([1], 10)).toEqual([second]);
      await views.apply([
        { type: "closeMail", messageId: "first", round: 0 },
        { type: "closeMail", messageId: "nobody", round: 0 },
      ]);
      expect(await ledger.unreported(ALL, 10)).toEqual([second]);
      expect(await ledger.get(["first"])).toMatchObject([{ closed: true, state: "accepted" }]);
      expect(await ledger.counts()).toEqual(counts({ accepted: 1, refused: 1, deferred: 1 }));
    });

    test("never sends a mail that its order knows the outcome of", async () => {
      const fixture = await setUp();
      await enqueue(fixture, "m1");
      await fixture.views.apply([{ type: "closeMail", messageId: "m1", round: 0 }]);
      expect(await claim(fixture.ledger, { nowMs: 1e9 })).toEqual([]);
      expect(await fixture.ledger.unreported(ALL, 10)).toEqual([]);
    });

    test("stores the outcome of a mail that was closed meanwhile, and has nothing to report", async () => {
      const fixture = await setUp();
      const { ledger, views } = fixture;
      await enqueue(fixture, "m1");
      await claim(ledger, {});
      await views.apply([{ type: "closeMail", messageId: "m1", round: 0 }]);
      await ledger.record([{ messageId: "m1", attempt: 1, outcome: ACCEPTED }]);
      expect(await ledger.unreported(ALL, 10)).toEqual([]);
      expect(await ledger.get(["m1"])).toMatchObject([{ state: "accepted", closed: true }]);
    });

    test("finds mails by their Message-IDs, in the order of the question, and leaves out those that it does not have", async () => {
      const fixture = await setUp();
      for (const messageId of ["m1", "m2", "m3"]) await enqueue(fixture, messageId, { shard: 3 });
      const found = await fixture.ledger.get(["m3", "nobody", "m1"]);
      expect(found).toMatchObject([
        { messageId: "m3", orderId: "order-of-m3", shard: 3, state: "queued", attempts: [] },
        { messageId: "m1", orderId: "order-of-m1", shard: 3, state: "queued", attempts: [] },
      ]);
      expect(await fixture.ledger.get([])).toEqual([]);
    });

    test("scans all mails by their Message-IDs, page by page, as they are found by them", async () => {
      const fixture = await setUp();
      for (const messageId of ["m2", "m3", "m1"]) await enqueue(fixture, messageId);
      await claim(fixture.ledger, { nowMs: 60, limit: 1 });
      const first = await fixture.ledger.scan({ afterMessageId: "", limit: 2 });
      expect(first).toEqual(await fixture.ledger.get(["m1", "m2"]));
      expect(await fixture.ledger.scan({ afterMessageId: "m2", limit: 2 })).toEqual(await fixture.ledger.get(["m3"]));
      expect(await fixture.ledger.scan({ afterMessageId: "m3", limit: 2 })).toEqual([]);
    });

    test("sends a held mail once more when a person says so, and keeps who said it and why", async () => {
      const fixture = await setUp();
      const { ledger } = fixture;
      await hold(fixture, "m1");
      expect(await ledger.decide("m1", decision("send", { atMs: 500 }))).toBe("decided");
      expect(await claim(ledger, { nowMs: 499 })).toEqual([]);
      expect(await claim(ledger, { nowMs: 500 })).toMatchObject([
        { attempt: 2, unknownAttempts: 1, resend: { round: 1, atMs: 500, afterAttempt: 1 } },
      ]);
      const [entry] = await (await fixture.reopen()).get(["m1"]);
      expect(entry).toMatchObject({
        state: "attempting",
        decisions: [
          {
            decision: "send",
            operator: { keyId: "key-1", name: "$Ann" },
            reason: "the log of the server lacks it",
            atMs: 500,
          },
        ],
      });
    });

    test.each([
      ["refused", REFUSED],
      ["deferred", { type: "deferred", response: "451 later", retryAtMs: 9_000 }],
    ] as const)("sends a mail that a person wants sent, though its late outcome is %s", async (state, outcome) => {
      const fixture = await setUp();
      const { ledger } = fixture;
      await enqueue(fixture, "m1");
      await claim(ledger, { owner: "slow" });
      await ledger.abandon({ nowMs: 150, exceptOwner: "me", retryAtMs: null });
      expect(await ledger.decide("m1", decision("send", { atMs: 500 }))).toBe("decided");
      await ledger.record([{ messageId: "m1", attempt: 1, outcome }]);
      expect(await ledger.get(["m1"])).toMatchObject([{ state, closed: false, attempts: [{ outcome }] }]);
      expect(await ledger.unreported(ALL, 10)).toEqual([]);
      expect(await claim(ledger, { nowMs: 499 })).toEqual([]);
      const resend = { round: 1, atMs: 500, afterAttempt: 1 };
      expect(await claim(ledger, { nowMs: 500 })).toMatchObject([{ attempt: 2, resend }]);
      await ledger.record([{ messageId: "m1", attempt: 2, outcome: ACCEPTED }]);
      expect(await ledger.unreported(ALL, 10)).toMatchObject([{ outcome: ACCEPTED, round: 1 }]);
      expect(await ledger.counts()).toEqual(counts({ accepted: 1 }));
    });

    test("sends no mail that a person wants sent, when it turns out that it was taken", async () => {
      const fixture = await setUp();
      const { ledger } = fixture;
      await enqueue(fixture, "m1");
      await claim(ledger, { owner: "slow" });
      await ledger.abandon({ nowMs: 150, exceptOwner: "me", retryAtMs: null });
      await ledger.decide("m1", decision("send", { atMs: 500 }));
      await ledger.record([{ messageId: "m1", attempt: 1, outcome: ACCEPTED }]);
      expect(await claim(ledger, { nowMs: 1e6 })).toEqual([]);
      expect(await ledger.unreported(ALL, 10)).toMatchObject([{ outcome: ACCEPTED, round: 1 }]);
    });

    test("drops a mail that nobody knows the outcome of, and has its order told why", async () => {
      const fixture = await setUp();
      const { ledger, views } = fixture;
      await hold(fixture, "m1");
      expect(await ledger.decide("m1", decision("drop", { reason: "$she phoned" }))).toBe("decided");
      expect(await ledger.counts()).toEqual(counts({ dropped: 1 }));
      expect(await ledger.unreported(ALL, 10)).toEqual([
        { mail: mailOf("m1"), outcome: { type: "dropped", response: "$she phoned" }, round: 1 },
      ]);
      expect(await claim(ledger, { nowMs: 1e9 })).toEqual([]);
      await ledger.record([{ messageId: "m1", attempt: 1, outcome: ACCEPTED }]);
      await views.apply([{ type: "closeMail", messageId: "m1", round: 1 }]);
      expect(await ledger.unreported(ALL, 10)).toEqual([]);
      expect(await ledger.get(["m1"])).toMatchObject([{ state: "dropped", closed: true }]);
      expect(await ledger.counts()).toEqual(counts({ dropped: 1 }));
    });

    test("sends a mail that was refused after all, and tells its order of the new outcome", async () => {
      const fixture = await setUp();
      const { ledger, views } = fixture;
      await enqueue(fixture, "m1");
      await claim(ledger, {});
      await ledger.record([{ messageId: "m1", attempt: 1, outcome: REFUSED }]);
      await views.apply([{ type: "closeMail", messageId: "m1", round: 0 }]);
      expect(await ledger.decide("m1", decision("send", {}))).toBe("decided");
      expect(await ledger.counts()).toEqual(counts({ refused: 1 }));
      expect(await ledger.unreported(ALL, 10)).toEqual([]);
      // A read model that is made again closes mails again: the order knows nothing of the new round yet.
      await views.apply([{ type: "closeMail", messageId: "m1", round: 0 }]);
      expect(await claim(ledger, { nowMs: 1e6 })).toMatchObject([{ attempt: 2, resend: { round: 1 } }]);
      await ledger.record([{ messageId: "m1", attempt: 2, outcome: ACCEPTED }]);
      expect(await ledger.unreported(ALL, 10)).toEqual([{ mail: mailOf("m1"), outcome: ACCEPTED, round: 1 }]);
      await views.apply([{ type: "closeMail", messageId: "m1", round: 1 }]);
      expect(await ledger.counts()).toEqual(counts({ accepted: 1 }));
      expect(await ledger.get(["m1"])).toMatchObject([{ state: "accepted", closed: true }]);
    });

    test("lets nobody decide about a mail on its way, one that was taken, or one that it does not have", async () => {
      const fixture = await setUp();
      const { ledger } = fixture;
      await enqueue(fixture, "queued", { queuedAtMs: 1_000 });
      await enqueue(fixture, "attempting");
      await enqueue(fixture, "accepted");
      await claim(ledger, {});
      await ledger.record([{ messageId: "accepted", attempt: 1, outcome: ACCEPTED }]);
      for (const messageId of ["queued", "attempting", "accepted"]) {
        for (const verdict of ["send", "drop"] as const) {
          expect([messageId, await ledger.decide(messageId, decision(verdict, {}))]).toEqual([
            messageId,
            "undecidable",
          ]);
        }
      }
      expect(await ledger.decide("nobody", decision("send", {}))).toBe("missing");
      expect(await ledger.counts()).toEqual(counts({ queued: 1, attempting: 1, accepted: 1 }));
    });

    test("lets one of many racing decisions drop a mail", async () => {
      const fixture = await setUp();
      await hold(fixture, "m1");
      const decided = await Promise.all(
        Array.from({ length: 5 }, () => fixture.ledger.decide("m1", decision("drop", {}))),
      );
      expect(decided.toSorted()).toEqual(["decided", ...Array.from({ length: 4 }, () => "undecidable")]);
      expect(await fixture.ledger.counts()).toEqual(counts({ dropped: 1 }));
    });

    test("lists what staff have to look at in pages, the latest first", async () => {
      const fixture = await setUp();
      const { ledger } = fixture;
      for (const [i, messageId] of ["m1", "m2", "m3"].entries()) await hold(fixture, messageId, { queuedAtMs: i + 1 });
      await hold(fixture, "m4", { queuedAtMs: 3 });
      await enqueue(fixture, "refused", { queuedAtMs: 9 });
      await enqueue(fixture, "unknown", { queuedAtMs: 8 });
      await claim(ledger, {});
      await ledger.record([
        { messageId: "refused", attempt: 1, outcome: REFUSED },
        { messageId: "unknown", attempt: 1, outcome: { type: "unknown", response: "reset", retryAtMs: 900 } },
      ]);
      const held = await ledger.list({ filter: "held", limit: 3 });
      expect(held.map(({ messageId }) => messageId)).toEqual(["m4", "m3", "m2"]);
      const after = { queuedAtMs: 2, messageId: "m2" };
      expect(await ledger.list({ filter: "held", limit: 3, after })).toMatchObject([{ messageId: "m1" }]);
      const within = { queuedAtMs: 3, messageId: "m4" };
      expect(await ledger.list({ filter: "held", limit: 1, after: within })).toMatchObject([{ messageId: "m3" }]);
      expect(await ledger.list({ filter: "unknown", limit: 1 })).toMatchObject([{ messageId: "unknown" }]);
      expect(await ledger.list({ filter: "refused", limit: 9 })).toMatchObject([{ messageId: "refused" }]);
      expect(await ledger.list({ filter: "deferred", limit: 9 })).toEqual([]);
    });

    test("counts every state from the beginning", async () => {
      const { ledger } = await setUp();
      expect(await ledger.counts()).toEqual(counts({}));
    });
  });
}

async function enqueue(
  { views }: Pick<MailLedgerFixture, "views">,
  messageId: string,
  { shard = 0, queuedAtMs = 100 }: { shard?: number; queuedAtMs?: number } = {},
): Promise<void> {
  await views.apply([{ type: "enqueueMail", mail: { shard, queuedAtMs, mail: mailOf(messageId) } }]);
}

/** Puts a mail in and leaves it to a person, after one attempt of unknown outcome. */
async function hold(fixture: MailLedgerFixture, messageId: string, changes: { queuedAtMs?: number } = {}) {
  await enqueue(fixture, messageId, changes);
  await claim(fixture.ledger, {});
  await fixture.ledger.record([
    { messageId, attempt: 1, outcome: { type: "unknown", response: "reset", retryAtMs: null } },
  ]);
}

/** Names and reasons that a store could take for something of its own. */
function decision(verdict: MailDecision["decision"], changes: Partial<MailDecision>): MailDecision {
  const operator = { keyId: "key-1", name: "$Ann" };
  return { decision: verdict, operator, reason: "the log of the server lacks it", atMs: 1_000, ...changes };
}

function claim(
  ledger: MailLedger,
  request: Partial<Parameters<MailLedger["claim"]>[0]>,
): Promise<readonly MailAttempt[]> {
  return ledger.claim({ shards: ALL, owner: "me", nowMs: 100, leaseUntilMs: 10_000, limit: 10, ...request });
}

function mailOf(messageId: string): ConfirmationMail {
  return {
    kind: "confirmation",
    messageId,
    orderId: `order-of-${messageId}`,
    customer: { name: "Ada <ü>", email: "ada@example.test" },
    lines: [{ sku: "soup", quantity: 2, name: "Soup", unitPriceMinor: 450 }],
    total: { amountMinor: 900, currency: "EUR" },
  };
}

function idsOf(attempts: readonly MailAttempt[]): string[] {
  return attempts.map(({ mail }) => mail.messageId);
}

function counts(parts: Partial<Awaited<ReturnType<MailLedger["counts"]>>>) {
  return { queued: 0, attempting: 0, accepted: 0, refused: 0, deferred: 0, unknown: 0, dropped: 0, ...parts };
}
