/** What machines ask: is it alive, is it ready, how is it doing, and what does the API look like. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { problemResponses } from "../openapi.ts";
import { Problem } from "../problems.ts";

export interface OperationsDeps {
  readonly health: {
    /** Each part that the service needs, and whether it can be used now. */
    ready(): Promise<readonly { readonly name: string; readonly ok: boolean; readonly detail?: string }[]>;
  };
  metricsText(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const RETRY_AFTER_S = 1;
const Live = Type.Object({ status: Type.Literal("live") });
const Ready = Type.Object({
  status: Type.Literal("ready"),
  checks: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.Optional(Type.String()) })),
});
const config = { outsideAdmission: true };

export const operationsRoutes: FastifyPluginAsyncTypebox<OperationsDeps> = async (app, { health, metricsText }) => {
  app.addHook("onRequest", (_request, reply, done) => {
    reply.header("cache-control", "no-store");
    done();
  });

  app.get(
    "/livez",
    {
      config,
      schema: {
        operationId: "isLive",
        tags: ["operations"],
        summary: "Does the process turn?",
        description: "An answer at all is the answer.",
        response: { 200: Live },
      },
    },
    async () => ({ status: "live" as const }),
  );

  app.get(
    "/readyz",
    {
      config,
      schema: {
        operationId: "isReady",
        tags: ["operations"],
        summary: "Can the service do its work?",
        description: "Asks the log, the store and the workers. `errors` of a 503 lists what is not ready.",
        response: { 200: Ready, ...problemResponses("not_ready") },
      },
    },
    async () => {
      const checks = await health.ready();
      const errors = checks
        .filter(({ ok }) => !ok)
        .map(({ name, detail }) => ({ pointer: `/${name}`, detail: detail ?? "is not ready" }));
      if (errors.length > 0) {
        const names = errors.map(({ pointer }) => pointer.slice(1)).join(", ");
        throw new Problem("not_ready", `Not ready: ${names}.`, { errors, retryAfterS: RETRY_AFTER_S });
      }
      return { status: "ready" as const, checks: [...checks] };
    },
  );

  app.get(
    "/metrics",
    {
      config,
      schema: {
        operationId: "readMetrics",
        tags: ["operations"],
        summary: "Metrics for Prometheus",
        description: "Counters, gauges and histograms in the Prometheus text format.",
        response: { 200: { description: "The metrics", content: { "text/plain": { schema: Type.String() } } } },
      },
    },
    async (_request, reply) => {
      const { contentType, body } = await metricsText();
      return reply.header("content-type", contentType).send(body);
    },
  );

  app.get(
    "/openapi.json",
    {
      schema: {
        operationId: "readOpenApi",
        tags: ["operations"],
        summary: "This document",
        description: "The API as an OpenAPI 3.1 document, made from the schemas that check the requests.",
        response: {
          200: {
            description: "An OpenAPI 3.1 document",
            content: { "application/json": { schema: Type.Unsafe<string>({ type: "object" }) } },
          },
        },
      },
    },
    async (_request, reply) => {
      document ??= JSON.stringify(app.swagger());
      return reply.header("content-type", "application/json; charset=utf-8").send(document);
    },
  );
  let document: string | undefined;
};
