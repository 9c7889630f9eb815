/**
 * A raw limit: how many POSTs a second Fastify takes when it only validates the service's own order schema and serializes
 * an answer of the same shape. Its process prints its URL; the bench puts its usual client on it.
 */

import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import Fastify from "fastify";
import Type from "typebox";
import { SubmitOrderBody, SubmitOrderHeaders } from "../src/schemas/order-requests.ts";
import { endWithParent } from "./child.ts";

const Answer = Type.Object({
  orderId: Type.String(),
  status: Type.String(),
  total: Type.Object({ amountMinor: Type.Integer(), currency: Type.String() }),
});
const ORDER_ID = "01939f2e-7a3c-7d11-9c4e-5b8f3a2d1c00";

endWithParent();
const app = Fastify({ bodyLimit: 65_536 })
  .setValidatorCompiler(TypeBoxValidatorCompiler)
  .withTypeProvider<TypeBoxTypeProvider>();
app.post(
  "/orders",
  { schema: { body: SubmitOrderBody, headers: SubmitOrderHeaders, response: { 202: Answer } } },
  async (_request, reply) => {
    void reply.code(202).header("location", `/orders/${ORDER_ID}`);
    return { orderId: ORDER_ID, status: "accepted", total: { amountMinor: 1_250, currency: "EUR" } };
  },
);
process.stdout.write(`${await app.listen({ host: "127.0.0.1", port: 0 })}\n`);
