import Fastify from "fastify";
import { expect, test } from "vitest";
import { guardEveryRoute } from "../../../../src/http/admin/admin-routes.ts";
import { requireRole } from "../../../../src/http/admin/operator-guard.ts";

function createGuarded() {
  const app = Fastify();
  guardEveryRoute(app);
  return app;
}

test("a route below /admin that asks for no role is not registered", () => {
  const app = createGuarded();
  expect(() => app.get("/admin/open", () => "")).toThrow("GET /admin/open is below /admin and has no requireRole");
  expect(() => app.post("/admin/open", { onRequest: async () => {} }, () => "")).toThrow("has no requireRole");
});

test("a route that asks for a role is registered, among other hooks too", () => {
  const app = createGuarded();
  app.get("/admin/guarded", { onRequest: requireRole("viewer") }, () => "");
  app.post("/admin/guarded", { onRequest: [async () => {}, requireRole("support")] }, () => "");
  expect([
    app.hasRoute({ method: "GET", url: "/admin/guarded" }),
    app.hasRoute({ method: "POST", url: "/admin/guarded" }),
  ]).toEqual([true, true]);
});
