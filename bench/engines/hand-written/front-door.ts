/**
 * The HTTP side of both hand-written services, as it is usually written: validate, price, one send per request with an
 * idempotent producer, answer when all replicas have the record.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyInstance } from "fastify";
import type { Producer } from "kafkajs";
import { v7 } from "uuid";
import { type Catalogue, priceItems } from "../../../src/domain/catalogue.ts";
import { orderIdFromKey } from "../../../src/schemas/order-id.ts";
import {
  OrderParameters,
  PaymentBody,
  ReadOrderQuery,
  SubmitOrderBody,
  SubmitOrderHeaders,
} from "../../../src/schemas/order-requests.ts";
import type { OrderCollection, OrderMessage, PaymentMessage } from "./order-document.ts";

/** How often a reader who waits for a status has the order looked up. */
const LOOK_AGAIN_MS = 50;

export interface FrontDoorDeps {
  readonly producer: Producer;
  readonly topics: { readonly orders: string; readonly payments: string };
  readonly orders: OrderCollection;
  readonly catalogue: Catalogue;
}

export function createFrontDoor({ producer, topics, orders, catalogue }: FrontDoorDeps): FastifyInstance {
  const app = Fastify({ bodyLimit: 65_536 });
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  const routes = app.withTypeProvider<TypeBoxTypeProvider>();

  const store = async (topic: string, message: OrderMessage | PaymentMessage): Promise<void> => {
    await producer.send({ topic, acks: -1, messages: [{ key: message.orderId, value: JSON.stringify(message) }] });
  };

  routes.post("/orders", { schema: { headers: SubmitOrderHeaders, body: SubmitOrderBody } }, async (request, reply) => {
    const { customer, items } = request.body;
    const key = request.headers["idempotency-key"];
    const pricing = priceItems(catalogue, items);
    if (pricing.type !== "priced") return await reply.code(422).send({ error: pricing.type });
    const { lines, total } = pricing;
    const orderId = key === undefined ? v7() : orderIdFromKey(key);
    await store(topics.orders, { orderId, customer, lines, total, submittedAt: new Date().toISOString() });
    reply.code(202).header("location", `/orders/${orderId}`);
    return { orderId, status: "accepted", total };
  });

  routes.post(
    "/orders/:orderId/payments",
    { schema: { params: OrderParameters, body: PaymentBody } },
    async (request, reply) => {
      const { paymentId, amountMinor, currency, paidAt = new Date().toISOString() } = request.body;
      const { orderId } = request.params;
      await store(topics.payments, { orderId, paymentId, amount: { amountMinor, currency }, paidAt });
      reply.code(202);
      return { status: "accepted" };
    },
  );

  routes.get(
    "/orders/:orderId",
    { schema: { params: OrderParameters, querystring: ReadOrderQuery } },
    async (request, reply) => {
      const { orderId } = request.params;
      const { until, wait = 0 } = request.query;
      const deadlineMs = Date.now() + wait * 1_000;
      for (;;) {
        const order = await orders.findOne({ _id: orderId });
        if (order?.status === until || Date.now() >= deadlineMs) {
          if (order === null) return await reply.code(404).send({ error: "notFound" });
          return { orderId, status: order.status };
        }
        await sleep(LOOK_AGAIN_MS);
      }
    },
  );

  routes.get("/catalogue", () => catalogue);
  return app;
}
