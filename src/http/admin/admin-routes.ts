/** Everything below /admin, which only operators may use: a route that asks for no role is not even registered. */
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import type { DeadLetterDesk } from "../../actors/dead-letter-desk.ts";
import type { MailDesk } from "../../actors/mail-desk.ts";
import type { OperatorAccess } from "../../actors/operator-access.ts";
import type { ActLog } from "../../actors/operators.ts";
import type { Clock } from "../../actors/ports.ts";
import type { WhyReader } from "../../actors/why.ts";
import { createCursorSeal } from "../cursor.ts";
import { OPERATOR_SECURITY } from "../openapi.ts";
import type { PageDocument } from "../page-document.ts";
import { Problem } from "../problems.ts";
import type { RequestMetrics } from "../request-metrics.ts";
import { actRoutes } from "./act-routes.ts";
import { serveConsolePage } from "./console-page.ts";
import { createSessionSeal } from "./console-session.ts";
import { deadLetterRoutes } from "./dead-letter-routes.ts";
import { keyRoutes } from "./key-routes.ts";
import { mailRoutes } from "./mail-routes.ts";
import { identifyOperators, isGuard, requireRole } from "./operator-guard.ts";
import { type PaymentDeskDeps, paymentDeskRoutes } from "./payment-routes.ts";
import { sessionRoutes } from "./session-routes.ts";
import { staffWhyRoutes } from "./why-routes.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** A route below /admin for those who have not signed in yet. */
    readonly withoutOperator?: boolean;
  }
}

export interface AdminDeps {
  readonly operators: OperatorAccess;
  readonly actLog: ActLog;
  readonly deadLetters: DeadLetterDesk;
  readonly mailDesk: MailDesk;
  readonly whyReader: WhyReader;
  readonly paymentDesk: PaymentDeskDeps;
  /** At least 32 random bytes that all processes of an installation share. */
  readonly sessionSecret: Uint8Array;
  readonly clock: Clock;
  readonly metrics: Pick<RequestMetrics, "observeLogin">;
  /** Null when the web page was not built. */
  readonly page: PageDocument | null;
}

export const adminRoutes: FastifyPluginAsync<AdminDeps> = async (app, deps) => {
  const { operators, actLog, deadLetters, clock, metrics } = deps;
  const sessions = createSessionSeal(deps.sessionSecret);
  serveConsolePage(app, deps.page);
  identifyOperators(app, { operators, sessions });
  guardEveryRoute(app);

  await app.register(sessionRoutes, { operators, sessions, clock, metrics });
  await app.register(keyRoutes, { operators });
  await app.register(actRoutes, { actLog });
  await app.register(deadLetterRoutes, { deadLetters });
  await app.register(mailRoutes, { mailDesk: deps.mailDesk, cursors: createCursorSeal(deps.sessionSecret) });
  await app.register(staffWhyRoutes, { whyReader: deps.whyReader });
  await app.register(paymentDeskRoutes, deps.paymentDesk);

  for (const path of ["/admin", "/admin/*"]) {
    app.get(path, { onRequest: requireRole("viewer"), schema: { hide: true } }, () => {
      throw new Problem("route_not_found", "There is nothing at this address below /admin.");
    });
  }
};

/** Refuses to register a route that asks for no role, and says in the API's description how to show who one is. */
export function guardEveryRoute(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    if (route.config?.withoutOperator === true) return;
    if (![route.onRequest].flat().some(isGuard)) {
      throw new Error(`${String(route.method)} ${route.url} is below /admin and has no requireRole`);
    }
    route.schema = { ...route.schema, security: OPERATOR_SECURITY };
  });
}
