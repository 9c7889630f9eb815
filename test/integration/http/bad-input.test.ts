/** Whatever is sent, there is a clear answer, and nothing is taken in or executed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HttpHarness, startHttp, UNKNOWN_ORDER_ID, VALID_ORDER } from "../../support/http-harness.ts";

const json = { "content-type": "application/json" };
const PAYMENT = { paymentId: "pay_1", amountMinor: 1900, currency: "EUR" };
const orderWith = (customer: object, items: unknown = VALID_ORDER.items) => ({
  customer: { ...VALID_ORDER.customer, ...customer },
  items,
});
const itemWith = (item: object) => ({ ...VALID_ORDER, items: [{ sku: "margherita", quantity: 2, ...item }] });
const paymentUrl = `/orders/${UNKNOWN_ORDER_ID}/payments`;

let http: HttpHarness;
let stopHttp: () => Promise<void>;
beforeAll(async () => {
  http = await startHttp({}, (stop) => {
    stopHttp = stop;
  });
});
afterAll(() => stopHttp());

async function expectProblem(
  request: {
    readonly method: "GET" | "POST";
    readonly url: string;
    readonly payload?: string | object;
    readonly headers?: object;
  },
  status: number,
  code: string,
) {
  const { app, shop } = http;
  const taken = shop.submissions() + shop.waiting.length;
  const answer = await app.inject({ ...request, headers: { ...request.headers } });
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  const problem = answer.json();
  expect(problem).toMatchObject({
    type: `urn:orderloom:error:${code}`,
    status,
    code,
    instance: request.url.split("?")[0],
  });
  expect([answer.statusCode, typeof problem.title, typeof problem.detail]).toEqual([status, "string", "string"]);
  expect(shop.submissions() + shop.waiting.length).toBe(taken);
  return problem;
}

describe("a body that is not JSON", () => {
  test.each([
    ["cut off", '{"customer":'],
    ["words", "hello"],
    ["with a comment", '{/* hi */"customer":{}}'],
    ["with NaN", '{"customer":NaN}'],
    ["only spaces", "   "],
    ["with the key __proto__", '{"__proto__":{"admin":true},"customer":{},"items":[]}'],
    ["with the key __proto__ in disguise", '{"\\u005f_proto__":{"admin":true}}'],
    ["with the key __proto__ deep inside", '{"items":[{"sku":"margherita","quantity":1,"__proto__":{}}]}'],
    ["with a constructor's prototype", '{"constructor":{"prototype":{"admin":true}}}'],
  ])("is refused: %s", async (_what, payload) => {
    await expectProblem({ method: "POST", url: "/orders", payload, headers: json }, 400, "invalid_json");
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  const whole = JSON.stringify(VALID_ORDER);
  const named = (...bytes: number[]) => {
    const [before = "", after = ""] = whole.split("Lovelace");
    return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
  };
  test.each([
    ["a name in Latin-1", named(0xe9)],
    ["a character that is cut off", named(0xe5, 0xb1)],
    ["an overlong slash", named(0xc0, 0xaf)],
    ["half of a surrogate pair", named(0xed, 0xa0, 0x80)],
    ["UTF-16", Buffer.from(`\ufeff${whole}`, "utf16le")],
  ])("is refused when it is not UTF-8 either: %s", async (_what, payload) => {
    const problem = await expectProblem(
      { method: "POST", url: "/orders", payload, headers: json },
      400,
      "invalid_json",
    );
    expect(problem.detail).toBe("the body is not valid UTF-8");
  });

  test.each([
    ['{"customer":', "the body is not valid JSON"],
    ['{"items":[],"__proto__":{}}', "a key such as __proto__ or constructor is not allowed"],
    ['{"constructor":{"prototype":{}}}', "a key such as __proto__ or constructor is not allowed"],
  ])("is told what is wrong with it: %s", async (payload, detail) => {
    const problem = await expectProblem(
      { method: "POST", url: "/orders", payload, headers: json },
      400,
      "invalid_json",
    );
    expect(problem.detail).toBe(detail);
  });
});

test("a name in any script arrives as it was sent", async () => {
  const { app, shop } = http;
  const name = "Zo\u00eb \u5c71 \ud83c\udf55";
  const payload = Buffer.from(JSON.stringify(orderWith({ name })));
  const answer = await app.inject({ method: "POST", url: "/orders", payload, headers: json });
  expect(answer.statusCode).toBe(202);
  expect(shop.waiting.at(-1)).toMatchObject({ customer: { name } });
});

describe("a body that does not match", () => {
  test.each([
    ["nothing at all", "", ""],
    ["null", "null", ""],
    ["a list", "[]", ""],
    ["text", '"order"', ""],
    ["an object without anything", {}, "/customer"],
    ["an unknown field", { ...VALID_ORDER, price: 1 }, "/price"],
    ["a price of the client's own", itemWith({ priceMinor: 1 }), "/items/0/priceMinor"],
    ["the key constructor", { ...VALID_ORDER, constructor: 1 }, "/constructor"],
    ["no items", { ...VALID_ORDER, items: [] }, "/items"],
    ["101 lines", { ...VALID_ORDER, items: Array.from({ length: 101 }, () => VALID_ORDER.items[0]) }, "/items"],
    ["a quantity of zero", itemWith({ quantity: 0 }), "/items/0/quantity"],
    ["a negative quantity", itemWith({ quantity: -1 }), "/items/0/quantity"],
    ["half a quantity", itemWith({ quantity: 1.5 }), "/items/0/quantity"],
    ["an absurd quantity", itemWith({ quantity: 1e15 }), "/items/0/quantity"],
    ["an infinite quantity", JSON.stringify(itemWith({ quantity: 7 })).replace("7", "1e999"), "/items/0/quantity"],
    ["a quantity in quotes", itemWith({ quantity: "2" }), "/items/0/quantity"],
    ["a quantity of true", itemWith({ quantity: true }), "/items/0/quantity"],
    ["an article with an operator", itemWith({ sku: { $gt: "" } }), "/items/0/sku"],
    ["an article with a path", itemWith({ sku: "../etc" }), "/items/0/sku"],
    ["a name with a line break", orderWith({ name: "Ada\r\nBcc: eve@example.com" }), "/customer/name"],
    ["a name of spaces", orderWith({ name: "  " }), "/customer/name"],
    ["a name of 201 characters", orderWith({ name: "a".repeat(201) }), "/customer/name"],
    [
      "an address with a line break",
      orderWith({ email: "ada@example.com\r\nBcc: eve@example.com" }),
      "/customer/email",
    ],
    ["two addresses", orderWith({ email: "ada@example.com, eve@example.com" }), "/customer/email"],
    ["an address with a display name", orderWith({ email: "Ada <ada@example.com>" }), "/customer/email"],
    [
      "deep nesting for a name",
      JSON.stringify(orderWith({ name: "X" })).replace('"X"', `${"[".repeat(20_000)}${"]".repeat(20_000)}`),
      "/customer/name",
    ],
    ["deep nesting for a body", `${"[".repeat(32_000)}${"]".repeat(32_000)}`, ""],
    ["an unknown field with slashes", { ...VALID_ORDER, "a/b~c": 1 }, "/a~1b~0c"],
  ])("is refused, and the field is named: %s", async (_what, payload, pointer) => {
    const problem = await expectProblem(
      { method: "POST", url: "/orders", payload, headers: json },
      400,
      "invalid_request",
    );
    expect(problem.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  test.each(["2.00000000000000000001", "1.99999999999999999999", "9007199254740993"])(
    "is refused for a number that would be rounded to a whole one, and told how it is written: %s",
    async (literal) => {
      const payload = JSON.stringify(itemWith({ quantity: 7 })).replace("7", literal);
      const sent = { method: "POST", url: "/orders", payload, headers: json } as const;
      const { errors } = await expectProblem(sent, 400, "invalid_request");
      const detail = `must be an integer that is counted exactly, and is written as ${literal}`;
      expect(errors).toEqual([{ pointer: "/items/0/quantity", detail }]);
    },
  );

  test("is refused for an amount of money that would be rounded", async () => {
    const payload = '{"paymentId":"pay_1","amountMinor":100.00000000000000001,"currency":"EUR"}';
    const sent = { method: "POST", url: paymentUrl, payload, headers: json } as const;
    const { errors } = await expectProblem(sent, 400, "invalid_request");
    expect(errors).toMatchObject([{ pointer: "/amountMinor", detail: expect.stringContaining("100.0000") }]);
  });

  test("is taken with a whole number in another spelling", async () => {
    const payload = JSON.stringify(itemWith({ quantity: 7 })).replace("7", "2.0");
    const answer = await http.app.inject({ method: "POST", url: "/orders", payload, headers: json });
    expect(answer.statusCode).toBe(202);
    expect(http.shop.waiting.at(-1)).toMatchObject({ items: [{ quantity: 2 }] });
  });

  test("is refused when it is nested deeper than its numbers can be looked at", async () => {
    const nested = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;
    const payload = `{"price":1.5,"nested":${nested}}`;
    await expectProblem({ method: "POST", url: "/orders", payload, headers: json }, 400, "invalid_json");
  });

  test.each(["", "[]", "null", "7"])("is told that it must be an object: %j", async (payload) => {
    const { errors, detail } = await expectProblem(
      { method: "POST", url: "/orders", payload, headers: json },
      400,
      "invalid_request",
    );
    expect(errors).toEqual([{ pointer: "", detail: "the body must be an object" }]);
    expect(detail).toBe("The body does not match the schema: the body must be an object");
  });

  test("names every field that is wrong, in words", async () => {
    const payload = {
      customer: { name: "Ada", email: "nobody" },
      items: [{ sku: "margherita", quantity: "2", note: "x" }],
    };
    const { errors, detail } = await expectProblem({ method: "POST", url: "/orders", payload }, 400, "invalid_request");
    expect(errors).toEqual([
      { pointer: "/customer/email", detail: expect.stringContaining("One plain e-mail address") },
      { pointer: "/items/0/note", detail: "is not a known field" },
      { pointer: "/items/0/quantity", detail: "must be integer" },
    ]);
    expect(detail).toContain("/customer/email");
  });

  test("names a few fields when very many are wrong", async () => {
    const payload = {
      ...VALID_ORDER,
      ...Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`field${i}`, i])),
    };
    const { errors } = await expectProblem({ method: "POST", url: "/orders", payload }, 400, "invalid_request");
    expect(errors).toContainEqual({ pointer: "/field0", detail: "is not a known field" });
    expect(errors.length).toBeLessThan(20);
  });

  test.each([
    ["negative money", { amountMinor: -1 }, "/amountMinor"],
    ["no money", { amountMinor: 0 }, "/amountMinor"],
    ["half a cent", { amountMinor: 0.5 }, "/amountMinor"],
    ["more than integers carry", { amountMinor: 9_007_199_254_740_992 }, "/amountMinor"],
    ["money in quotes", { amountMinor: "1900" }, "/amountMinor"],
    ["a currency that is none", { currency: "Euro" }, "/currency"],
    ["a currency in lower case", { currency: "eur" }, "/currency"],
    ["a currency that nobody issues", { currency: "ABC" }, "/currency"],
    ["the code for no currency", { currency: "XXX" }, "/currency"],
    ["the code for tests", { currency: "XTS" }, "/currency"],
    ["an id with an operator", { paymentId: { $ne: null } }, "/paymentId"],
    ["an id with a line break", { paymentId: "pay\n1" }, "/paymentId"],
    ["an id of 129 characters", { paymentId: "p".repeat(129) }, "/paymentId"],
    ["another order's id", { orderId: UNKNOWN_ORDER_ID }, "/orderId"],
  ])("is refused as a payment: %s", async (_what, change, pointer) => {
    const payload = { ...PAYMENT, ...change };
    const problem = await expectProblem({ method: "POST", url: paymentUrl, payload }, 400, "invalid_request");
    expect(problem.errors).toMatchObject([{ pointer }]);
  });

  test.each([
    ["negative money", "-1"],
    ["no money", "0"],
    ["half a cent", "0.5"],
    ["more than integers carry", "9007199254740992"],
    ["more than numbers carry", "1e999"],
    ["money in quotes", '"500"'],
  ])("is refused as a refund and as a payment: %s", async (_what, amount) => {
    for (const [kind, id] of [
      ["refunds", "refundId"],
      ["payments", "paymentId"],
    ]) {
      const request = {
        method: "POST" as const,
        url: `/orders/${UNKNOWN_ORDER_ID}/${kind}`,
        payload: `{"${id}":"id_1","amountMinor":${amount},"currency":"EUR"}`,
        headers: json,
      };
      const problem = await expectProblem(request, 400, "invalid_request");
      expect(problem.errors).toMatchObject([{ pointer: "/amountMinor" }]);
    }
  });

  test("is refused as a cancellation with a reason of 501 characters", async () => {
    const url = `/orders/${UNKNOWN_ORDER_ID}/cancel`;
    await expectProblem({ method: "POST", url, payload: { reason: "x".repeat(501) } }, 400, "invalid_request");
  });
});

test("a name with <script> is taken as the text it is", async () => {
  const { app, shop } = http;
  const name = "<script>alert(1)</script>";
  const answer = await app.inject({ method: "POST", url: "/orders", payload: orderWith({ name }) });
  expect(answer.statusCode).toBe(202);
  shop.process();
  const order = await app.inject(`/orders/${answer.json().orderId}`);
  expect(order.json().customer.name).toBe(name);
  expect(order.headers).toMatchObject({
    "content-type": "application/json; charset=utf-8",
    "x-content-type-options": "nosniff",
  });
});

describe("a body of another kind", () => {
  test.each([
    ["text/plain", JSON.stringify(VALID_ORDER)],
    ["application/x-www-form-urlencoded", "customer=ada"],
    ["multipart/form-data; boundary=x", "--x--"],
    ["application/xml", "<order/>"],
    ["application/json-patch+json", "[]"],
    ["application/jsonp", "{}"],
    ["nonsense", "{}"],
    ["application/json,text/plain", "{}"],
  ])("is refused: %s", async (type, payload) => {
    await expectProblem(
      { method: "POST", url: "/orders", payload, headers: { "content-type": type } },
      415,
      "unsupported_media_type",
    );
  });

  test.each(["utf-8", "UTF-8", '"utf-8"', "utf8"])("is read with the charset %s", async (charset) => {
    const { app } = http;
    const payload = JSON.stringify(VALID_ORDER);
    const headers = { "content-type": `application/json; charset=${charset}` };
    expect((await app.inject({ method: "POST", url: "/orders", payload, headers })).statusCode).toBe(202);
  });

  test.each([
    "charset=iso-8859-1",
    "charset=utf-16",
    'charset="windows-1252"',
    "CHARSET=Shift_JIS",
    "version=1; charset=latin1",
    "charset=utf-8; charset=latin1",
  ])("is refused with another charset: %s", async (parameters) => {
    const headers = { "content-type": `application/json; ${parameters}` };
    const payload = JSON.stringify(VALID_ORDER);
    await expectProblem({ method: "POST", url: "/orders", payload, headers }, 415, "unsupported_media_type");
  });

  test("is refused without a type", async () => {
    const payload = JSON.stringify(VALID_ORDER);
    await expectProblem(
      { method: "POST", url: "/orders", payload, headers: { "content-type": "" } },
      415,
      "unsupported_media_type",
    );
  });
});

describe("a body of more than 64 KiB", () => {
  const large = JSON.stringify({ ...VALID_ORDER, padding: "x".repeat(65_536) });

  test("is refused", async () => {
    await expectProblem({ method: "POST", url: "/orders", payload: large, headers: json }, 413, "body_too_large");
  });

  test("is refused from its announced length, before it is sent", async () => {
    const headers = { ...json, "content-length": "10000000" };
    await expectProblem({ method: "POST", url: "/orders", payload: "{}", headers }, 413, "body_too_large");
  });

  test("is read up to exactly 64 KiB", async () => {
    const body = JSON.stringify({ ...VALID_ORDER, padding: "" });
    const payload = JSON.stringify({ ...VALID_ORDER, padding: "x".repeat(65_536 - body.length) });
    expect(payload).toHaveLength(65_536);
    await expectProblem({ method: "POST", url: "/orders", payload, headers: json }, 400, "invalid_request");
  });
});

describe("a header that does not match", () => {
  test.each([
    ["an empty key", ""],
    ["a key of 256 characters", "k".repeat(256)],
    ["a key with a space", "two words"],
    ["a key that is not ASCII", "schl\u00fcssel"],
  ])("is refused: %s", async (_what, key) => {
    const headers = { "idempotency-key": key };
    const problem = await expectProblem(
      { method: "POST", url: "/orders", payload: VALID_ORDER, headers },
      400,
      "invalid_request",
    );
    expect(problem.errors).toMatchObject([{ pointer: "/idempotency-key" }]);
  });
});

describe("an address that names nothing", () => {
  test.each([
    ["/orders/"],
    ["/orders//events"],
    ["/orders/1"],
    ["/orders/0D3CBF5E-7D5C-5A43-9C47-3F1E8A2B6C10"],
    [`/orders/${"9".repeat(5_000)}`],
    ["/orders/%00"],
    ["/orders/..%2f..%2fetc%2fpasswd"],
    [`/orders/${UNKNOWN_ORDER_ID}`],
    [`/orders/${UNKNOWN_ORDER_ID}/events`],
    [`/orders/${UNKNOWN_ORDER_ID}/mails`],
    [`/orders/${UNKNOWN_ORDER_ID}/stream`],
    ["/orders/1/stream"],
  ])("of an order is 404: %.60s", async (url) => {
    const { app } = http;
    const answer = await app.inject(url);
    expect([answer.statusCode, answer.json().code]).toEqual([404, "order_not_found"]);
  });

  test("of an order is 404 for a payment as well, when it is malformed", async () => {
    await expectProblem({ method: "POST", url: "/orders/1/payments", payload: PAYMENT }, 404, "order_not_found");
  });

  test.each(["/nothing", "/order", "/catalogue/1", "/assets/x.js", "/.env", "/docs/static/..%2fpackage.json"])(
    "of anything else is 404: %s",
    async (url) => {
      await expectProblem({ method: "GET", url }, 404, "route_not_found");
    },
  );

  test("that is no URL is 400", async () => {
    await expectProblem({ method: "GET", url: "/orders/%zz" }, 400, "invalid_request");
  });
});

describe("a method that an address does not answer", () => {
  test.each([
    ["DELETE", "/orders", "GET, HEAD, POST"],
    ["PUT", `/orders/${UNKNOWN_ORDER_ID}`, "GET, HEAD"],
    ["GET", `/orders/${UNKNOWN_ORDER_ID}/payments`, "POST"],
    ["HEAD", `/orders/${UNKNOWN_ORDER_ID}/stream`, "GET"],
    ["OPTIONS", "/orders", "GET, HEAD, POST"],
    ["POST", "/catalogue", "GET, HEAD"],
    ["POST", "/docs", "GET, HEAD"],
    ["TRACE", "/orders", "GET, HEAD, POST"],
    ["PROPFIND", "/orders", "GET, HEAD, POST"],
    ["SEARCH", `/orders/${UNKNOWN_ORDER_ID}`, "GET, HEAD"],
  ] as const)("is 405 with what it answers: %s %s", async (method, url, allow) => {
    const { app } = http;
    const answer = await app.inject({
      method: method as "GET",
      url,
      payload: "x".repeat(method === "HEAD" ? 0 : 100_000),
    });
    expect([answer.statusCode, answer.headers["allow"]]).toEqual([405, allow]);
    if (method !== "HEAD") expect(answer.json()).toMatchObject({ code: "method_not_allowed" });
  });
});
