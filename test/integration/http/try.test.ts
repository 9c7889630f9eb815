import { test } from "vitest";
import { startHttp, VALID_ORDER } from "../../support/http-harness.ts";
test("try", async () => {
  const { app, shop, observed, logged } = await startHttp();
  const r = await app.inject({ method: "POST", url: "/orders", payload: VALID_ORDER, headers: { "idempotency-key": "k" } });
  console.log(r.statusCode, r.headers, r.body);
  const id = r.json().orderId;
  for (const [method, url] of [["GET", `/orders/${id}`], ["GET", "/catalogue"], ["GET", "/orders"], ["DELETE", "/orders"], ["GET", "/nope"], ["GET", "/orders/%zz"], ["GET", "/orders/x"], ["GET", `/orders/${"x".repeat(300)}`], ["GET", `/orders/${id}?wait=3`], ["GET", `/orders/${id}?until=xx&wait=40&q=1`], ["POST", `/orders/${id}/cancel`], ["GET", "/livez"], ["GET", "/readyz"], ["GET", "/metrics"], ["GET", "/docs"], ["GET", "/docs/static/swagger-initializer.js"], ["GET", "/"], ["HEAD", "/catalogue"]] as const) {
    const a = await app.inject({ method, url });
    console.log(method, url, a.statusCode, a.body.slice(0, 500));
  }
  shop.process();
  console.log((await app.inject(`/orders/${id}`)).body, (await app.inject(`/orders/${id}/events`)).body);
  console.log((await app.inject({ method: "POST", url: "/orders", payload: '{"__proto__":1}', headers: { "content-type": "application/json" } })).body);
  console.log((await app.inject({ method: "POST", url: "/orders", payload: { ...VALID_ORDER, items: [{ sku: "a b", quantity: "2", x: 1 }], "a/b": 1 } })).body);
  console.log(observed, logged);
  console.log((await app.inject("/openapi.json")).body.slice(0, 3000));
});
