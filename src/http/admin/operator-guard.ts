/**
 * Who sends a request below /admin, and whether they may. A key comes as `Authorization: Bearer olk_…`, or its session
 * as the console's cookie, and from nowhere else: an address with a key in it would end in logs and histories.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from "fastify";
import type { OperatorAccess, OperatorSession } from "../../actors/operator-access.ts";
import { mayActAs, type Operator, type Role } from "../../actors/operators.ts";
import { Problem } from "../problems.ts";
import { type SessionSeal, tokenOf } from "./console-session.ts";
import { isFromConsole } from "./request-origin.ts";

/** An operator and how they showed who they are: with a session, or with the key itself. */
export interface Identity {
  readonly operator: Operator;
  readonly session: OperatorSession | null;
}

declare module "fastify" {
  interface FastifyInstance {
    /** Below /admin alone. */
    identifyOperator(request: FastifyRequest): Promise<Identity | null>;
  }
  interface FastifyRequest {
    identity: Identity | null;
  }
}

const BEARER = /^Bearer +(\S+)$/i;
const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const guards = new WeakSet<object>();

export interface GuardDeps {
  readonly operators: OperatorAccess;
  readonly sessions: SessionSeal;
}

/** Lets the routes of `app` ask who sends a request. */
export function identifyOperators(app: FastifyInstance, { operators, sessions }: GuardDeps): void {
  const identifySession = async (request: FastifyRequest, token: string): Promise<Identity | null> => {
    const session = sessions.open(token);
    const operator = session === null ? null : await operators.identifySession(session);
    if (operator === null) return null;
    if (!READING.has(request.method) && !isFromConsole(request)) {
      throw new Problem(
        "request_not_from_console",
        "Send a key as `Authorization: Bearer`, or use the console at /admin: a session alone changes nothing.",
      );
    }
    return { operator, session };
  };

  app.decorateRequest("identity", null);
  app.decorate("identifyOperator", async (request: FastifyRequest) => {
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined) {
      const operator = await operators.identify(BEARER.exec(authorization)?.[1] ?? "");
      return operator === null ? null : { operator, session: null };
    }
    const token = tokenOf(cookie);
    return token === null ? null : identifySession(request, token);
  });
}

/**
 * An `onRequest` hook for routes below /admin that only operators of this role, or one above it, may use. It answers 401
 * `operator_unknown` without a valid key or session, and 403 `operator_not_allowed` below the role.
 */
export function requireRole(role: Role): onRequestAsyncHookHandler {
  const guard = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const identity = await request.server.identifyOperator(request);
    if (identity === null) {
      reply.header("www-authenticate", 'Bearer realm="orderloom"');
      throw new Problem("operator_unknown", "Send a good key as `Authorization: Bearer olk_…`, or sign in at /admin.");
    }
    const { operator } = identity;
    if (!mayActAs(operator.role, role)) {
      throw new Problem(
        "operator_not_allowed",
        `This needs the role ${role}, and ${operator.name} has the role ${operator.role}.`,
      );
    }
    request.identity = identity;
  };
  guards.add(guard);
  return guard;
}

/** True for what `requireRole` made. */
export function isGuard(hook: unknown): boolean {
  return typeof hook === "function" && guards.has(hook);
}

/** Who sent a request, in a handler behind `requireRole`. */
export function operatorOf(request: FastifyRequest): Operator {
  return identityOf(request).operator;
}

/** Who sent a request and how they showed it, in a handler behind `requireRole`. */
export function identityOf({ identity }: FastifyRequest): Identity {
  if (identity === null) throw new Error("a handler asks for the operator and its route has no requireRole");
  return identity;
}
