import { describe, expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import { dueMs, type GenerateOptions, generate, type SentOrder } from "../../../src/demo/generate.ts";
import { parseMix } from "../../../src/demo/mix.ts";
import { type PlannedOrder, planOrders } from "../../../src/demo/plan.ts";
import { FAKE_CATALOGUE } from "../../support/fake-service.ts";

type Client = GenerateOptions["client"];

const AT_ONCE = { rate: 0, everyMs: 0 };

function planOf(mix: string, limit: number): Generator<PlannedOrder> {
  return planOrders({ limit, seed: 1, run: "r1", mix: parseMix(mix), catalogue: FAKE_CATALOGUE });
}

/** A client that takes everything and remembers the calls. */
function takingClient(calls: string[], overrides: Partial<Client> = {}): Client {
  return {
    submit: async ({ idempotencyKey }) => {
      calls.push(`submit ${idempotencyKey}`);
      return { orderId: "o", status: "accepted", total: { amountMinor: 1, currency: "EUR" } };
    },
    pay: async (_, { paymentId }) => void calls.push(`pay ${paymentId}`),
    payByWebhook: async (_, { paymentId }) => void calls.push(`webhook ${paymentId}`),
    refund: async (_, { refundId }) => void calls.push(`refund ${refundId}`),
    cancel: async () => {
      calls.push("cancel");
      return 1;
    },
    ...overrides,
  };
}

async function run(mix: string, limit: number, overrides: Partial<GenerateOptions> = {}) {
  const calls: string[] = [];
  const sent: SentOrder[] = [];
  const summary = await generate({
    client: takingClient(calls),
    plan: planOf(mix, limit),
    pace: AT_ONCE,
    concurrency: 1,
    onSent: (order) => sent.push(order),
    ...overrides,
  });
  return { calls, sent, summary };
}

describe("generate", () => {
  test.each([
    ["normal", ["submit demo-1-r1-1", "pay demo-1-r1-1-1"]],
    ["mismatch", ["submit demo-1-r1-1", "pay demo-1-r1-1-1"]],
    ["payment-first", ["pay demo-1-r1-1-1", "submit demo-1-r1-1"]],
    ["double-payment", ["submit demo-1-r1-1", "pay demo-1-r1-1-1", "pay demo-1-r1-1-2"]],
    ["partial", ["submit demo-1-r1-1", "pay demo-1-r1-1-1", "pay demo-1-r1-1-2"]],
    ["overpaid", ["submit demo-1-r1-1", "pay demo-1-r1-1-1", "pay demo-1-r1-1-2"]],
    ["late-payment", ["submit demo-1-r1-1", "pay demo-1-r1-1-1"]],
    ["orphan", ["pay demo-1-r1-1-1"]],
    ["deposit", ["submit demo-1-r1-1", "pay demo-1-r1-1-1"]],
    ["repaid", ["submit demo-1-r1-1", "pay demo-1-r1-1-1", "refund demo-1-r1-1-back"]],
    ["webhook", ["submit demo-1-r1-1", "webhook demo-1-r1-1-1", "webhook demo-1-r1-1-1"]],
    ["refunded", ["submit demo-1-r1-1", "pay demo-1-r1-1-1", "refund demo-1-r1-1-back"]],
    ["unpaid-cancel", ["submit demo-1-r1-1", "cancel"]],
    ["duplicate", ["submit demo-1-r1-1", "submit demo-1-r1-1", "pay demo-1-r1-1-1", "pay demo-1-r1-1-1"]],
  ])("sends a %s order the way its kind asks for", async (kind, expected) => {
    const { calls, sent } = await run(`${kind}=1`, 1);
    expect(calls).toEqual(expected);
    expect(sent[0]?.paid).toEqual(sent[0]?.order.payments);
  });

  test("counts other money under an id that came before as no payment", async () => {
    const { calls, sent } = await run("reused-id=1", 1);
    expect(calls).toEqual(["submit demo-1-r1-1", "pay demo-1-r1-1-1", "pay demo-1-r1-1-1"]);
    const [first, second] = sent[0]?.order.payments ?? [];
    expect(sent[0]?.paid).toEqual([first]);
    expect(second?.amount).not.toEqual(first?.amount);
  });

  test("pays late what the window has closed for", async () => {
    const paidAt: number[] = [];
    const client = takingClient([], { pay: async (_order, _payment, at) => void paidAt.push(Date.parse(at)) });
    const plan = planOrders({
      ...{ limit: 1, seed: 1, run: "r1", mix: parseMix("late-payment=1"), catalogue: FAKE_CATALOGUE },
      paymentWindowMs: 20_000,
    });
    await run("late-payment=1", 1, { client, plan });
    expect(paidAt).toEqual([expect.any(Number)]);
    expect(paidAt[0]).toBeGreaterThan(Date.now() + 20_000);
  });

  test("has as many orders in progress as it may, and no more", async () => {
    let open = 0;
    let most = 0;
    const submit: Client["submit"] = async () => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open -= 1;
      return { orderId: "o", status: "accepted", total: { amountMinor: 1, currency: "EUR" } };
    };
    const { summary } = await run("normal=1", 50, { client: takingClient([], { submit }), concurrency: 4 });
    expect(summary).toMatchObject({ sent: 50, byKind: { normal: 50 }, failed: 0 });
    expect(most).toBe(4);
  });

  test("goes on after a refusal, and tells of it", async () => {
    const refusal = new OperationalError("unexpected_answer", "422 unknown item", { retryable: false });
    let submissions = 0;
    const submit: Client["submit"] = async () => {
      if (++submissions === 2) throw refusal;
      return { orderId: "o", status: "accepted", total: { amountMinor: 1, currency: "EUR" } };
    };
    const { sent, summary } = await run("normal=1", 3, { client: takingClient([], { submit }) });
    expect(sent.map(({ failure, paid }) => [failure, paid.length])).toEqual([
      [null, 1],
      ["422 unknown item", 0],
      [null, 1],
    ]);
    expect(summary).toMatchObject({ sent: 3, failed: 1, failures: [expect.stringContaining("422 unknown item")] });
  });

  test("ends when the service stays away", async () => {
    const gone = new OperationalError("service_unreachable", "gone", { retryable: true });
    const calls: string[] = [];
    const client = takingClient(calls, { pay: () => Promise.reject(gone) });
    await expect(run("normal=1", 100, { client })).rejects.toBe(gone);
    expect(calls).toHaveLength(1);
  });

  test("begins no more orders once it is interrupted, and finishes the ones in progress", async () => {
    const interruption = new AbortController();
    const pay: Client["pay"] = async () => interruption.abort();
    const endless = { plan: planOf("normal=1", 1_000_000_000), client: takingClient([], { pay }) };
    const { sent } = await run("normal=1", 1, { ...endless, concurrency: 3, signal: interruption.signal });
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.length).toBeLessThanOrEqual(3);
    for (const { answers, paid } of sent) expect([answers.length, paid.length]).toEqual([1, 1]);
  });

  test("is interrupted while it waits for the next order to be due", async () => {
    const interruption = new AbortController();
    const pay: Client["pay"] = async () => void setImmediate(() => interruption.abort());
    const client = takingClient([], { pay });
    const pace = { rate: 0.001, everyMs: 0 };
    const { summary } = await run("normal=1", 2, { client, pace, signal: interruption.signal });
    expect(summary.sent).toBe(1);
  });
});

describe("dueMs", () => {
  const due = (rate: number, everyMs: number) => [0, 1, 2, 3, 4, 5, 6].map((index) => dueMs(index, { rate, everyMs }));

  test("makes every order due at once without a rate", () => {
    expect(due(0, 2_000)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  test("spreads orders evenly without bursts", () => {
    expect(due(4, 0)).toEqual([0, 250, 500, 750, 1_000, 1_250, 1_500]);
  });

  test("sends the orders of each stretch of time together", () => {
    expect(due(2, 2_000)).toEqual([0, 0, 0, 0, 2_000, 2_000, 2_000]);
  });

  test("keeps the rate in bursts that do not divide evenly", () => {
    expect(due(3, 500)).toEqual([0, 0, 500, 1_000, 1_000, 1_500, 2_000]);
  });
});
