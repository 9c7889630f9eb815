import { describe, expect, test } from "vitest";
import type { MailEntry, Mailer, MessageLog } from "../../../src/actors/ports.ts";
import { createMailWorld } from "../../support/mail-world.ts";
import { settled } from "../../support/memory/manual-clock.ts";
import { createScriptedMailer, type MailAnswer } from "../../support/memory/scripted-mailer.ts";
import { mailIdOf, recordMail } from "../../support/order-messages.ts";

const DEFERRED: MailAnswer = { type: "deferred", response: "451 later" };
const REFUSED: MailAnswer = { type: "refused", response: "550 no such user" };
const UNKNOWN: MailAnswer = { type: "unknown", response: "connection reset" };

describe("a queued mail", () => {
  test("is sent, and its order is told", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const mailer = createScriptedMailer();
    await world.start(mailer);
    expect(mailer.sent.map(({ messageId }) => messageId)).toEqual([mailIdOf("order-1")]);
    expect(await world.entryOf("order-1")).toMatchObject({
      state: "accepted",
      attempts: [{ outcome: { type: "accepted" } }],
    });
    await world.clock.advance(100);
    expect(await world.reports()).toEqual([recordMail()]);
    expect(world.metrics.count("mail", "accepted")).toBe(1);
  });

  test("is told of together with others, within a tenth of a second, and at once by a sender that stops", async () => {
    const world = createMailWorld();
    const sender = await world.start(createScriptedMailer());
    const queue = async (orderId: string, atMs: number) => {
      await world.clock.advance(atMs - world.clock.nowMs());
      world.queue(orderId);
      sender.wake();
      await settled();
    };
    const startMs = world.clock.nowMs();
    await queue("order-1", startMs);
    await queue("order-2", startMs + 99);
    expect(await world.reports()).toEqual([]);
    await world.clock.advance(1);
    expect(await world.reports()).toHaveLength(2);
    expect(world.log.calls("produce")).toBe(1);
    await queue("order-3", startMs + 150);
    await sender.stop();
    expect(await world.reports()).toHaveLength(3);
  });

  test("is told of though the log holds back what was told before it", async () => {
    const world = createMailWorld();
    const held = Promise.withResolvers<void>();
    let calls = 0;
    const produce: MessageLog["produce"] = async (messages) => {
      calls += 1;
      if (calls === 1) await held.promise;
      return world.log.port.produce(messages);
    };
    const sender = await world.start(createScriptedMailer(), { log: { produce } });
    for (const orderId of ["order-1", "order-2"]) {
      world.queue(orderId);
      sender.wake();
      await world.clock.advance(150);
    }
    expect(await world.reports()).toEqual([recordMail({ orderId: "order-2" })]);
    held.resolve();
    await sender.stop();
    expect(await world.reports()).toHaveLength(2);
  });

  test("has its attempt in the ledger before it leaves", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const seen: (MailEntry | undefined)[] = [];
    const mailer: Mailer = {
      ...createScriptedMailer(),
      async send({ orderId }) {
        seen.push(await world.entryOf(orderId));
        return { type: "accepted", response: "250 OK" };
      },
    };
    await world.start(mailer);
    expect(seen).toMatchObject([{ state: "attempting", attempts: [{ attempt: 1, outcome: null }] }]);
  });

  test("does not leave while its attempt cannot be stored", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    world.ledger.fail("claim", "before", 3);
    const mailer = createScriptedMailer();
    await world.start(mailer);
    await world.clock.advance(100);
    expect(mailer.sent).toEqual([]);
    await world.clock.advance(1_000);
    expect(mailer.sent).toHaveLength(1);
    expect(world.metrics.count("error", "store_unavailable", "mail-sender")).toBe(3);
  });

  test("that comes later leaves at once when the sender is woken, and within a second when it is not", async () => {
    const world = createMailWorld();
    const mailer = createScriptedMailer();
    const sender = await world.start(mailer);
    world.queue("order-1");
    sender.wake();
    await settled();
    expect(mailer.sent).toHaveLength(1);
    world.queue("order-2");
    await world.clock.advance(1_000);
    expect(mailer.sent).toHaveLength(2);
  });

  test("leaves once among many, however many there are", async () => {
    const world = createMailWorld();
    for (let i = 1; i <= 200; i++) world.queue(`order-${i}`);
    const mailer = createScriptedMailer();
    await world.start(mailer);
    await world.clock.advance(100);
    expect(new Set(mailer.sent.map(({ messageId }) => messageId)).size).toBe(200);
    expect(mailer.sent).toHaveLength(200);
    expect(await world.reports()).toHaveLength(200);
  });
});

describe("a mail that the server", () => {
  test("defers goes out again after a pause that grows", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const mailer = createScriptedMailer([DEFERRED, DEFERRED, DEFERRED]);
    await world.start(mailer);
    await world.clock.advance(20_000);
    const { attempts = [] } = (await world.entryOf("order-1")) ?? {};
    const [first = 0, second = 0, third = 0, fourth = 0] = attempts.map((attempt) => attempt.startedAtMs);
    const pausesMs = [second - first, third - second, fourth - third];
    // The sender looks once a second, so each pause may be longer by that.
    for (const [i, baseMs] of [1_000, 2_000, 4_000].entries()) {
      expect(pausesMs[i]).toBeGreaterThanOrEqual(baseMs / 2);
      expect(pausesMs[i]).toBeLessThanOrEqual(baseMs + 1_000);
    }
    expect(attempts).toHaveLength(4);
    expect(await world.reports()).toEqual([recordMail()]);
  });

  test("refuses is final, and its order is told why", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const mailer = createScriptedMailer([REFUSED]);
    await world.start(mailer);
    await world.clock.advance(20_000);
    expect(mailer.sent).toHaveLength(1);
    expect(await world.entryOf("order-1")).toMatchObject({ state: "refused" });
    expect(await world.reports()).toEqual([recordMail({ outcome: "refused", response: REFUSED.response })]);
  });

  test("defers for days is given up in the end, and its order is told", async () => {
    const world = createMailWorld();
    const fourDaysMs = 4 * 24 * 3_600_000;
    world.queue("order-1", world.clock.nowMs() - fourDaysMs);
    await world.start(createScriptedMailer([DEFERRED, DEFERRED]));
    expect(await world.entryOf("order-1")).toMatchObject({ state: "deferred" });
    await world.clock.advance(2_000);
    expect(await world.entryOf("order-1")).toMatchObject({ state: "refused" });
    expect(await world.reports()).toMatchObject([
      { outcome: "refused", response: expect.stringContaining("given up after 2 attempts: 451") },
    ]);
  });

  test("may have taken or not goes out again under its Message-ID when unknown mails are resent", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const mailer = createScriptedMailer([UNKNOWN]);
    await world.start(mailer);
    expect(await world.entryOf("order-1")).toMatchObject({ state: "unknown" });
    await world.clock.advance(2_000);
    expect(mailer.sent.map(({ messageId }) => messageId)).toEqual([mailIdOf("order-1"), mailIdOf("order-1")]);
    expect(await world.entryOf("order-1")).toMatchObject({
      state: "accepted",
      attempts: [{ outcome: { type: "unknown" } }, {}],
    });
  });

  test("never says whether it took waits for a person after a few copies", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const mailer = createScriptedMailer(Array.from({ length: 50 }, () => UNKNOWN));
    await world.start(mailer);
    await world.clock.advance(24 * 3_600_000);
    expect(mailer.sent).toHaveLength(5);
    expect(await world.entryOf("order-1")).toMatchObject({ state: "unknown", retryAtMs: null });
    expect(await world.reports()).toEqual([]);
  });

  test("may have taken or not waits for a person when unknown mails are held", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const mailer = createScriptedMailer([UNKNOWN]);
    await world.start(mailer, { unknownPolicy: "hold" });
    await world.clock.advance(600_000);
    expect(mailer.sent).toHaveLength(1);
    expect(await world.entryOf("order-1")).toMatchObject({ state: "unknown", retryAtMs: null });
    expect(await world.reports()).toEqual([]);
  });
});

describe("the window of attempts", () => {
  test("is never wider than the concurrency, and every mail leaves", async () => {
    const world = createMailWorld();
    for (let i = 1; i <= 10; i++) world.queue(`order-${i}`);
    const answers = Array.from({ length: 10 }, () => Promise.withResolvers<MailAnswer>());
    const mailer = createScriptedMailer(answers.map(({ promise }) => promise));
    await world.start(mailer, { concurrency: 3 });
    expect(mailer.openNow()).toBe(3);
    expect((await world.ledger.port.counts()).attempting).toBe(3);
    for (const { resolve } of answers) {
      resolve({ type: "accepted", response: "250 OK" });
      await settled();
    }
    expect(mailer.mostOpen()).toBe(3);
    expect(await world.ledger.port.counts()).toMatchObject({ accepted: 10 });
  });
});
