/** The OpenAPI 3.1 document, made from the routes' own schemas, and the pieces that routes describe themselves with. */
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import Type, { type TSchema } from "typebox";
import { ERROR_CODES, type ErrorCode } from "../domain/error-codes.ts";
import { MailSchema } from "../schemas/mail-views.ts";
import { CatalogueSchema, OrderSchema, TimelineEventSchema } from "../schemas/order-views.ts";
import { ProblemSchema } from "../schemas/problem.ts";
import { PROBLEM_CONTENT_TYPE, statusOf } from "./problems.ts";

/** The schemas that responses refer to by name. */
export const COMPONENTS = [OrderSchema, TimelineEventSchema, MailSchema, CatalogueSchema, ProblemSchema];

type ComponentName = "Order" | "TimelineEvent" | "Mail" | "Catalogue" | "Problem";

/** Refers to a component; `T` is what the handler returns for it. */
export const component = <T>(name: ComponentName) => Type.Unsafe<T>({ $ref: `${name}#` });

/** How operators show who they are. */
export const OPERATOR_SECURITY = [{ operatorKey: [] }, { operatorSession: [] }];

/** The error responses of a route that only operators may use. */
export function operatorResponses(...codes: readonly ErrorCode[]): Record<number, ProblemResponse> {
  return problemResponses("operator_unknown", "operator_not_allowed", "request_not_from_console", ...codes);
}

interface ProblemResponse {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: TSchema }>>;
}

/** The error responses of a route, one for each status, with the codes that it may hold. */
export function problemResponses(...codes: readonly ErrorCode[]): Record<number, ProblemResponse> {
  const byStatus = Map.groupBy([...codes, "overloaded", "stopping", "internal_error"] as ErrorCode[], statusOf);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${ERROR_CODES[code]}`).join(" "),
        content: { [PROBLEM_CONTENT_TYPE]: { schema: component("Problem") } },
      },
    ]),
  );
}

export const OPENAPI_OPTIONS: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Orderloom",
      version: "0.1.0",
      description:
        "Orders from the storefront to the confirmation mail. Every accepted order and payment takes effect once, and nothing " +
        "acknowledged is lost. Every error is an RFC 9457 problem with a stable `code`.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "This service" }],
    tags: [
      { name: "catalogue", description: "What the shop sells" },
      { name: "orders", description: "Submit, pay, cancel, read and follow orders" },
      { name: "webhooks", description: "What payment providers call, signed" },
      { name: "operators", description: "Who may work behind the counter, and what they did" },
      { name: "dead letters", description: "What could not be processed: find it, mend it, send it again" },
      { name: "desk", description: "What people decide that rules cannot" },
      { name: "inbox", description: "The built-in mail inbox for development" },
      { name: "operations", description: "Probes, metrics and this document" },
    ],
    components: {
      securitySchemes: {
        operatorKey: {
          type: "http",
          scheme: "bearer",
          description: "The key of an operator, `olk_…`. `orderloom keys create` gives one out.",
        },
        operatorSession: {
          type: "apiKey",
          in: "cookie",
          name: "orderloom_session",
          description: "The session of the console. Requests that change something also need `x-orderloom-console: 1`.",
        },
      },
    },
  },
  hideUntagged: true,
  refResolver: { buildLocalReference: ({ $id }) => (typeof $id === "string" ? $id : "") },
};
