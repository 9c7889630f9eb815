/** Operator keys over HTTP: the way to manage them while the service runs and has its data folder to itself. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import type { OperatorAccess } from "../../actors/operator-access.ts";
import { CreatedKeySchema, KeyListSchema, NewKeySchema } from "../../schemas/operators.ts";
import { operatorResponses } from "../openapi.ts";
import { Problem } from "../problems.ts";
import { operatorOf, requireRole } from "./operator-guard.ts";

const KeyParameters = Type.Object({
  keyId: Type.String({ pattern: "^[0-9a-f]{12}$", description: "The id of a key", examples: ["5f0c9a3be871"] }),
});

export const keyRoutes: FastifyPluginAsyncTypebox<{ readonly operators: OperatorAccess }> = async (
  app,
  { operators },
) => {
  app.get(
    "/admin/keys",
    {
      onRequest: requireRole("operator"),
      schema: {
        operationId: "listKeys",
        tags: ["operators"],
        summary: "List the keys of all operators, oldest first",
        response: { 200: KeyListSchema, ...operatorResponses("store_unavailable") },
      },
    },
    async () => ({ keys: [...(await operators.listKeys())] }),
  );

  app.post(
    "/admin/keys",
    {
      onRequest: requireRole("operator"),
      schema: {
        operationId: "createKey",
        tags: ["operators"],
        summary: "Create a key for an operator",
        description: "The answer has the key, once. When it is lost, revoke the key and create another one.",
        body: NewKeySchema,
        response: {
          201: CreatedKeySchema,
          ...operatorResponses("invalid_request", "store_unavailable", "outcome_unknown"),
        },
      },
    },
    async (request, reply) => {
      const created = await operators.createKey(operatorOf(request), request.body);
      return reply.code(201).send(created);
    },
  );

  app.delete(
    "/admin/keys/:keyId",
    {
      onRequest: requireRole("operator"),
      schema: {
        operationId: "revokeKey",
        tags: ["operators"],
        summary: "Revoke a key for ever",
        description: "It and its sessions are refused from now on. Revoking it again changes nothing.",
        params: KeyParameters,
        response: {
          204: Type.Null({ description: "The key is revoked" }),
          ...operatorResponses("key_not_found", "last_operator_key", "store_unavailable", "outcome_unknown"),
        },
      },
    },
    async (request, reply) => {
      switch (await operators.revokeKey(operatorOf(request), request.params.keyId)) {
        case "unknown":
          throw new Problem("key_not_found", "There is no key of this id; it never had one.");
        case "lastOperator":
          throw new Problem(
            "last_operator_key",
            "Without this key nobody could manage keys: create another one first.",
          );
        case "revoked":
          return reply.code(204).send(null);
      }
    },
  );
};
