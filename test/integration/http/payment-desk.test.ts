/** The payment desk over HTTP: who may read and decide, what is refused, and that a decision can be read afterwards. */
import { describe, expect, test } from "vitest";
import { createDeskReader } from "../../../src/actors/desk-reader.ts";
import { createPaymentDecisions } from "../../../src/actors/payment-decisions.ts";
import { orderIdFromKey } from "../../../src/schemas/order-id.ts";
import { startHttp, UNKNOWN_ORDER_ID } from "../../support/http-harness.ts";
import { settled } from "../../support/memory/manual-clock.ts";
import { createMemoryActLog } from "../../support/memory/memory-act-log.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { createSeededRandom } from "../../support/memory/seeded-random.ts";
import { euros, receivePayment, submitOrder } from "../../support/order-messages.ts";
import { createPipelineWorld } from "../../support/pipeline-world.ts";

const WRONG = orderIdFromKey("wrong");
const WAITING = orderIdFromKey("waiting");
const REASON = "The customer ordered again";

/** An order that was paid 20.00 of 24.50 and is rejected, and another that waits. */
async function startDesk() {
  const world = createPipelineWorld();
  const pipeline = await world.start();
  const { clock, ports } = world;
  const actLog = createMemoryActLog();
  const { orderReader } = pipeline;
  const { log, viewStore } = ports;
  const tools = { log, viewStore, codec: plainCodec, orderReader, actLog, clock, random: createSeededRandom(7) };
  const desk = createDeskReader({ viewStore, orderReader, clock });
  const http = await startHttp({ admin: { paymentDesk: { desk, decisions: createPaymentDecisions(tools) } } });
  const at = clock.nowIso();
  const process = async () => {
    await clock.advance(2_000);
    await settled();
  };
  for (const message of [
    submitOrder({ orderId: WRONG, submittedAt: at }),
    submitOrder({ orderId: WAITING, submittedAt: at }),
    receivePayment({ orderId: WRONG, paymentId: "pay_1", amount: euros(2_000), paidAt: at }),
  ]) {
    await ports.log.produce([plainCodec.encode(message)]);
    await process();
  }
  const support = await http.staff.signIn("support");
  const decide = (payload: object, headers: Record<string, string> = support, url = `${ADDRESS}/decisions`) =>
    http.app.inject({ method: "POST", url, headers, payload });
  const read = (url: string, headers: Record<string, string> = support) => http.app.inject({ url, headers });
  return { ...http, decide, read, process, actLog, stop: () => pipeline.stop() };
}

const ADDRESS = `/admin/payments/${WRONG}/pay_1`;

describe("the list", () => {
  test("is for viewers, filtered by kind and state, and goes on page by page", async () => {
    const { read, staff, stop } = await startDesk();
    const viewer = await staff.signIn("viewer");
    const all = (await read("/admin/payments", viewer)).json();
    expect(all.payments).toMatchObject([
      {
        orderId: WRONG,
        paymentId: "pay_1",
        kind: "mismatched",
        state: "open",
        amount: euros(2_000),
        order: { status: "rejected", customer: { name: "Ada Lovelace" } },
      },
    ]);
    expect(all.next).toBeNull();
    for (const query of ["kind=late", "state=decided", `cursor=${cursor(Date.parse("2100-01-01"))}`]) {
      expect((await read(`/admin/payments?${query}`, viewer)).json().payments).toEqual([]);
    }
    await stop();
  });

  test.each(["kind=lost", "state=open&state=decided", "limit=0", "unknown=1"])("refuses ?%s", async (query) => {
    const { read, stop } = await startDesk();
    const answer = await read(`/admin/payments?${query}`);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_request"]);
    await stop();
  });

  test.each(["x", Buffer.from("1/2/3").toString("base64url")])("refuses a made-up cursor %s", async (made) => {
    const { read, stop } = await startDesk();
    const answer = await read(`/admin/payments?cursor=${made}`);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_cursor"]);
    await stop();
  });
});

function cursor(lookAtMs: number): string {
  return Buffer.from(`${lookAtMs}/${WRONG}/pay_1`).toString("base64url");
}

describe("one payment", () => {
  test("has the orders that it may be for", async () => {
    const { read, stop } = await startDesk();
    const { payment, suggestions } = (await read(ADDRESS)).json();
    expect(payment).toMatchObject({ orderId: WRONG, decision: null, refused: null });
    expect(suggestions).toMatchObject([
      { order: { orderId: WAITING }, outstanding: euros(2_450), because: ["customer", "time"] },
    ]);
    await stop();
  });

  test("that nobody has to look at is not found", async () => {
    const { read, stop } = await startDesk();
    for (const address of [
      `/admin/payments/${WRONG}/pay_2`,
      `/admin/payments/${UNKNOWN_ORDER_ID}/pay_1`,
      `/admin/payments/${WRONG}/pay%2F`,
    ]) {
      const answer = await read(address);
      expect([answer.statusCode, answer.json().code]).toEqual([404, "payment_not_found"]);
    }
    await stop();
  });
});

describe("a decision", () => {
  test("is durable when it is answered, and can be read once its order came to it", async () => {
    const { decide, read, process, actLog, stop } = await startDesk();
    const answer = await decide({ decision: "accept", toOrderId: WAITING, reason: REASON });
    expect([answer.statusCode, answer.json()]).toEqual([
      202,
      { orderId: WRONG, paymentId: "pay_1", commandId: expect.any(String) },
    ]);
    await process();
    const { payment, suggestions } = (await read(ADDRESS)).json();
    expect(payment).toMatchObject({
      state: "decided",
      decision: { decision: "accept", toOrderId: WAITING, operator: { name: "Test support" }, reason: REASON },
    });
    expect(suggestions).toEqual([]);
    expect(await actLog.list({ limit: 9 })).toMatchObject([
      { act: "payment.decided", operator: { name: "Test support", role: "support" }, target: WRONG, reason: REASON },
    ]);
    const again = await decide({ decision: "refund", reason: REASON });
    expect([again.statusCode, again.json().code]).toEqual([409, "decision_not_possible"]);
    await stop();
  });

  test("needs support", async () => {
    const { decide, staff, stop } = await startDesk();
    const viewer = await staff.signIn("viewer");
    const answer = await decide({ decision: "refund", reason: REASON }, viewer);
    expect([answer.statusCode, answer.json().code]).toEqual([403, "operator_not_allowed"]);
    expect((await decide({ decision: "refund", reason: REASON }, {})).statusCode).toBe(401);
    await stop();
  });

  test.each([
    ["no reason", { decision: "refund" }],
    ["an empty reason", { decision: "refund", reason: " " }],
    ["an unknown decision", { decision: "keep", reason: REASON }],
    ["an order that is no id", { decision: "accept", toOrderId: "order-1", reason: REASON }],
    ["an unknown field", { decision: "refund", reason: REASON, amountMinor: 1 }],
  ])("is refused with %s", async (_, body) => {
    const { decide, stop } = await startDesk();
    const answer = await decide(body);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_request"]);
    await stop();
  });

  test.each([
    [{ decision: "accept" }, 409, "decision_not_possible"],
    [{ decision: "reject" }, 409, "decision_not_possible"],
    [{ decision: "accept", toOrderId: WRONG }, 409, "decision_not_possible"],
    [{ decision: "accept", toOrderId: UNKNOWN_ORDER_ID }, 404, "order_not_found"],
  ])("that does not fit is refused: %j", async (body, status, code) => {
    const { decide, stop } = await startDesk();
    const answer = await decide({ ...body, reason: REASON });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    await stop();
  });
});
