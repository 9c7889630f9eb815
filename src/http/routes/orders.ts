/** The ways to look: one order, its timeline, its mails, and the listing. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import type { OrderReader } from "../../actors/order-reader.ts";
import type { OrderView, ShownStatus, TimelineEvent } from "../../actors/order-view.ts";
import type { MailView } from "../../schemas/mail-views.ts";
import { ListOrdersQuery, OrderParameters, ReadOrderQuery } from "../../schemas/order-requests.ts";
import type { CursorSeal } from "../cursor.ts";
import { mailView } from "../mail-view.ts";
import { component, problemResponses } from "../openapi.ts";
import { Problem } from "../problems.ts";

export interface OrderDeps {
  readonly orderReader: OrderReader;
  readonly cursors: CursorSeal;
  /** Aborted when the service stops, so that nobody who waits holds it up. */
  readonly stopping: AbortSignal;
}

const DEFAULT_PAGE = 50;

const ReadOrderHeaders = Type.Object({
  "if-none-match": Type.Optional(Type.String({ description: "The ETag that the client has", examples: ['"3"'] })),
});
const Timeline = Type.Object({
  events: Type.Unsafe<readonly TimelineEvent[]>({ type: "array", items: { $ref: "TimelineEvent#" } }),
});
const OrderMails = Type.Object({
  mails: Type.Unsafe<readonly MailView[]>({ type: "array", items: { $ref: "Mail#" } }),
});
const OrderPage = Type.Object({
  orders: Type.Unsafe<readonly OrderView[]>({ type: "array", items: { $ref: "Order#" } }),
  next: Type.Union([Type.String(), Type.Null()], { description: "The cursor of the next page; null on the last one" }),
});

export const orderRoutes: FastifyPluginAsyncTypebox<OrderDeps> = async (app, { orderReader, cursors, stopping }) => {
  const read = (orderId: string, until: ShownStatus | undefined, waitS: number, clientGone: AbortSignal) =>
    until === undefined || waitS === 0
      ? orderReader.get(orderId)
      : orderReader.waitFor(orderId, until, waitS * 1_000, AbortSignal.any([clientGone, stopping]));

  app.get(
    "/orders/:orderId",
    {
      schema: {
        operationId: "readOrder",
        tags: ["orders"],
        summary: "Read an order",
        description:
          "With `until` and `wait` the answer comes when the order reaches or passes that status, or after that many seconds. " +
          "An order that was just submitted reads `accepted` until its shard has come to it.",
        params: OrderParameters,
        querystring: ReadOrderQuery,
        headers: ReadOrderHeaders,
        response: {
          200: {
            description: "The order as it is now",
            headers: { etag: { type: "string", description: "The order's version" } },
            content: { "application/json": { schema: component<OrderView>("Order") } },
          },
          304: Type.Unsafe<undefined>({
            type: "null",
            description: "The order is still at the version of `If-None-Match`",
          }),
          ...problemResponses("invalid_request", "order_not_found", "store_unavailable"),
        },
      },
    },
    async (request, reply) => {
      const { until, wait = 0 } = request.query;
      if (wait > 0 && until === undefined) throw missingUntil();
      const order = await read(request.params.orderId, until, wait, request.signal);
      if (order === null) throw orderNotFound();
      const etag = `"${order.version}"`;
      reply.header("etag", etag).header("cache-control", "private, no-cache");
      if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send();
      return reply.send(order);
    },
  );

  app.get(
    "/orders/:orderId/events",
    {
      schema: {
        operationId: "readTimeline",
        tags: ["orders"],
        summary: "Read an order's timeline",
        description: "Every fact of the order, oldest first; empty while it is only accepted.",
        params: OrderParameters,
        response: { 200: Timeline, ...problemResponses("order_not_found", "store_unavailable") },
      },
    },
    async (request) => {
      const events = await orderReader.timeline(request.params.orderId);
      if (events === null) throw orderNotFound();
      return { events };
    },
  );

  app.get(
    "/orders/:orderId/mails",
    {
      schema: {
        operationId: "readMails",
        tags: ["orders"],
        summary: "Read what became of an order's mails",
        description:
          "Every attempt to send them, from the ledger of mails; empty until a mail is due. A mail may have been delivered " +
          "twice, under the same Message-ID, when the outcome of one of its attempts is `unknown`.",
        params: OrderParameters,
        response: { 200: OrderMails, ...problemResponses("order_not_found", "store_unavailable") },
      },
    },
    async (request) => {
      const mails = await orderReader.mails(request.params.orderId);
      if (mails === null) throw orderNotFound();
      return { mails: mails.map(mailView) };
    },
  );

  app.get(
    "/orders",
    {
      schema: {
        operationId: "listOrders",
        tags: ["orders"],
        summary: "List orders, newest first",
        description:
          "Pages stay in step while orders come in: a cursor names the last order of its page, not a number.",
        querystring: ListOrdersQuery,
        response: { 200: OrderPage, ...problemResponses("invalid_request", "invalid_cursor", "store_unavailable") },
      },
    },
    async (request) => {
      const { limit = DEFAULT_PAGE, cursor, ...filters } = request.query;
      const query =
        cursor === undefined ? { ...filters, limit } : { ...filters, limit, after: cursors.open(cursor, filters) };
      const { orders, next } = await orderReader.list(query);
      return { orders, next: next === null ? null : cursors.seal(next, filters) };
    },
  );
};

function orderNotFound(): Problem {
  return new Problem("order_not_found", "There is no order of this id.");
}

function missingUntil(): Problem {
  const errors = [{ pointer: "/until", detail: "is required with wait" }];
  return new Problem("invalid_request", "The query string does not match the schema: /until is required with wait", {
    errors,
  });
}

/** If-None-Match compares weakly: `W/"3"` names the same version as `"3"`. */
function matches(header: string | undefined, etag: string): boolean {
  return header?.split(",").some((tag) => ["*", etag, `W/${etag}`].includes(tag.trim())) ?? false;
}
