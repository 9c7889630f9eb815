/** Dead letters over HTTP: reading, the dry run, sending again edited or as they were, dropping, and who may do it. */
import { describe, expect, test } from "vitest";
import type { Role } from "../../../src/actors/operators.ts";
import { createDeadLetterWorld, poison } from "../../support/dead-letter-world.ts";
import { startHttp } from "../../support/http-harness.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { receivePayment, submitOrder } from "../../support/order-messages.ts";

const PAYMENT = JSON.stringify(receivePayment());
const REASON = "a comma was missing";

async function start(role: Role = "support") {
  const world = await createDeadLetterWorld();
  const { app, staff } = await startHttp({ deadLetters: world.desk });
  const headers = await staff.signIn(role, "Grace");
  await world.arrive(plainCodec.encode(submitOrder()), poison("order-1", PAYMENT.slice(1)));
  await world.clock.advance(1);
  const [letter] = (await world.desk.list({ limit: 1 })).letters;
  return {
    world,
    id: letter?.id as string,
    get: (path: string) => app.inject({ url: `/admin/dead-letters${path}`, headers }),
    post: (path: string, payload: object) =>
      world.whileTimePasses(app.inject({ method: "POST", url: `/admin/dead-letters${path}`, headers, payload })),
  };
}

describe("reading dead letters", () => {
  test("lists them, counts them by reason, and shows one whole", async () => {
    const { get, id } = await start("viewer");
    const list = (await get("")).json();
    expect(list).toMatchObject({ letters: [{ id, state: "open", code: "unreadable_message" }], next: null });
    expect(list.letters[0]).not.toHaveProperty("payload");
    expect((await get("/groups")).json()).toEqual({
      groups: [{ code: "unreadable_message", open: 1, redriven: 0, dropped: 0 }],
    });
    expect((await get(`/${id}`)).json()).toMatchObject({
      id,
      payload: PAYMENT.slice(1),
      encoding: "text",
      headers: [{ name: "content-type", value: "text/plain" }],
      history: [],
    });
  });

  test("goes from page to page, by state and code", async () => {
    const { world, get } = await start("viewer");
    await world.arrive(poison("order-2"), poison("order-3"));
    const first = (await get("?limit=2&state=open&code=unreadable_message")).json();
    expect(first.letters).toHaveLength(2);
    const second = (await get(`?limit=2&state=open&code=unreadable_message&cursor=${first.next}`)).json();
    expect(second.letters).toHaveLength(1);
    expect(second.next).toBeNull();
    expect((await get("?state=dropped")).json().letters).toEqual([]);
  });

  test.each([
    ["/payments-0-99", 404, "dead_letter_not_found"],
    ["/nonsense", 404, "dead_letter_not_found"],
    ["/payments%2F0%2F1", 404, "dead_letter_not_found"],
    ["?cursor=1.x", 400, "invalid_request"],
    ["?state=forgiven", 400, "invalid_request"],
    ["?code=$gt", 400, "invalid_request"],
    ["?unknown=1", 400, "invalid_request"],
  ])("answers %s with %i %s", async (path, status, code) => {
    const { get } = await start("viewer");
    const answer = await get(path);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });
});

describe("sending a dead letter again", () => {
  test("edited, after a dry run: the order is confirmed, and the letter keeps the original and who changed it", async () => {
    const { world, get, post, id } = await start();
    const edit = { payload: PAYMENT, reason: REASON };
    const dry = await post(`/${id}/redrive`, { ...edit, dryRun: true });
    expect([dry.statusCode, dry.json()]).toEqual([
      200,
      {
        id,
        outcome: {
          type: "wouldApply",
          orderId: "order-1",
          events: ["PaymentReceived", "OrderPaid", "OrderValidated", "OrderConfirmed"],
          statusBefore: "received",
          statusAfter: "confirmed",
          mails: ["confirmation"],
        },
      },
    ]);
    expect(await world.commits()).toHaveLength(1);
    const done = await post(`/${id}/redrive`, edit);
    expect(done.json()).toEqual({ id, outcome: { type: "redriven" } });
    expect((await world.commits()).at(-1)?.events.at(-1)?.type).toBe("OrderConfirmed");
    expect((await get(`/${id}`)).json()).toMatchObject({
      state: "redriven",
      payload: PAYMENT.slice(1),
      history: [{ act: "redriven", operator: { name: "Grace" }, reason: REASON, editedPayload: PAYMENT }],
    });
    expect((await post(`/${id}/redrive`, edit)).json().outcome).toEqual({ type: "alreadyResolved", state: "redriven" });
  });

  test("by its code or its ids, in parts that say where the next begins", async () => {
    const { world, post } = await start();
    await world.arrive(poison("order-2"), poison("order-3"));
    await world.clock.advance(1);
    const body = { code: "unreadable_message", reason: REASON, ratePerS: 1 };
    const first = (await post("/redrive", body)).json();
    expect(first.items).toHaveLength(2);
    const second = (await post("/redrive", { ...body, cursor: first.next })).json();
    expect(second.items).toHaveLength(1);
    expect(second.next).toBeNull();
    const { letters } = await world.desk.list({ limit: 10, state: "open" });
    const ids = letters.map((letter) => letter.id);
    const again = (await post("/redrive", { ids, reason: REASON, dryRun: true })).json();
    expect(again.items.map((item: { id: string }) => item.id)).toEqual(ids);
  });

  test.each([
    ["all", { all: true }],
    ["a code", { code: "unreadable_message" }],
    ["ids", { ids: ["payments-1-0", "payments-0-0"] }],
  ])("by %s sends nothing in a dry run", async (_what, selection) => {
    const { world, post, id } = await start();
    const stored = async () => [await world.documents(), await world.topic("payments"), await world.commits()];
    const before = await stored();
    const { items } = (await post("/redrive", { ...selection, reason: REASON, dryRun: true })).json();
    expect(items).toContainEqual({ id, outcome: expect.objectContaining({ type: "wouldBeRefused" }) });
    expect(await stored()).toEqual(before);
  });

  test.each([
    ["nothing says which", {}],
    ["two things say which", { all: true, code: "internal_error" }],
    ["there is no reason", { all: true, reason: " " }],
    ["it is to be too fast", { all: true, ratePerS: 1_000_000 }],
    ["an id is none", { ids: ["payments/0/1"] }],
    ["the cursor is none", { all: true, cursor: "1.2.3" }],
    ["a field is unknown", { all: true, force: true }],
  ])("is refused when %s", async (_what, body) => {
    const { world, post } = await start();
    const before = await world.documents();
    const answer = await post("/redrive", { reason: REASON, ...body });
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_request"]);
    expect(await world.documents()).toEqual(before);
  });

  test("refuses a payload that is no text", async () => {
    const { post, id } = await start();
    const answer = await post(`/${id}/redrive`, { payload: "half \ud800", reason: REASON });
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_request"]);
  });

  test("answers 404 for a letter that does not exist", async () => {
    const { post } = await start();
    const answer = await post("/payments-1-77/redrive", { reason: REASON });
    expect([answer.statusCode, answer.json().code]).toEqual([404, "dead_letter_not_found"]);
  });
});

describe("dropping a dead letter", () => {
  test("closes it with its reason, alone or with others", async () => {
    const { world, get, post, id } = await start();
    await world.arrive(poison("order-2"));
    await world.clock.advance(1);
    expect((await post(`/${id}/drop`, { reason: REASON })).json()).toEqual({ id, outcome: { type: "dropped" } });
    expect((await post("/drop", { all: true, reason: REASON })).json().items).toHaveLength(1);
    expect((await get("/groups")).json().groups).toEqual([
      { code: "unreadable_message", open: 0, redriven: 0, dropped: 2 },
    ]);
  });
});

describe("a viewer", () => {
  test.each(["/redrive", "/drop", "/payments-0-0/redrive", "/payments-0-0/drop"])("may not %s", async (path) => {
    const { post } = await start("viewer");
    const answer = await post(path, { reason: REASON });
    expect([answer.statusCode, answer.json().code]).toEqual([403, "operator_not_allowed"]);
  });
});
