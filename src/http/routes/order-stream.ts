/**
 * An order as it moves, as server-sent events. Every event of the order is sent once and in order, however the
 * notifications come, because what is sent is read from the timeline and counted by its sequence.
 */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyBaseLogger } from "fastify";
import Type from "typebox";
import { OperationalError } from "../../actors/errors.ts";
import type { OrderReader } from "../../actors/order-reader.ts";
import { isSettled } from "../../actors/order-view.ts";
import type { Clock } from "../../actors/ports.ts";
import { OrderParameters } from "../../schemas/order-requests.ts";
import { type EventStream, openEventStream } from "../event-stream.ts";
import type { HttpLimits } from "../limits.ts";
import { problemResponses } from "../openapi.ts";
import { Problem } from "../problems.ts";
import type { StreamSlots } from "../stream-slots.ts";

export interface OrderStreamDeps {
  readonly orderReader: OrderReader;
  readonly clock: Clock;
  readonly limits: HttpLimits;
  readonly slots: StreamSlots;
}

const STREAM_EXAMPLE =
  'id: 1\ndata: {"type":"timeline","event":{"sequence":1,"type":"OrderReceived"},"order":{"status":"received"}}\n\n' +
  'event: end\ndata: {"status":"emailed"}\n\n';

/** How soon a failed reading is tried again while its stream stays open. */
const RETRY_MS = 1_000;
/** How soon the order is read again when its timeline was ahead of it. */
const CATCH_UP_MS = 20;

const StreamHeaders = Type.Object({
  "last-event-id": Type.Optional(
    Type.String({
      pattern: "^\\d{1,15}$",
      description: "The sequence of the last event that the client has",
      examples: ["3"],
    }),
  ),
});

export const orderStreamRoutes: FastifyPluginAsyncTypebox<OrderStreamDeps> = async (app, deps) => {
  const { orderReader, clock, limits, slots } = deps;

  app.get(
    "/orders/:orderId/stream",
    {
      config: { outsideAdmission: true, liveStream: true },
      exposeHeadRoute: false,
      schema: {
        operationId: "streamOrder",
        tags: ["orders"],
        summary: "Follow an order live",
        description:
          'Server-sent events. Each message has the event\'s sequence as its id and `{ type: "timeline", event, order }` as ' +
          "its data. Reconnect with `Last-Event-ID` to get only what came later. When the order is final, or its mail was " +
          "refused for good, a last message with the event name `end` and the data `{ status }` comes, and the stream ends.",
        params: OrderParameters,
        headers: StreamHeaders,
        response: {
          200: {
            description: "The stream",
            content: { "text/event-stream": { schema: Type.String({ examples: [STREAM_EXAMPLE] }) } },
          },
          ...problemResponses(
            "invalid_request",
            "order_not_found",
            "rate_limited",
            "too_many_streams",
            "store_unavailable",
          ),
        },
      },
    },
    async (request, reply) => {
      const { orderId } = request.params;
      const slot = slots.take(request.ip);
      try {
        if ((await orderReader.timeline(orderId)) === null)
          throw new Problem("order_not_found", "There is no order of this id.");
      } catch (error) {
        slot.release();
        throw error;
      }
      if (reply.raw.destroyed) {
        slot.release();
        return reply.hijack();
      }
      const lastSequence = Number(request.headers["last-event-id"] ?? 0);
      let follower: Follower | undefined;
      const stream = openEventStream(reply, {
        clock,
        heartbeatMs: limits.heartbeatMs,
        maxAgeMs: limits.streamMaxAgeMs,
        bufferBytes: limits.streamBufferBytes,
        onHeartbeat: () => follower?.look(),
        onClose() {
          slot.release();
          follower?.stop();
        },
      });
      slot.onStop(() => stream.end());
      follower = followOrder({ orderId, lastSequence, stream, orderReader, clock, log: request.log });
      if (stream.closed) follower.stop();
      return reply;
    },
  );
};

interface Follower {
  /** Looks for new events; a call during a look makes it look again. */
  look(): void;
  stop(): void;
}

/** Sends what the order has above `lastSequence`, then what comes, until nothing more will. */
function followOrder(options: {
  readonly orderId: string;
  readonly lastSequence: number;
  readonly stream: EventStream;
  readonly orderReader: OrderReader;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}): Follower {
  const { orderId, stream, orderReader, clock, log } = options;
  let { lastSequence } = options;
  let looking = false;
  let lookAgain = false;
  let cancelRetry = (): void => {};
  const retryAfter = (delayMs: number): void => {
    cancelRetry();
    cancelRetry = stream.closed ? () => {} : clock.schedule(delayMs, look);
  };

  const sendNews = async (): Promise<void> => {
    // The order is read first: a message never shows an order that is behind its event.
    const order = await orderReader.get(orderId);
    const events = await orderReader.timeline(orderId);
    if (order === null || events === null) return;
    const news = events.filter(({ sequence }) => sequence > lastSequence);
    for (const event of news) {
      if (event.sequence > order.version) {
        retryAfter(CATCH_UP_MS);
        return;
      }
      stream.send({ id: event.sequence, data: { type: "timeline", event, order } });
      lastSequence = event.sequence;
    }
    if (!isSettled(order)) return;
    stream.send({ event: "end", data: { status: order.status } });
    stream.end();
  };

  const lookUntilQuiet = async (): Promise<void> => {
    looking = true;
    try {
      do {
        lookAgain = false;
        await sendNews();
      } while (lookAgain && !stream.closed);
    } catch (error) {
      if (!(error instanceof OperationalError)) log.error({ err: error, orderId }, "a stream failed and ends");
      if (error instanceof OperationalError && error.retryable) retryAfter(RETRY_MS);
      else stream.end();
    } finally {
      looking = false;
    }
  };
  const look = (): void => {
    cancelRetry();
    if (looking) lookAgain = true;
    else if (!stream.closed) void lookUntilQuiet();
  };

  const subscription = orderReader.watch(orderId, look);
  look();
  return {
    look,
    stop() {
      cancelRetry();
      subscription.close();
    },
  };
}
