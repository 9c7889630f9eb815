/** Why an order waits, with what only staff may see: the shard's owner, the mail server's answers, its dead letters. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { WhyReader } from "../../actors/why.ts";
import { OrderParameters } from "../../schemas/order-requests.ts";
import { StaffWhySchema } from "../../schemas/why-views.ts";
import { operatorResponses } from "../openapi.ts";
import { Problem } from "../problems.ts";
import { staffWhyView } from "../why-view.ts";
import { requireRole } from "./operator-guard.ts";

export const staffWhyRoutes: FastifyPluginAsyncTypebox<{ readonly whyReader: WhyReader }> = async (
  app,
  { whyReader },
) => {
  app.get(
    "/admin/orders/:orderId/why",
    {
      onRequest: requireRole("viewer"),
      schema: {
        operationId: "readStaffWhy",
        tags: ["desk"],
        summary: "Why is this order waiting, and what do staff know about it?",
        params: OrderParameters,
        response: {
          200: StaffWhySchema,
          ...operatorResponses("invalid_request", "order_not_found", "store_unavailable", "log_unavailable"),
        },
      },
    },
    async (request) => {
      const why = await whyReader.read(request.params.orderId);
      if (why === null) throw new Problem("order_not_found", "There is no order of this id.");
      return staffWhyView(why);
    },
  );
};
