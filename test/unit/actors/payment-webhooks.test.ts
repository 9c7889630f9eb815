/** A webhook's id stands for one fact, in this process and any other, before a restart and after it. */
import { describe, expect, onTestFinished, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import { createPaymentWebhooks } from "../../../src/actors/payment-webhooks.ts";
import type { Pipeline } from "../../../src/actors/pipeline.ts";
import { settled } from "../../support/memory/manual-clock.ts";
import { createMemoryMailLedger } from "../../support/memory/memory-mail-ledger.ts";
import { createMemoryViewStore } from "../../support/memory/memory-view-store.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { cancelOrder, euros, receivePayment, recordRefund, submitOrder, TOTAL } from "../../support/order-messages.ts";
import { createPipelineWorld } from "../../support/pipeline-world.ts";

const WEBHOOK = "msg_1";
const ACCEPTED = { type: "accepted" };
const REUSED = expect.objectContaining({ type: "refused", code: "webhook_id_reused" });

const PAYMENT = receivePayment({ orderId: "order-a", paymentId: "pay-1" });
/** What the same webhook must not tell, too. */
const CONTRADICTIONS = [
  ["another payment of the order", { ...PAYMENT, paymentId: "pay-2" }],
  ["the same payment of another order", { ...PAYMENT, orderId: "order-b" }],
  ["another payment of another order", { ...PAYMENT, orderId: "order-b", paymentId: "pay-2" }],
  ["a refund of the order", recordRefund({ orderId: "order-a", refundId: "pay-1" })],
] as const;

async function startWorld() {
  const world = createPipelineWorld();
  const start = async (): Promise<Pipeline> => {
    const pipeline = await world.start();
    onTestFinished(() => pipeline.stop());
    return pipeline;
  };
  /** Lets the worker and the projector come to what is in the log. */
  const process = () => world.clock.advance(500);
  return { world, start, process };
}

async function paymentsOf(pipeline: Pipeline, orderId: string): Promise<readonly string[]> {
  const payments = (await pipeline.orderReader.loadStored(orderId))?.order.payments ?? [];
  return payments.map(({ paymentId, webhookId }) => `${paymentId} by ${webhookId}`);
}

describe("a webhook", () => {
  test("takes effect once, however often it comes", async () => {
    const { start, process } = await startWorld();
    const pipeline = await start();
    for (let times = 0; times < 3; times++) {
      expect(await pipeline.paymentWebhooks.take(WEBHOOK, PAYMENT)).toEqual(ACCEPTED);
      await process();
    }
    expect(await paymentsOf(pipeline, "order-a")).toEqual([`pay-1 by ${WEBHOOK}`]);
  });

  test.each(CONTRADICTIONS)("is refused when it tells %s at once", async (_what, other) => {
    const { start, process } = await startWorld();
    const pipeline = await start();
    const { take } = pipeline.paymentWebhooks;
    const answers = await Promise.all([take(WEBHOOK, PAYMENT), take(WEBHOOK, other)]);
    expect(answers).toEqual([ACCEPTED, REUSED]);
    await process();
    expect(await paymentsOf(pipeline, "order-a")).toEqual([`pay-1 by ${WEBHOOK}`]);
  });

  test.each(CONTRADICTIONS)("is refused when it tells %s after a restart", async (_what, other) => {
    const { start, process } = await startWorld();
    const before = await start();
    await before.paymentWebhooks.take(WEBHOOK, PAYMENT);
    await process();
    await before.stop();
    const after = await start();
    expect(await after.paymentWebhooks.take(WEBHOOK, other)).toEqual(REUSED);
    expect(await after.paymentWebhooks.take(WEBHOOK, PAYMENT)).toEqual(ACCEPTED);
    await process();
    expect(await paymentsOf(after, "order-a")).toEqual([`pay-1 by ${WEBHOOK}`]);
    expect(await paymentsOf(after, "order-b")).toEqual([]);
  });

  test("is refused by the order itself where two processes took it at the same moment", async () => {
    const { world, start, process } = await startWorld();
    const pipeline = await start();
    // Another process, which knows nothing yet of what this one took.
    const elsewhere = createPaymentWebhooks({ ...world.ports, codec: plainCodec, capacity: 100 });
    const other = { ...PAYMENT, paymentId: "pay-2" };
    await Promise.all([pipeline.paymentWebhooks.take(WEBHOOK, PAYMENT), elsewhere.take(WEBHOOK, other)]);
    await process();
    expect(await paymentsOf(pipeline, "order-a")).toEqual([`pay-1 by ${WEBHOOK}`]);
    expect(await world.deadLetters()).toEqual(["webhook_id_reused"]);
  });

  test("tells of a payment with another amount: the order has to put it apart", async () => {
    const { start, process } = await startWorld();
    const pipeline = await start();
    await pipeline.paymentWebhooks.take(WEBHOOK, PAYMENT);
    expect(await pipeline.paymentWebhooks.take(WEBHOOK, { ...PAYMENT, amount: euros(1) })).toEqual(ACCEPTED);
    await process();
    const order = (await pipeline.orderReader.loadStored("order-a"))?.order;
    expect(order?.quarantined).toMatchObject([{ paymentId: "pay-1", amount: euros(1), webhookId: WEBHOOK }]);
  });

  test("tells of a refund, which is held to the order by its shard and not here", async () => {
    const { world, start, process } = await startWorld();
    const pipeline = await start();
    const { take } = pipeline.paymentWebhooks;
    await pipeline.frontDoor.submit({ ...submitOrder(), idempotencyKey: "a" });
    await process();
    await pipeline.frontDoor.cancel({ ...cancelOrder(), orderId: "order-of-a" });
    // The refund follows its payment at once; the log keeps their sequence.
    await take("msg_1", { ...PAYMENT, orderId: "order-of-a" });
    await take("msg_2", recordRefund({ orderId: "order-of-a", amount: TOTAL }));
    await take("msg_3", recordRefund({ orderId: "order-of-a", refundId: "refund-2", amount: TOTAL }));
    await process();
    const order = (await pipeline.orderReader.loadStored("order-of-a"))?.order;
    expect(order?.refunds).toEqual([{ refundId: "refund-1", amount: TOTAL, webhookId: "msg_2" }]);
    expect(await world.deadLetters()).toEqual(["refund_exceeds_received"]);
  });
});

describe("a webhook that cannot be stored", () => {
  test("is not taken, and binds nothing", async () => {
    const { world, start, process } = await startWorld();
    const pipeline = await start();
    world.fail("log.produce", "before");
    await expect(pipeline.paymentWebhooks.take(WEBHOOK, PAYMENT)).rejects.toThrow(OperationalError);
    expect(await pipeline.paymentWebhooks.take(WEBHOOK, { ...PAYMENT, paymentId: "pay-2" })).toEqual(ACCEPTED);
    await process();
    expect(await paymentsOf(pipeline, "order-a")).toEqual([`pay-2 by ${WEBHOOK}`]);
  });

  test("is not taken while nobody can tell what its id told before", async () => {
    const viewStore = createMemoryViewStore({ ledger: createMemoryMailLedger() });
    const produced: unknown[] = [];
    const log = { produce: async (records: readonly unknown[]) => void produced.push(...records) };
    // The view was never defined, so reading it fails as a store that is away does.
    const { take } = createPaymentWebhooks({ log, viewStore, codec: plainCodec, capacity: 100 });
    await expect(take(WEBHOOK, PAYMENT)).rejects.toMatchObject({ code: "store_unavailable" });
    await settled();
    expect(produced).toEqual([]);
  });
});
