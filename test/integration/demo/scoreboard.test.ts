/** The scoreboard against a service that works, and against one that gets one thing wrong at a time. */
import { describe, expect, onTestFinished, test } from "vitest";
import { createApiClient } from "../../../src/demo/api-client.ts";
import type { SentOrder } from "../../../src/demo/generate.ts";
import { parseMix } from "../../../src/demo/mix.ts";
import { createScoreboard, type Scoreboard, type ScoreboardOptions } from "../../../src/demo/scoreboard.ts";
import { sendRun } from "../../../src/demo/send-run.ts";
import type { Message } from "../../../src/domain/messages.ts";
import { FAKE_CATALOGUE, type Faults, startFakeService } from "../../support/fake-service.ts";

const EVERY_KIND = parseMix(
  "normal=6,mismatch=4,duplicate=3,payment-first=3,unpaid-cancel=2,double-payment=2,partial=2,overpaid=2,refunded=2",
);

async function play(faults: Faults, checks: Pick<ScoreboardOptions, "requiresInbox"> = {}) {
  const service = await startFakeService(faults);
  onTestFinished(() => service.stop());
  const client = createApiClient({ url: service.url, connections: 8, deadlineMs: 10_000 });
  onTestFinished(() => client.close());
  const options = {
    url: service.url,
    limit: 52,
    seed: 3,
    run: "r1",
    mix: EVERY_KIND,
    rate: 0,
    everyMs: 0,
    concurrency: 8,
    quiet: true,
  };
  const sent: SentOrder[] = [];
  await sendRun(client, options, (order) => sent.push(order));
  const scoreboard = await createScoreboard({
    client,
    sent,
    concurrency: 8,
    quietMs: 300,
    listingLagMs: 300,
    ...checks,
    onProgress() {},
  });
  return { service, sent, scoreboard };
}

/** True for the first of the things that it is asked about, and for it again. */
function theFirst<Thing>(matches: (thing: Thing) => string | false): (thing: Thing) => boolean {
  let chosen: string | null = null;
  return (thing) => {
    const name = matches(thing);
    if (name === false) return false;
    chosen ??= name;
    return chosen === name;
  };
}

const firstPayment = () => theFirst((message: Message) => message.type === "ReceivePayment" && message.paymentId);
const problemsOf = ({ differences }: Scoreboard) => differences.flatMap(({ problems }) => problems).join("\n");

describe("the scoreboard", () => {
  test("has nothing to say about a service that works, whatever the kind of order", async () => {
    const { service, sent, scoreboard } = await play({});
    expect(scoreboard).toMatchObject({ unexplained: 0, differences: [] });
    expect(
      scoreboard.kinds.map(({ kind, sent: count, asExpected, observed }) => [kind, count, asExpected, observed]),
    ).toEqual([
      ["normal", 12, 12, { emailed: 12 }],
      ["mismatch", 8, 8, { rejected: 8 }],
      ["duplicate", 6, 6, { emailed: 6 }],
      ["payment-first", 6, 6, { emailed: 6 }],
      ["unpaid-cancel", 4, 4, { cancelled: 4 }],
      ["double-payment", 4, 4, { emailed: 4 }],
      ["partial", 4, 4, { emailed: 4 }],
      ["overpaid", 4, 4, { emailed: 4 }],
      ["refunded", 4, 4, { emailed: 4 }],
    ]);
    const [eur, usd] = scoreboard.money;
    expect([eur?.currency, usd?.currency]).toEqual(["EUR", "USD"]);
    expect(eur?.appliedMinor).toBeGreaterThan(0);
    expect(usd).toMatchObject({ appliedMinor: 0, addsUp: true });
    expect(scoreboard.mails).toMatchObject({ expected: 40, delivered: 40, repeated: 0 });
    expect([sent.length, service.orders()]).toEqual([52, 52]);
  });

  test("sees a payment that was acknowledged and lost: its order, its mail and the money", async () => {
    const { scoreboard } = await play({ loses: firstPayment() });
    expect(scoreboard.unexplained).toBe(2);
    expect(problemsOf(scoreboard)).toMatch(/events: expected .*PaymentReceived/);
    expect(scoreboard.money.filter(({ addsUp }) => !addsUp)).toHaveLength(1);
  });

  test("sees an order that was acknowledged and lost", async () => {
    const { scoreboard } = await play({ loses: theFirst((message: Message) => message.orderId) });
    expect(scoreboard.differences).toHaveLength(1);
    expect(problemsOf(scoreboard)).toContain("the service has no such order");
    expect(scoreboard.kinds.some(({ observed }) => observed["missing"] === 1)).toBe(true);
  });

  test("sees a lost order whose money is parked, and does not blame the money", async () => {
    const submission = theFirst((message: Message) => message.type === "SubmitOrder" && message.orderId);
    const { scoreboard } = await play({ loses: submission });
    expect(scoreboard.unexplained).toBe(1);
    expect(problemsOf(scoreboard)).toContain("observed awaitingOrder");
    expect(scoreboard.money.reduce((sum, { parkedMinor }) => sum + parkedMinor, 0)).toBeGreaterThan(0);
  });

  test("sees an excess that the service keeps", async () => {
    const keeps: Faults["rewrites"] = (event) =>
      event.type === "RefundDue" && event.data.reason === "overpaid"
        ? { ...event, data: { ...event.data, amount: { ...event.data.amount, amountMinor: 0 } } }
        : event;
    const { scoreboard } = await play({ rewrites: keeps });
    expect(scoreboard.differences.map(({ kind }) => kind)).toEqual(Array(4).fill("overpaid"));
    expect(problemsOf(scoreboard)).toMatch(/RefundDue: expected \S+-2 \S+ EUR, observed \S+-2 0.00 EUR/);
    expect(scoreboard.money[0]).toMatchObject({ currency: "EUR", addsUp: false });
  });

  test("sees a payment that took effect twice", async () => {
    const { scoreboard } = await play({ storesTwice: firstPayment() });
    expect(scoreboard.differences).toHaveLength(1);
    expect(problemsOf(scoreboard)).toMatch(/events: .*PaymentReceived PaymentReceived/);
    expect(scoreboard.money.some(({ addsUp }) => !addsUp)).toBe(true);
  });

  test("sees a mail that never came", async () => {
    const first = theFirst((messageId: string) => messageId);
    const { scoreboard } = await play({ delivers: (messageId) => (first(messageId) ? [] : [messageId]) });
    expect(scoreboard).toMatchObject({ unexplained: 1, mails: { expected: 40, delivered: 39, missing: 1 } });
    expect(problemsOf(scoreboard)).toBe("its confirmation mail is not in the inbox");
  });

  test("sees a second mail under another Message-ID", async () => {
    const first = theFirst((messageId: string) => messageId);
    const delivers = (messageId: string) => (first(messageId) ? [messageId, "<other@orderloom.example>"] : [messageId]);
    const { scoreboard } = await play({ delivers });
    expect(scoreboard).toMatchObject({ unexplained: 1, mails: { delivered: 41, surplus: 1 } });
  });

  test("sees a mail that was delivered twice though every attempt had a known outcome", async () => {
    const first = theFirst((messageId: string) => messageId);
    const delivers = (messageId: string) => (first(messageId) ? [messageId, messageId] : [messageId]);
    const { service, scoreboard } = await play({ delivers, attempts: () => ["deferred", "accepted"] });
    expect(scoreboard).toMatchObject({ unexplained: 1, mails: { delivered: 40, repeated: 1, explainedRepeats: 0 } });
    expect(problemsOf(scoreboard)).toContain("delivered more than once");
    expect(service.requests.filter(({ call }) => call.endsWith("/mails"))).toHaveLength(1);
  });

  test("takes a repeated mail for explained when the ledger calls an attempt of it unknown", async () => {
    const first = theFirst((messageId: string) => messageId);
    const delivers = (messageId: string) => (first(messageId) ? [messageId, messageId] : [messageId]);
    const { scoreboard } = await play({ delivers, attempts: () => ["unknown", "accepted"] });
    expect(scoreboard).toMatchObject({ unexplained: 0, differences: [] });
    expect(scoreboard.mails).toMatchObject({ delivered: 40, repeated: 0, explainedRepeats: 1 });
  });

  test("sees two orders under one key", async () => {
    const idFor = (orderId: string, time: number) => (time === 1 ? orderId : crypto.randomUUID());
    const { scoreboard } = await play({ idFor });
    expect(scoreboard.differences.map(({ kind }) => kind)).toEqual(Array(6).fill("duplicate"));
    expect(problemsOf(scoreboard)).toContain("id in an answer");
    expect(problemsOf(scoreboard)).toContain("orders of this customer");
  });

  test("sees prices other than the published ones", async () => {
    const items = FAKE_CATALOGUE.items.map((item) => ({ ...item, priceMinor: item.priceMinor + 1 }));
    const { scoreboard } = await play({ chargedCatalogue: { ...FAKE_CATALOGUE, items } });
    expect(scoreboard.differences).toHaveLength(52);
    expect(problemsOf(scoreboard)).toMatch(/total in an answer: expected .* EUR, observed .* EUR/);
  });

  test("sees money that is credited to an order although it is not the right amount", async () => {
    const rewrites: Faults["rewrites"] = (event) =>
      event.type === "OrderPaid"
        ? { ...event, data: { ...event.data, amount: { amountMinor: 1, currency: "EUR" } } }
        : event;
    const { scoreboard } = await play({ rewrites });
    expect(scoreboard.differences).toHaveLength(40);
    expect(scoreboard.money[0]).toMatchObject({ currency: "EUR", addsUp: false });
  });

  test("sees an order that is missing from the listing", async () => {
    const { scoreboard } = await play({ unlisted: theFirst((orderId: string) => orderId) });
    expect(scoreboard.unexplained).toBe(1);
    expect(problemsOf(scoreboard)).toMatch(/^orders of this customer: expected \S+, observed none$/);
  });

  test("says that mails were not checked by a service without an inbox", async () => {
    const { scoreboard } = await play({ withoutInbox: true });
    expect(scoreboard).toMatchObject({ unexplained: 0, mails: null });
  });

  test("does not pass a service without an inbox where mails have to be checked", async () => {
    const { scoreboard } = await play({ withoutInbox: true }, { requiresInbox: true });
    expect(scoreboard).toMatchObject({ unexplained: 1, differences: [], mails: null });
  });
});
