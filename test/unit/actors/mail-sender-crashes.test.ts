/** What a mail sender does about attempts and outcomes that a crash, a stop or a failing store leaves behind. */
import { describe, expect, test } from "vitest";
import { createMailWorld } from "../../support/mail-world.ts";
import { createManualClock, settled } from "../../support/memory/manual-clock.ts";
import { createScriptedMailer, type MailAnswer } from "../../support/memory/scripted-mailer.ts";
import { mailIdOf, recordMail } from "../../support/order-messages.ts";

const NEVER = new Promise<MailAnswer>(() => {});
const LEASE_MS = 120_000;

/** A world in which a process died between the attempt and its outcome: its clock never moves again. */
async function afterCrash() {
  const world = createMailWorld();
  world.queue("order-1");
  await world.start(createScriptedMailer([NEVER]), { clock: createManualClock() });
  expect(await world.entryOf("order-1")).toMatchObject({ state: "attempting" });
  return world;
}

describe("an attempt whose process died", () => {
  test("becomes unknown at the next start, and goes out again under its Message-ID", async () => {
    const world = await afterCrash();
    const mailer = createScriptedMailer();
    await world.start(mailer);
    expect(mailer.sent.map(({ messageId }) => messageId)).toEqual([mailIdOf("order-1")]);
    expect((await world.entryOf("order-1"))?.attempts).toMatchObject([
      { attempt: 1, outcome: { type: "unknown" } },
      { attempt: 2, outcome: { type: "accepted" } },
    ]);
    expect(world.metrics.count("mail", "unknown")).toBe(1);
  });

  test("becomes unknown and waits for a person when unknown mails are held", async () => {
    const world = await afterCrash();
    const mailer = createScriptedMailer();
    await world.start(mailer, { unknownPolicy: "hold" });
    await world.clock.advance(600_000);
    expect(mailer.sent).toEqual([]);
    expect(await world.entryOf("order-1")).toMatchObject({ state: "unknown", retryAtMs: null });
  });

  test("is left alone until its lease ends when other processes may be alive", async () => {
    const world = await afterCrash();
    const mailer = createScriptedMailer();
    await world.start(mailer, { exclusive: false });
    await world.clock.advance(LEASE_MS);
    expect(mailer.sent).toEqual([]);
    await world.clock.advance(31_000);
    expect(mailer.sent).toHaveLength(1);
  });

  test("takes no second outcome from its own process that comes back to life", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const late = Promise.withResolvers<MailAnswer>();
    await world.start(createScriptedMailer([late.promise]));
    await world.start(createScriptedMailer([{ type: "accepted", response: "250 second" }]));
    late.resolve({ type: "refused", response: "550 late" });
    await settled();
    expect(await world.entryOf("order-1")).toMatchObject({ state: "accepted" });
  });
});

describe("a final outcome", () => {
  test("that the order was not told before a crash is told at the next start, without another mail", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    world.log.fail("produce", "before", 1_000);
    await world.start(createScriptedMailer());
    expect(await world.entryOf("order-1")).toMatchObject({ state: "accepted", closed: false });
    expect(await world.reports()).toEqual([]);

    const restarted = createMailWorld();
    const mailer = createScriptedMailer();
    await restarted.start(mailer, { ledger: world.ledger.port });
    expect(mailer.sent).toEqual([]);
    expect(await restarted.reports()).toEqual([recordMail()]);
  });

  test.each(["before", "after"] as const)(
    "is stored and told though the ledger fails %s recording it",
    async (when) => {
      const world = createMailWorld();
      world.queue("order-1");
      world.ledger.fail("record", when, 3);
      const mailer = createScriptedMailer();
      await world.start(mailer);
      await world.clock.advance(5_000);
      expect(await world.entryOf("order-1")).toMatchObject({ state: "accepted" });
      expect(await world.reports()).toEqual([recordMail()]);
      expect(mailer.sent).toHaveLength(1);
    },
  );

  test("is told though the log fails, and told twice at most with the same message", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    world.log.fail("produce", "after");
    await world.start(createScriptedMailer());
    await world.clock.advance(5_000);
    expect(await world.reports()).toEqual([recordMail(), recordMail()]);
  });
});

describe("a sender that stops", () => {
  test("stops the mailer, stores the outcomes of what is open, and tells the orders", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const answer = Promise.withResolvers<MailAnswer>();
    const mailer = createScriptedMailer([answer.promise]);
    const sender = await world.start(mailer);
    let isStopped = false;
    const stopped = Promise.all([sender.stop(), sender.stop()]).then(() => {
      isStopped = true;
    });
    await settled();
    expect([isStopped, mailer.isStopped()]).toEqual([false, true]);
    answer.resolve({ type: "accepted", response: "250 OK" });
    await stopped;
    expect(await world.entryOf("order-1")).toMatchObject({ state: "accepted" });
    expect(await world.reports()).toEqual([recordMail()]);
    expect(mailer.isStopped()).toBe(true);
  });

  test("stores them though the ledger fails meanwhile", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const answer = Promise.withResolvers<MailAnswer>();
    const sender = await world.start(createScriptedMailer([answer.promise]));
    const stopped = sender.stop();
    world.ledger.fail("record", "before", 2);
    answer.resolve({ type: "accepted", response: "250 OK" });
    await world.clock.advance(10_000);
    await stopped;
    expect(await world.entryOf("order-1")).toMatchObject({ state: "accepted" });
  });

  test("waits until what it tells the orders is in the log", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const durable = Promise.withResolvers<void>();
    let isStopped = false;
    const sender = await world.start(createScriptedMailer(), { log: { produce: () => durable.promise } });
    const stopped = sender.stop().then(() => {
      isStopped = true;
    });
    await settled();
    expect(isStopped).toBe(false);
    durable.resolve();
    await stopped;
  });

  test("claims nothing more", async () => {
    const world = createMailWorld();
    const mailer = createScriptedMailer();
    const sender = await world.start(mailer);
    await sender.stop();
    world.queue("order-1");
    sender.wake();
    await world.clock.advance(60_000);
    expect(mailer.sent).toEqual([]);
    expect(await world.entryOf("order-1")).toMatchObject({ state: "queued" });
  });
});

describe("a claim whose reply was lost", () => {
  test("is given up after its lease, and the mail goes out then", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    world.ledger.fail("claim", "after");
    const mailer = createScriptedMailer();
    await world.start(mailer);
    await world.clock.advance(LEASE_MS - 1_000);
    expect(mailer.sent).toEqual([]);
    await world.clock.advance(32_000);
    expect(mailer.sent).toHaveLength(1);
    expect(await world.entryOf("order-1")).toMatchObject({
      state: "accepted",
      attempts: [{ outcome: { type: "unknown" } }, {}],
    });
  });
});
