/** Why is this order waiting? For everybody who knows the order; what only staff may see is below /admin. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { WhyReader } from "../../actors/why.ts";
import { OrderParameters } from "../../schemas/order-requests.ts";
import { OrderWhySchema } from "../../schemas/why-views.ts";
import { problemResponses } from "../openapi.ts";
import { Problem } from "../problems.ts";
import { whyView } from "../why-view.ts";

export const whyRoutes: FastifyPluginAsyncTypebox<{ readonly whyReader: WhyReader }> = async (app, { whyReader }) => {
  app.get(
    "/orders/:orderId/why",
    {
      schema: {
        operationId: "readWhy",
        tags: ["orders"],
        summary: "Why is this order waiting?",
        description:
          "Its state and since when, what would move it and who sends that, its deadline, its mails, how far its shard is " +
          "behind, and how long orders usually take here: over how many orders and which time the answer says.",
        params: OrderParameters,
        response: {
          200: OrderWhySchema,
          ...problemResponses("invalid_request", "order_not_found", "store_unavailable", "log_unavailable"),
        },
      },
    },
    async (request, reply) => {
      const why = await whyReader.read(request.params.orderId);
      if (why === null) throw new Problem("order_not_found", "There is no order of this id.");
      reply.header("cache-control", "private, no-cache");
      return whyView(why);
    },
  );
};
