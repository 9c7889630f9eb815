/** An outcome that comes late, while people decide about its mail: the order hears of it, and nobody is told for ever. */
import { describe, expect, test } from "vitest";
import type { MailAnswer, MailDecision } from "../../../src/actors/ports.ts";
import { settled } from "../../support/memory/manual-clock.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { createScriptedMailer } from "../../support/memory/scripted-mailer.ts";
import { mailIdOf, ORDER_ID, receivePayment, submitOrder } from "../../support/order-messages.ts";
import { createPipelineWorld } from "../../support/pipeline-world.ts";

const ACCEPTED: MailAnswer = { type: "accepted", response: "250 OK" };
const REFUSED: MailAnswer = { type: "refused", response: "550 no such user" };
const LEASE_MS = 120_000;
const MAIL_ID = mailIdOf(ORDER_ID);
const DECISION: Omit<MailDecision, "atMs"> = {
  decision: "send",
  operator: { keyId: "key-1", name: "Grace" },
  reason: "she called",
};

/** An order whose first mail is not answered until its lease is over, and is held then. */
async function createLateWorld(then: readonly (MailAnswer | Promise<MailAnswer>)[] = []) {
  const first = Promise.withResolvers<MailAnswer>();
  const mailer = createScriptedMailer([first.promise, ...then]);
  const world = createPipelineWorld({ mailer, unknownPolicy: "hold" });
  const pipeline = await world.start();
  for (const message of [submitOrder(), receivePayment()]) {
    await world.ports.log.produce([plainCodec.encode(message)]);
    await settled();
  }
  await world.clock.advance(LEASE_MS + 60_000);
  const entry = async () => (await world.ports.ledger.get([MAIL_ID]))[0];
  expect(await entry()).toMatchObject({ state: "unknown", retryAtMs: null, closed: false });
  return {
    ...world,
    entry,
    status: async () => (await pipeline.orderReader.get(ORDER_ID))?.status,
    answer: first.resolve,
    decide: () => world.ports.ledger.decide(MAIL_ID, { ...DECISION, atMs: world.clock.nowMs() }),
    /** How often the order was told of its mail. */
    async told(): Promise<number> {
      const shards = await Promise.all([0, 1].map((shard) => world.ports.log.read("order-commands", shard, 0, 10_000)));
      return shards.flat().filter(({ value }) => String(value).includes("RecordMail")).length;
    },
    stop: () => pipeline.stop(),
  };
}

describe("an outcome that comes late", () => {
  test("between a decision to send the mail and its attempt ends in a mail that is done", async () => {
    const world = await createLateWorld();
    expect(await world.decide()).toBe("decided");
    world.answer(ACCEPTED);
    await settled();
    await world.clock.advance(2_000);
    expect(world.mailer.sent).toHaveLength(1);
    expect(await world.status()).toBe("emailed");
    await world.clock.advance(60_000);
    expect(await world.entry()).toMatchObject({ state: "accepted", closed: true });
    const told = await world.told();
    await world.clock.advance(600_000);
    expect(await world.told()).toBe(told);
    await world.stop();
  });

  test("while the attempt that a person wanted is under way ends in a mail that is done, too", async () => {
    const second = Promise.withResolvers<MailAnswer>();
    const world = await createLateWorld([second.promise]);
    await world.decide();
    await world.clock.advance(1_000);
    world.answer(ACCEPTED);
    await world.clock.advance(1_000);
    expect(await world.status()).toBe("emailed");
    second.resolve(ACCEPTED);
    await world.clock.advance(60_000);
    expect(world.mailer.sent).toHaveLength(2);
    expect([await world.status(), await world.entry()]).toMatchObject(["emailed", { state: "accepted", closed: true }]);
    const told = await world.told();
    await world.clock.advance(600_000);
    expect(await world.told()).toBe(told);
    await world.stop();
  });

  test("and is a refusal leaves the mail to be sent as a person decided", async () => {
    const world = await createLateWorld([ACCEPTED]);
    await world.decide();
    world.answer(REFUSED);
    await settled();
    await world.clock.advance(60_000);
    expect(world.mailer.sent).toHaveLength(2);
    expect([await world.status(), await world.entry()]).toMatchObject(["emailed", { state: "accepted", closed: true }]);
    await world.stop();
  });
});
