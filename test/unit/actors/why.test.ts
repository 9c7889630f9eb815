/** Why an order waits, in every place where it can be, through the whole pipeline and its clock. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { Message } from "../../../src/domain/messages.ts";
import { settled } from "../../support/memory/manual-clock.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { createScriptedMailer, type MailAnswer } from "../../support/memory/scripted-mailer.ts";
import {
  cancelOrder,
  decidePayment,
  euros,
  mailIdOf,
  ORDER_ID,
  PAYMENT_WINDOW_MS,
  receivePayment,
  recordRefund,
  submitOrder,
  TOTAL,
} from "../../support/order-messages.ts";
import { createPipelineWorld, WATERMARK_MS } from "../../support/pipeline-world.ts";

const UNKNOWN: MailAnswer = { type: "unknown", response: "reset" };

async function start(answers: readonly (MailAnswer | Promise<MailAnswer>)[] = [], unknownPolicy?: "hold") {
  const world = createPipelineWorld({
    mailer: createScriptedMailer(answers),
    ...(unknownPolicy === undefined ? {} : { unknownPolicy }),
  });
  const pipeline = await world.start();
  onTestFinished(() => pipeline.stop());
  return {
    ...world,
    pipeline,
    async send(...messages: readonly Message[]) {
      for (const message of messages) await world.ports.log.produce([plainCodec.encode(message)]);
      await world.clock.advance(100);
    },
    why: async (orderId = ORDER_ID) => {
      const asked = pipeline.whyReader.read(orderId);
      await settled();
      return await asked;
    },
  };
}

const pay = () => receivePayment({ paidAt: "2026-01-05T12:00:00.000Z" });

describe("an order", () => {
  test("that nobody knows has no reason to wait", async () => {
    const { why, clock } = await start();
    const asked = why("nobody");
    await clock.advance(6_000);
    expect(await asked).toBeNull();
  });

  test("whose money came first waits for the order, and for support once the money is an orphan", async () => {
    const { send, why, clock } = await start();
    await send(pay());
    await clock.advance(WATERMARK_MS / 2);
    expect(await why()).toMatchObject({
      paymentsOnDesk: 0,
      waitsFor: [{ message: "SubmitOrder", from: "shopper" }],
    });
    await clock.advance(180_000 - WATERMARK_MS / 2);
    expect(await why()).toMatchObject({
      status: "awaitingOrder",
      money: "parked",
      waits: true,
      headline: "The payment arrived before the order, and is kept for it.",
      paymentsOnDesk: 1,
      waitsFor: [
        { message: "SubmitOrder", from: "shopper" },
        { message: "DecidePayment", from: "support" },
      ],
      since: "2026-01-05T12:00:00.000Z",
      deadline: null,
    });
    expect((await why())?.reasons).toContain("It has been like this for 3 minutes.");
  });

  test("that is done waits for support when a payment of it counts at another order, too", async () => {
    const { send, why, clock } = await start();
    await send(submitOrder({ orderId: "earlier" }), receivePayment({ orderId: "earlier" }));
    await clock.advance(1_000);
    await send(submitOrder(), receivePayment());
    await clock.advance(1_000);
    expect(await why()).toMatchObject({
      status: "emailed",
      waits: true,
      paymentsOnDesk: 1,
      deskPayments: [{ kind: "repeated", countedAt: "earlier" }],
    });
  });

  test("that was just taken waits for its shard", async () => {
    const { pipeline, why, fail } = await start();
    fail("eventStore.append", "before");
    const answer = await pipeline.frontDoor.submit({
      customer: { name: "Ada", email: "a@x.test" },
      items: [{ sku: "margherita", quantity: 1 }],
    });
    if (answer.type !== "accepted") throw new Error("the order is refused");
    expect(await why(answer.orderId)).toMatchObject({
      status: "accepted",
      waits: true,
      headline: "The order is stored, and will be processed in a moment.",
      shard: { unreadMessages: 1 },
    });
  });

  test("that is unpaid waits for its payment until its deadline, and then for payments on their way", async () => {
    const { send, why, clock } = await start();
    await send(submitOrder());
    const before = await why();
    expect(before).toMatchObject({
      status: "received",
      headline: "The order is waiting for its payment.",
      waitsFor: [
        { message: "ReceivePayment", from: "payment provider" },
        { message: "CancelOrder", from: "shopper" },
        { message: "ReachDeadline", from: "service" },
      ],
      deadline: { at: "2026-01-05T12:10:00.000Z", expiresFrom: "2026-01-05T12:11:00.000Z", waitsFor: [] },
    });
    expect(before?.reasons).toEqual(
      expect.arrayContaining([
        "24.50 EUR is still to be paid.",
        "The payment provider can send what is still to be paid.",
        "The shopper can cancel it.",
        "The service lets it expire once the time to pay has run out.",
        "It can be paid for another 10 minutes.",
      ]),
    );
    await clock.advance(PAYMENT_WINDOW_MS + 10_000);
    expect((await why())?.reasons.join(" ")).toMatch(
      /The time to pay ended \d+ seconds ago.*Such a payment has another \d+ seconds/,
    );
    await clock.advance(WATERMARK_MS);
    expect(await why()).toMatchObject({
      status: "expired",
      waits: false,
      headline: "No payment arrived in time. Nothing is left to do.",
      waitsFor: [],
    });
  });

  test("tells of its messages that could not be processed", async () => {
    const { send, why, clock } = await start();
    await send(submitOrder(), submitOrder({ items: [{ sku: "tiramisu", quantity: 9 }] }));
    await clock.advance(5_000);
    const answer = await why();
    expect(answer).toMatchObject({ parkedMessages: 1, parked: [{ code: "idempotency_key_reused" }] });
    expect(answer?.reasons).toContain("A message about the order could not be processed, and is waiting for a person.");
    expect(JSON.stringify(answer?.reasons)).not.toContain("idempotency");
  });

  test("that is done and has a message that could not be processed does not say that it waits for nothing", async () => {
    const { send, why, clock } = await start();
    await send(submitOrder(), pay(), submitOrder({ items: [{ sku: "tiramisu", quantity: 9 }] }));
    await clock.advance(5_000);
    expect(await why()).toMatchObject({
      status: "emailed",
      waits: true,
      headline:
        "The order is confirmed, and the mail server has accepted its confirmation. A message for it waits for a person.",
      waitsFor: [],
    });
  });

  test("that is paid in part waits for the rest", async () => {
    const { send, why } = await start();
    await send(submitOrder(), receivePayment({ amount: euros(1_000), partial: true }));
    const answer = await why();
    expect(answer?.headline).toBe("The order is waiting for the rest of its payment.");
    expect(answer?.reasons).toContain("14.50 EUR is still to be paid.");
  });

  test("that is done waits for nothing", async () => {
    const { send, why } = await start();
    await send(submitOrder(), pay());
    expect(await why()).toMatchObject({
      status: "emailed",
      waits: false,
      headline: "The order is confirmed, and the mail server has accepted its confirmation. Nothing is left to do.",
      waitsFor: [],
      usually: null,
      mails: [{ state: "accepted", attempts: 1, nextTryAt: null, isHeld: false }],
    });
  });

  test("that was cancelled waits for nothing, and with money to go back for the refund", async () => {
    const { send, why, clock } = await start();
    await send(submitOrder(), cancelOrder());
    expect((await why())?.headline).toBe("The order was cancelled. Nothing is left to do.");
    await clock.advance(60_000);
    await send(pay());
    const due = await why();
    expect(due).toMatchObject({
      waits: true,
      money: "refundDue",
      headline: "The order was cancelled. Money has to go back.",
      waitsFor: expect.arrayContaining([
        expect.objectContaining({ message: "RecordRefund", from: "payment provider" }),
      ]),
    });
    expect(Date.parse(due?.since ?? "")).toBeGreaterThan(Date.parse("2026-01-05T12:00:59.000Z"));
    expect(due?.reasons).toContain("24.50 EUR must go back to the customer.");
    await send(recordRefund());
    expect(await why()).toMatchObject({ waits: false, money: "refunded" });
    expect((await why())?.reasons).toContain("All money that came for it went back.");
  });

  test("that was paid back in part says what it keeps", async () => {
    const { send, why } = await start();
    await send(submitOrder(), pay(), recordRefund({ amount: euros(450) }));
    const found = await why();
    expect(found).toMatchObject({ status: "emailed", money: "partlyRefunded", waits: false });
    expect(found?.reasons).toContain("Some of the money went back; the order keeps 20.00 EUR.");
  });

  test("that was rejected says so, and that its money has to go back", async () => {
    const { send, why } = await start();
    await send(submitOrder(), receivePayment({ amount: euros(1) }));
    expect((await why())?.headline).toBe("The order was not accepted. Money has to go back.");
  });
});

describe("a confirmed order", () => {
  test("waits for its mail to be sent", async () => {
    const answer = Promise.withResolvers<MailAnswer>();
    const { send, why } = await start([answer.promise]);
    await send(submitOrder(), pay());
    expect(await why()).toMatchObject({
      status: "confirmed",
      headline: "The confirmation mail is being sent.",
      waitsFor: [{ message: "RecordMail", from: "service" }],
    });
    answer.resolve({ type: "accepted", response: "250 OK" });
  });

  test("whose mail was put off says when it is tried again", async () => {
    const later: MailAnswer = { type: "deferred", response: "451 secret words of the server" };
    const { send, why } = await start(Array.from({ length: 20 }, () => later));
    await send(submitOrder(), pay());
    const answer = await why();
    expect(answer).toMatchObject({ mails: [{ state: "deferred", attempts: 1, nextTryAt: expect.any(String) }] });
    expect(answer?.reasons.join(" ")).toMatch(
      /The mail has been tried once, and (will be tried again in|is about to be)/,
    );
    expect(answer?.reasons.join(" ")).not.toContain("secret");
    expect(answer?.mailHistory[0]?.attempts[0]?.outcome?.response).toContain("secret");
  });

  test("whose mail nobody knows about says that it is sent again", async () => {
    const { send, why } = await start([UNKNOWN, UNKNOWN, UNKNOWN]);
    await send(submitOrder(), pay());
    expect((await why())?.headline).toMatch(/^The confirmation mail will be sent again, because nobody knows/);
  });

  test("whose mail is held waits for a person", async () => {
    const { send, why } = await start([UNKNOWN], "hold");
    await send(submitOrder(), pay());
    expect(await why()).toMatchObject({
      headline: "The order is waiting for a person: nobody knows whether its confirmation mail arrived.",
      mails: [{ state: "unknown", isHeld: true, nextTryAt: null }],
      waitsFor: [{ message: "RecordMail", from: "support", meaning: "a decision about the confirmation mail" }],
    });
  });

  test("whose mail was refused waits for nothing and says why", async () => {
    const { send, why } = await start([{ type: "refused", response: "550 no such user" }]);
    await send(submitOrder(), pay());
    const answer = await why();
    expect(answer).toMatchObject({ status: "confirmed", waits: false });
    expect(answer?.reasons).toContain("The reason given for the mail: 550 no such user");
  });

  test("whose refused mail somebody had sent again waits for it", async () => {
    const later: MailAnswer = { type: "deferred", response: "451 later" };
    const answers: MailAnswer[] = [
      { type: "refused", response: "550 no such user" },
      ...Array.from({ length: 20 }, () => later),
    ];
    const { send, why, clock, ports } = await start(answers);
    await send(submitOrder(), pay());
    const operator = { keyId: "key-1", name: "Ann" };
    const decision = { decision: "send", operator, reason: "mended", atMs: clock.nowMs() } as const;
    expect(await ports.ledger.decide(mailIdOf(ORDER_ID), decision)).toBe("decided");
    await clock.advance(3_000);
    expect(await why()).toMatchObject({
      waits: true,
      headline: "The order is waiting for its confirmation mail, which the mail server has not accepted yet.",
      waitsFor: [{ message: "RecordMail", from: "service" }],
    });
  });

  test("whose mail somebody dropped waits for nothing and says why", async () => {
    const { send, why, clock, ports } = await start([UNKNOWN], "hold");
    await send(submitOrder(), pay());
    const operator = { keyId: "key-1", name: "Ann" };
    const decision = { decision: "drop", operator, reason: "she phoned", atMs: clock.nowMs() } as const;
    await ports.ledger.decide(mailIdOf(ORDER_ID), decision);
    await clock.advance(35_000);
    const answer = await why();
    expect(answer).toMatchObject({ status: "confirmed", waits: false, mails: [{ state: "dropped" }] });
    expect(answer?.reasons).toContain("The reason given for the mail: she phoned");
    expect(JSON.stringify(answer?.reasons)).not.toContain("Ann");
  });
});

describe("money that lies at the payment desk", () => {
  const BY_SUPPORT = {
    message: "DecidePayment",
    from: "support",
    meaning: "Support can decide about its money at the payment desk.",
  };

  test("moves an order that is paid in part, though it counts nowhere yet", async () => {
    const { send, why } = await start();
    await send(submitOrder(), receivePayment({ amount: euros(1_000), partial: true }));
    expect((await why())?.waitsFor).not.toContainEqual(BY_SUPPORT);
    await send(receivePayment({ amount: euros(1_450), partial: true }));
    const answer = await why();
    expect(answer?.waitsFor).toContainEqual(BY_SUPPORT);
    expect(answer?.waitsFor.map(({ message }) => message)).toContain("ReceivePayment");
    expect(answer?.reasons).toContain("A payment for it waits at the payment desk for a person.");
    expect(answer).toMatchObject({
      paymentsOnDesk: 1,
      deskPayments: [{ paymentId: "payment-1~1450EUR", kind: "quarantined", amount: euros(1_450) }],
    });
  });

  test("whose order never came is named once it is an orphan", async () => {
    const { send, why, clock } = await start();
    await send(pay());
    expect((await why())?.waitsFor).not.toContainEqual(BY_SUPPORT);
    await clock.advance(601_000);
    expect((await why())?.waitsFor).toEqual([expect.objectContaining({ message: "SubmitOrder" }), BY_SUPPORT]);
  });

  test("that was a mismatch waits for the refund, or for support to use it", async () => {
    const { send, why } = await start();
    await send(submitOrder(), receivePayment({ amount: euros(1) }));
    expect((await why())?.waitsFor).toEqual([expect.objectContaining({ message: "RecordRefund" }), BY_SUPPORT]);
    await send(decidePayment({ decision: "refund" }));
    expect((await why())?.waitsFor).toEqual([expect.objectContaining({ message: "RecordRefund" })]);
  });

  test("keeps an order waiting that is done otherwise", async () => {
    const { send, why } = await start();
    await send(submitOrder(), pay(), receivePayment({ amount: euros(1) }));
    expect(await why()).toMatchObject({
      status: "emailed",
      waits: true,
      headline:
        "The order is confirmed, and the mail server has accepted its confirmation. A payment for it waits for a person.",
      waitsFor: [BY_SUPPORT],
      usually: null,
    });
  });
});

describe("how long orders usually take", () => {
  test("names one order as one", async () => {
    const { send, why, clock } = await start();
    await send(submitOrder({ orderId: "other" }));
    await clock.advance(4_000);
    await send(receivePayment({ orderId: "other", paidAt: clock.nowIso() }));
    await send(submitOrder({ submittedAt: clock.nowIso() }));
    await clock.advance(61_000);
    expect((await why())?.reasons.at(-1)).toMatch(/\(1 order since/);
  });

  test("to pay money back comes from money that had to wait for it, and not from what was kept until then", async () => {
    const { send, why, clock } = await start();
    await send(submitOrder({ orderId: "kept" }), receivePayment({ orderId: "kept", paymentId: "p" }));
    await send(recordRefund({ orderId: "kept" }));
    await send(submitOrder({ orderId: "owed" }), cancelOrder({ orderId: "owed" }));
    await send(receivePayment({ orderId: "owed", paymentId: "q" }));
    await clock.advance(3_900);
    await send(recordRefund({ orderId: "owed" }));
    await send(submitOrder(), cancelOrder());
    await send(pay());
    await clock.advance(61_000);
    expect((await why())?.usually).toMatchObject({ p50Seconds: 4, p95Seconds: 4, orders: 1 });
  });

  test("comes from orders that left the state, and says from how many", async () => {
    const { send, why, clock } = await start();
    for (let i = 1; i <= 20; i++) {
      const orderId = `other-${i}`;
      const now = clock.nowIso();
      await send(submitOrder({ orderId, submittedAt: now }));
      await clock.advance(i === 20 ? 59_900 : 3_900);
      await send(receivePayment({ orderId, paymentId: `p-${i}`, amount: TOTAL, paidAt: clock.nowIso() }));
    }
    await send(submitOrder({ submittedAt: clock.nowIso() }));
    await clock.advance(61_000);
    const answer = await why();
    expect(answer?.usually).toMatchObject({ p50Seconds: 4, p95Seconds: 60, orders: 20 });
    expect(answer?.reasons.at(-1)).toMatch(
      /^This usually takes 4 seconds, and at most 60 seconds in 19 cases out of 20 \(20 /,
    );
  });
});
