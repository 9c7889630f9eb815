/** The desk of mails over HTTP: who may look, who may decide, and what becomes of a decision. */
import { describe, expect, test } from "vitest";
import type { MailOutcome } from "../../../src/actors/ports.ts";
import { startHttp, UNKNOWN_ORDER_ID } from "../../support/http-harness.ts";
import { CUSTOMER, TOTAL } from "../../support/order-messages.ts";

const HELD: MailOutcome = { type: "unknown", response: "reset", retryAtMs: null };
const orderIdOf = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;
const mailIdOf = (number: number) => `<${orderIdOf(number)}.confirmation@orderloom.local>`;

async function startDesk() {
  const http = await startHttp();
  const viewer = await http.staff.signIn("viewer");
  const support = await http.staff.signIn("support", "Ann");
  const { mails } = http;
  return {
    ...http,
    viewer,
    support,
    /** A mail that was tried once. */
    async mail(number: number, outcome: MailOutcome) {
      const messageId = mailIdOf(number);
      const mail = { kind: "confirmation", messageId, orderId: orderIdOf(number), customer: CUSTOMER } as const;
      mails.enqueue({ shard: 0, queuedAtMs: number, mail: { ...mail, lines: [], total: TOTAL } });
      await mails.claim({ shards: [0], limit: 1, owner: "me", nowMs: 1_000, leaseUntilMs: 2_000 });
      await mails.record([{ messageId, attempt: 1, outcome }]);
    },
    read: (path: string, headers: { authorization: string } = viewer) => http.app.inject({ url: path, headers }),
    decide: (number: number, payload: object, headers: { authorization: string } = support) =>
      http.app.inject({
        method: "POST",
        url: `/admin/mails/${encodeURIComponent(mailIdOf(number))}/decisions`,
        headers,
        payload,
      }),
  };
}

describe("the list of mails", () => {
  test("shows those that wait for a decision, the latest first, in pages", async () => {
    const desk = await startDesk();
    for (const number of [1, 2, 3]) await desk.mail(number, HELD);
    await desk.mail(4, { type: "refused", response: "550 no" });
    const first = (await desk.read("/admin/mails?limit=2")).json();
    expect(first.mails).toMatchObject([
      { messageId: mailIdOf(3), state: "unknown", held: true, mayBeSent: true, mayBeDropped: true },
      { messageId: mailIdOf(2), orderId: orderIdOf(2), customer: CUSTOMER, decisions: [] },
    ]);
    const second = (await desk.read(`/admin/mails?limit=2&cursor=${first.next}`)).json();
    expect([second.mails.length, second.next]).toEqual([1, null]);
    const refused = (await desk.read("/admin/mails?state=refused")).json();
    expect(refused.mails).toMatchObject([{ state: "refused", held: false, mayBeSent: true, mayBeDropped: false }]);
  });

  test("refuses a cursor of another list, and an unknown state", async () => {
    const desk = await startDesk();
    for (const number of [1, 2]) await desk.mail(number, HELD);
    const { next } = (await desk.read("/admin/mails?limit=1")).json();
    expect((await desk.read(`/admin/mails?state=refused&cursor=${next}`)).json().code).toBe("invalid_cursor");
    expect((await desk.read("/admin/mails?state=eaten")).json().code).toBe("invalid_request");
  });

  test("is for operators alone", async () => {
    const { app } = await startDesk();
    expect((await app.inject("/admin/mails")).json()).toMatchObject({ status: 401, code: "operator_unknown" });
  });
});

describe("one mail", () => {
  test("is found by its Message-ID with or without angle brackets", async () => {
    const desk = await startDesk();
    await desk.mail(1, HELD);
    const [whole, bare] = [mailIdOf(1), mailIdOf(1).slice(1, -1)];
    for (const id of [whole, bare]) {
      const answer = await desk.read(`/admin/mails/${encodeURIComponent(id)}`);
      expect([answer.statusCode, answer.json().messageId]).toEqual([200, whole]);
    }
    expect((await desk.read("/admin/mails/nobody")).json().code).toBe("mail_not_found");
  });
});

describe("a decision", () => {
  test("to send is kept with who made it and why, and lets the mail be due now", async () => {
    const desk = await startDesk();
    await desk.mail(1, HELD);
    const answer = await desk.decide(1, { decision: "send", reason: "not in the server's log" });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      held: false,
      nextTryAt: desk.clock.nowIso(),
      decisions: [{ decision: "send", operator: { name: "Ann" }, reason: "not in the server's log" }],
    });
    expect(await desk.staff.actLog.list({ limit: 1 })).toMatchObject([
      { act: "mail.sent", target: orderIdOf(1), reason: "not in the server's log", operator: { name: "Ann" } },
    ]);
  });

  test("to drop is told to the order at once, without the operator's name", async () => {
    const desk = await startDesk();
    await desk.mail(1, { type: "deferred", response: "451", retryAtMs: 9e12 });
    const answer = await desk.decide(1, { decision: "drop", reason: "she phoned" });
    expect(answer.json()).toMatchObject({ state: "dropped", nextTryAt: null, mayBeSent: true, mayBeDropped: false });
    const [record] = await desk.log.read("order-commands", 0, 0, 10);
    expect(JSON.parse(String(record?.value))).toEqual({
      type: "RecordMail",
      orderId: orderIdOf(1),
      kind: "confirmation",
      messageId: mailIdOf(1),
      outcome: "dropped",
      response: "she phoned",
      round: 1,
    });
  });

  test("that no longer fits is refused, and leaves no act", async () => {
    const desk = await startDesk();
    await desk.mail(1, { type: "accepted", response: "250" });
    const before = (await desk.staff.actLog.list({ limit: 50 })).length;
    const answer = await desk.decide(1, { decision: "send", reason: "again" });
    expect(answer.json()).toMatchObject({ status: 409, code: "mail_not_decidable" });
    expect((await desk.decide(2, { decision: "send", reason: "again" })).json().code).toBe("mail_not_found");
    expect(await desk.staff.actLog.list({ limit: 50 })).toHaveLength(before);
  });

  test.each([
    { decision: "burn", reason: "x" },
    { decision: "send" },
    { decision: "send", reason: " " },
    { decision: "send", reason: "two\nlines" },
    { decision: "send", reason: "x", operator: "me" },
  ])("%j is no decision", async (body) => {
    const desk = await startDesk();
    await desk.mail(1, HELD);
    expect((await desk.decide(1, body)).json()).toMatchObject({ status: 400, code: "invalid_request" });
    expect((await desk.read("/admin/mails")).json().mails).toHaveLength(1);
  });

  test("is not for viewers", async () => {
    const desk = await startDesk();
    await desk.mail(1, HELD);
    const answer = await desk.decide(1, { decision: "drop", reason: "x" }, desk.viewer);
    expect(answer.json()).toMatchObject({ status: 403, code: "operator_not_allowed" });
  });
});

describe("why an order waits, over HTTP", () => {
  test("is told to everybody who knows the order, and more of it to staff", async () => {
    const desk = await startDesk();
    const created = await desk.app.inject({
      method: "POST",
      url: "/orders",
      payload: { customer: CUSTOMER, items: [{ sku: "margherita", quantity: 1 }] },
    });
    const { orderId } = created.json();
    const answer = await desk.app.inject(`/orders/${orderId}/why`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ orderId, waits: true, headline: expect.stringMatching(/^The .*\.$/) });
    expect(Object.keys(answer.json())).not.toEqual(expect.arrayContaining(["owner"]));
    expect((await desk.app.inject(`/admin/orders/${orderId}/why`)).statusCode).toBe(401);
    const forStaff = await desk.read(`/admin/orders/${orderId}/why`);
    expect(forStaff.json()).toMatchObject({ orderId, owner: null, mailHistory: [], parked: [], deskPayments: [] });
    for (const path of [`/orders/${UNKNOWN_ORDER_ID}/why`, `/admin/orders/${UNKNOWN_ORDER_ID}/why`]) {
      expect((await desk.read(path)).json().code).toBe("order_not_found");
    }
  });
});
