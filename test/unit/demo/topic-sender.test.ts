import { describe, expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import { generate, type SentOrder } from "../../../src/demo/generate.ts";
import { ORDER_KINDS, parseMix } from "../../../src/demo/mix.ts";
import { planOrders } from "../../../src/demo/plan.ts";
import { createTopicSender, type TopicRecord } from "../../../src/demo/topic-sender.ts";
import { causeOf, type Message } from "../../../src/domain/messages.ts";
import { decodeMessage } from "../../../src/schemas/inbox-messages.ts";
import { FAKE_CATALOGUE } from "../../support/fake-service.ts";

type Produce = Parameters<typeof createTopicSender>[0]["produce"];

const AWAY = new OperationalError("log_unavailable", "away", { retryable: true });

async function run(mix: string, limit: number, options: { produce?: Produce; deadlineMs?: number } = {}) {
  const records: TopicRecord[] = [];
  const sent: SentOrder[] = [];
  const sender = createTopicSender({
    produce: async (batch) => void records.push(...batch),
    catalogue: FAKE_CATALOGUE,
    close: async () => {},
    backoff: { baseMs: 1, maxMs: 1 },
    ...options,
  });
  const plan = planOrders({ limit, seed: 1, run: "r1", mix: parseMix(mix), catalogue: await sender.catalogue() });
  const sending = generate({
    client: sender,
    plan,
    pace: { rate: 0, everyMs: 0 },
    concurrency: 1,
    onSent: (order) => sent.push(order),
  });
  return { records, sent, sender, summary: await sending };
}

function messageOf(record: TopicRecord): Message {
  const decoded = decodeMessage(record);
  return decoded.type === "message" ? decoded.message : expect.unreachable(decoded.detail);
}

describe("the sender to the topics", () => {
  test.each([
    ["normal", ["orders SubmitOrder", "payments ReceivePayment"]],
    ["mismatch", ["orders SubmitOrder", "payments ReceivePayment"]],
    ["payment-first", ["payments ReceivePayment", "orders SubmitOrder"]],
    ["double-payment", ["orders SubmitOrder", "payments ReceivePayment", "payments ReceivePayment"]],
    ["partial", ["orders SubmitOrder", "payments ReceivePayment", "payments ReceivePayment"]],
    ["duplicate", ["orders SubmitOrder", "orders SubmitOrder", "payments ReceivePayment", "payments ReceivePayment"]],
    // On one topic: a refund that overtakes its order takes what is parked for it, and the order is not paid any more.
    ["refunded", ["order-commands SubmitOrder", "order-commands ReceivePayment", "order-commands RecordRefund"]],
    // On one topic: a cancellation that overtakes its order is refused.
    ["unpaid-cancel", ["order-commands SubmitOrder", "order-commands CancelOrder"]],
  ])("sends a %s order as messages that the topics carry", async (kind, expected) => {
    const { records, sent } = await run(`${kind}=1`, 1);
    expect(records.map((record) => `${record.topic} ${messageOf(record).type}`)).toEqual(expected);
    const [{ order, failure } = expect.unreachable()] = sent;
    expect(failure).toBeNull();
    for (const record of records) expect(record.key).toBe(order.orderId);
    const submission = records.map(messageOf).find(({ type }) => type === "SubmitOrder");
    expect(submission).toMatchObject({ customer: order.customer, items: order.items, quotedTotal: order.total });
  });

  test("marks the parts of a payment, and no other payment", async () => {
    const { records } = await run("normal=1,overpaid=1", 2);
    const payments = records.map(messageOf).filter((message) => message.type === "ReceivePayment");
    expect(payments).toHaveLength(3);
    expect(payments.filter(({ partial }) => partial === true)).toHaveLength(2);
  });

  test("sends the same causes in every run of the same name", async () => {
    const mix = ORDER_KINDS.map((kind) => `${kind}=1`).join(",");
    const causes = async () =>
      (await run(mix, 30)).records.map((record) => `${record.key} ${causeOf(messageOf(record))}`);
    const first = await causes();
    expect(await causes()).toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(40);
  });

  test("sends again what the log did not acknowledge, unchanged", async () => {
    const records: TopicRecord[] = [];
    let calls = 0;
    const produce: Produce = async (batch) => {
      records.push(...batch);
      if (++calls % 3 !== 0) throw AWAY;
    };
    const { sender, summary } = await run("normal=1", 1, { produce });
    expect(summary).toMatchObject({ sent: 1, failed: 0 });
    expect(sender.retries()).toBe(4);
    const values = records.map(({ value }) => value);
    expect(values).toEqual([values[0], values[0], values[0], values[3], values[3], values[3]]);
  });

  test("gives up when the log stays away, and at once when trying again cannot help", async () => {
    await expect(run("normal=1", 1, { produce: () => Promise.reject(AWAY), deadlineMs: 20 })).rejects.toBe(AWAY);
    const final = new OperationalError("invalid_configuration", "no", { retryable: false });
    await expect(run("normal=1", 1, { produce: () => Promise.reject(final) })).rejects.toBe(final);
  });

  test("writes messages in the way that it is given", async () => {
    const records: TopicRecord[] = [];
    const encode = (message: Message): TopicRecord => ({
      topic: "payments",
      key: message.orderId,
      value: Uint8Array.of(0, 1),
      headers: {},
    });
    const produce: Produce = async (batch) => void records.push(...batch);
    const sender = createTopicSender({ produce, encode, catalogue: FAKE_CATALOGUE, close: async () => {} });
    const payment = { paymentId: "p", amount: { amountMinor: 1, currency: "EUR" } };
    await sender.pay({ orderId: "o", kind: "normal" }, payment, "2026-11-21T09:30:00.000Z");
    expect(records).toEqual([{ topic: "payments", key: "o", value: Uint8Array.of(0, 1), headers: {} }]);
  });
});
