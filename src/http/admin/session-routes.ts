/** Signing in to the console with a key, signing out, and who one is. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import type { OperatorAccess } from "../../actors/operator-access.ts";
import type { Clock } from "../../actors/ports.ts";
import { OperatorSchema } from "../../schemas/operators.ts";
import { operatorResponses, problemResponses } from "../openapi.ts";
import { Problem } from "../problems.ts";
import type { RequestMetrics } from "../request-metrics.ts";
import { type SessionSeal, sessionCookie } from "./console-session.ts";
import { createLoginLimit } from "./login-limit.ts";
import { identityOf, requireRole } from "./operator-guard.ts";
import { isFromElsewhere, isOverHttps } from "./request-origin.ts";

export interface SessionDeps {
  readonly operators: OperatorAccess;
  readonly sessions: SessionSeal;
  readonly clock: Clock;
  readonly metrics: Pick<RequestMetrics, "observeLogin">;
}

const Login = Type.Object(
  { key: Type.String({ minLength: 1, maxLength: 200, description: "A key, such as `olk_…`", examples: ["olk_…"] }) },
  { additionalProperties: false },
);
const Who = Type.Object({
  ...OperatorSchema.properties,
  expiresAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
    description: "When the session ends; null for who came with a key",
  }),
});

export const sessionRoutes: FastifyPluginAsyncTypebox<SessionDeps> = async (app, deps) => {
  const { operators, sessions, clock, metrics } = deps;
  const limit = createLoginLimit(clock);

  /**
   * A key that is right always gets in: behind one router, or a proxy that TRUST_PROXY does not name, many have one address,
   * and nobody must lock out the others.
   */
  const refusal = (address: string): Problem => {
    const retryAfterS = limit.waitS(address);
    metrics.observeLogin(retryAfterS > 0 ? "limited" : "refused");
    if (retryAfterS > 0) {
      return new Problem("rate_limited", "Too many keys were wrong; try again in a minute.", { retryAfterS });
    }
    limit.failed(address);
    return new Problem("operator_unknown", "This key is not known, or it was revoked.");
  };

  app.post(
    "/admin/session",
    {
      config: { withoutOperator: true },
      schema: {
        operationId: "signIn",
        tags: ["operators"],
        summary: "Sign in to the console with a key",
        description:
          "Sets a cookie for 12 hours. Programs send their key as `Authorization: Bearer` and need no session.",
        body: Login,
        response: {
          200: Who,
          ...problemResponses(
            "invalid_request",
            "operator_unknown",
            "request_not_from_console",
            "rate_limited",
            "store_unavailable",
          ),
        },
      },
    },
    async (request, reply) => {
      if (isFromElsewhere(request))
        throw new Problem("request_not_from_console", "Sign in on the page of this service.");
      const operator = await operators.identify(request.body.key);
      if (operator === null) throw refusal(request.ip);
      const session = await operators.startSession(operator);
      metrics.observeLogin("accepted");
      const maxAgeS = Math.floor((session.expiresAtMs - clock.nowMs()) / 1_000);
      const cookie = sessionCookie(sessions.seal(session), { maxAgeS, isSecure: isOverHttps(request) });
      reply.header("set-cookie", cookie);
      return { ...operator, expiresAt: new Date(session.expiresAtMs).toISOString() };
    },
  );

  app.get(
    "/admin/session",
    {
      onRequest: requireRole("viewer"),
      schema: {
        operationId: "whoAmI",
        tags: ["operators"],
        summary: "Who one is",
        response: { 200: Who, ...operatorResponses("store_unavailable") },
      },
    },
    async (request) => {
      const { operator, session } = identityOf(request);
      return { ...operator, expiresAt: session === null ? null : new Date(session.expiresAtMs).toISOString() };
    },
  );

  app.delete(
    "/admin/session",
    {
      onRequest: requireRole("viewer"),
      schema: {
        operationId: "signOut",
        tags: ["operators"],
        summary: "Sign out of the console",
        description: "The session is over in every process, and its cookie is of no use to whoever kept it.",
        response: { 204: Type.Null({ description: "Signed out" }), ...operatorResponses("store_unavailable") },
      },
    },
    async (request, reply) => {
      const { operator, session } = identityOf(request);
      if (session !== null) await operators.endSession(operator, session);
      const cookie = sessionCookie("", { maxAgeS: 0, isSecure: isOverHttps(request) });
      return reply.header("set-cookie", cookie).code(204).send(null);
    },
  );
};
