/** A mail server that cannot be reached for an hour: what waits is kept, little is tried, and nothing comes twice. */
import { describe, expect, test } from "vitest";
import type { Mailer } from "../../../src/actors/ports.ts";
import { createMailWorld } from "../../support/mail-world.ts";
import { createScriptedMailer, type MailAnswer } from "../../support/memory/scripted-mailer.ts";
import { mailIdOf } from "../../support/order-messages.ts";

const UNREACHABLE: MailAnswer = { type: "deferred", response: "connect ECONNREFUSED", unreachable: true };
const ACCEPTED: MailAnswer = { type: "accepted", response: "250 OK" };
const HOUR_MS = 3_600_000;
const RATE_PER_S = 20;

/** A world whose mail server is down until it is brought up, and what reaches it when. */
function createOutage() {
  const world = createMailWorld();
  const startedMs = world.clock.nowMs();
  const reached: { readonly messageId: string; readonly afterMs: number; readonly mayBeRepeat: boolean }[] = [];
  let attempts = 0;
  let isDown = true;
  const mailer: Mailer = {
    ...createScriptedMailer(),
    async send({ messageId }, mayBeRepeat = false) {
      attempts += 1;
      if (isDown) return UNREACHABLE;
      reached.push({ messageId, afterMs: world.clock.nowMs() - startedMs, mayBeRepeat });
      return ACCEPTED;
    },
  };
  return {
    world,
    mailer,
    reached,
    attempts: () => attempts,
    end() {
      isDown = false;
    },
  };
}

describe("a mail server that is down for an hour", () => {
  test("is tried seldom, and every mail of that hour reaches it once afterwards, no faster than the rate", async () => {
    const { world, mailer, reached, attempts, end } = createOutage();
    const sender = await world.start(mailer, { ratePerS: RATE_PER_S, concurrency: 16 });
    for (let minute = 0; minute < 60; minute++) {
      for (let i = 0; i < 10; i++) world.queue(`order-${minute}-${i}`);
      sender.wake();
      await world.clock.advance(HOUR_MS / 60);
    }
    // The first failures, at most those that were under way together, and a probe a minute or so.
    expect(attempts()).toBeLessThan(200);
    expect(["open", "probing"]).toContain(sender.breakerState());
    expect((await world.ledger.port.counts()).queued).toBeGreaterThan(500);

    end();
    await world.clock.advance(30 * 60_000);
    expect(new Set(reached.map(({ messageId }) => messageId)).size).toBe(600);
    expect(reached).toHaveLength(600);
    expect(reached.every(({ mayBeRepeat }) => !mayBeRepeat)).toBe(true);
    expect(await world.ledger.port.counts()).toMatchObject({ accepted: 600 });
    expect(sender.breakerState()).toBe("closed");
    const times = reached.map(({ afterMs }) => afterMs);
    for (const afterMs of times) {
      const within = times.filter((other) => other >= afterMs && other < afterMs + 1_000).length;
      expect(within).toBeLessThanOrEqual(RATE_PER_S + RATE_PER_S / 10);
    }
  });

  test("gets one mail first when it is back", async () => {
    const { world, reached, end } = createOutage();
    const answers: PromiseWithResolvers<MailAnswer>[] = [];
    let isDown = true;
    const mailer: Mailer = {
      ...createScriptedMailer(),
      send({ messageId }) {
        if (isDown) return Promise.resolve(UNREACHABLE);
        reached.push({ messageId, afterMs: 0, mayBeRepeat: false });
        const answer = Promise.withResolvers<MailAnswer>();
        answers.push(answer);
        return answer.promise;
      },
    };
    for (let i = 0; i < 30; i++) world.queue(`order-${i}`);
    const sender = await world.start(mailer, { concurrency: 8 });
    isDown = false;
    end();
    await world.clock.advance(20_000);
    expect([sender.breakerState(), reached.length]).toEqual(["probing", 1]);
    answers[0]?.resolve(ACCEPTED);
    await world.clock.advance(1_000);
    expect([sender.breakerState(), answers.length]).toEqual(["recovering", 3]);
  });

  test("leaves no trace of an attempt at mails that were kept back", async () => {
    const { world, mailer } = createOutage();
    for (let i = 0; i < 5; i++) world.queue(`early-${i}`);
    const sender = await world.start(mailer, { concurrency: 8 });
    world.queue("late");
    sender.wake();
    await world.clock.advance(2_000);
    expect(sender.breakerState()).toBe("open");
    expect((await sender.reserve(1)).mails).toBe(0);
    expect((await world.entryOf("early-0"))?.attempts.length).toBeGreaterThan(0);
    expect(await world.entryOf("late")).toMatchObject({ state: "queued", attempts: [] });
  });

  test("is told from one that puts mails off, which is asked again for each of them", async () => {
    const world = createMailWorld();
    for (let i = 0; i < 20; i++) world.queue(`order-${i}`);
    const mailer = createScriptedMailer(
      Array.from({ length: 20 }, () => ({ type: "deferred", response: "451 greylisted" }) as const),
    );
    const sender = await world.start(mailer);
    await world.clock.advance(100);
    expect(sender.breakerState()).toBe("closed");
    expect(mailer.sent).toHaveLength(20);
  });
});

describe("a mail that is sent again", () => {
  test("says that it may be a repeat after an attempt of unknown outcome, and not after one that was put off", async () => {
    const { world } = createOutage();
    const said: boolean[] = [];
    const script: MailAnswer[] = [
      { type: "deferred", response: "451 later" },
      { type: "unknown", response: "reset" },
      ACCEPTED,
    ];
    const mailer: Mailer = {
      ...createScriptedMailer(),
      send: async (_, mayBeRepeat = false) => script[said.push(mayBeRepeat) - 1] ?? ACCEPTED,
    };
    world.queue("order-1");
    await world.start(mailer);
    await world.clock.advance(20_000);
    expect(said).toEqual([false, false, true]);
  });
});

describe("a decision of a person", () => {
  const operator = { keyId: "key-1", name: "Ann" };
  const UNKNOWN: MailAnswer = { type: "unknown", response: "reset" };

  test("sends a held mail once more, however often it was tried, and holds it again when nobody can tell", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    const mailer = createScriptedMailer(Array.from({ length: 6 }, () => UNKNOWN));
    await world.start(mailer);
    await world.clock.advance(24 * HOUR_MS);
    expect(mailer.sent).toHaveLength(5);
    const decision = { decision: "send", operator, reason: "not in the log", atMs: world.clock.nowMs() } as const;
    expect(await world.ledger.port.decide(mailIdOf("order-1"), decision)).toBe("decided");
    await world.clock.advance(HOUR_MS);
    expect(mailer.sent).toHaveLength(6);
    expect(await world.entryOf("order-1")).toMatchObject({ state: "unknown", retryAtMs: null });
    await world.ledger.port.decide(mailIdOf("order-1"), { ...decision, atMs: world.clock.nowMs() });
    await world.clock.advance(2_000);
    expect(mailer.sent).toHaveLength(7);
    expect(await world.reports()).toMatchObject([{ outcome: "accepted", round: 2 }]);
  });

  test("to drop a mail is told to its order within half a minute, also when whoever decided died at once", async () => {
    const world = createMailWorld();
    world.queue("order-1");
    await world.start(createScriptedMailer([UNKNOWN]), { unknownPolicy: "hold" });
    const decision = { decision: "drop", operator, reason: "she phoned", atMs: world.clock.nowMs() } as const;
    await world.ledger.port.decide(mailIdOf("order-1"), decision);
    await world.clock.advance(32_000);
    expect((await world.reports())[0]).toMatchObject({ outcome: "dropped", response: "she phoned", round: 1 });
  });
});
