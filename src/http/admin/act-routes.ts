/** The audit: who did what, when and why. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import type { ActLog } from "../../actors/operators.ts";
import { ActListSchema } from "../../schemas/operators.ts";
import { operatorResponses } from "../openapi.ts";
import { requireRole } from "./operator-guard.ts";

const DEFAULT_PAGE = 50;

const ListActsQuery = Type.Object(
  {
    target: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: "Only acts on this, such as an order or a key" }),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, description: "How many acts a page holds; 50 when it is left out" }),
    ),
    before: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "`next` of the page before" })),
  },
  { additionalProperties: false },
);

export const actRoutes: FastifyPluginAsyncTypebox<{ readonly actLog: ActLog }> = async (app, { actLog }) => {
  app.get(
    "/admin/acts",
    {
      onRequest: requireRole("viewer"),
      schema: {
        operationId: "listActs",
        tags: ["operators"],
        summary: "List what operators did, newest first",
        querystring: ListActsQuery,
        response: { 200: ActListSchema, ...operatorResponses("invalid_request", "store_unavailable") },
      },
    },
    async (request) => {
      const { target, limit = DEFAULT_PAGE, before } = request.query;
      const acts = await actLog.list({
        limit: limit + 1,
        ...(target === undefined ? {} : { target }),
        ...(before === undefined ? {} : { beforeActId: before }),
      });
      const page = acts.slice(0, limit);
      return { acts: [...page], next: acts.length > limit ? (page.at(-1)?.actId ?? null) : null };
    },
  );
};
