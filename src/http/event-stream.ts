/**
 * One server-sent event stream to one client: heartbeat, largest age, and a bounded buffer. A client that does
 * not read is dropped instead of remembered. @fastify/sse is not used: it waits without an end for a client that
 * does not read, and its heartbeat does not follow the service's clock.
 */
import type { FastifyReply } from "fastify";
import type { Clock } from "../actors/ports.ts";

export interface EventStream {
  /** Sends a message; the id is what the client names to resume. After the end it does nothing. */
  send(message: { readonly id?: number; readonly event?: string; readonly data: unknown }): void;
  /** Ends the response; what was sent still arrives. Idempotent. */
  end(): void;
  readonly closed: boolean;
}

export interface EventStreamOptions {
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly maxAgeMs: number;
  readonly bufferBytes: number;
  /** After each heartbeat: a chance to look for what no notification told. */
  onHeartbeat(): void;
  /** Once, however the stream came to its end. */
  onClose(): void;
}

const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};
/** How long a browser waits before it connects again. */
const RECONNECT_MS = 1_000;

/** Takes the response out of Fastify's hands and opens the stream. */
export function openEventStream(reply: FastifyReply, options: EventStreamOptions): EventStream {
  const { clock, heartbeatMs, maxAgeMs, bufferBytes } = options;
  const { raw } = reply;
  let closed = false;

  const write = (text: string): void => {
    if (closed || raw.write(text) || raw.writableLength <= bufferBytes) return;
    reply.log.info({ bufferedBytes: raw.writableLength }, "a stream's client does not read and is dropped");
    raw.destroy();
  };
  const close = (): void => {
    if (closed) return;
    closed = true;
    cancelHeartbeat();
    cancelMaxAge();
    options.onClose();
  };
  const end = (): void => {
    if (closed) return;
    close();
    raw.end();
  };
  const beat = (): void => {
    cancelHeartbeat = clock.schedule(heartbeatMs, beat);
    write(": heartbeat\n\n");
    options.onHeartbeat();
  };

  let cancelHeartbeat = clock.schedule(heartbeatMs, beat);
  const cancelMaxAge = clock.schedule(maxAgeMs, end);
  raw.once("close", close);
  raw.on("error", close);
  const headers = reply.getHeaders();
  reply.hijack();
  for (const [name, value] of Object.entries({ ...headers, ...STREAM_HEADERS })) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.writeHead(200);
  write(`retry: ${RECONNECT_MS}\n\n`);

  return {
    send({ id, event, data }) {
      const idLine = id === undefined ? "" : `id: ${id}\n`;
      const eventLine = event === undefined ? "" : `event: ${event}\n`;
      write(`${idLine}${eventLine}data: ${JSON.stringify(data)}\n\n`);
    },
    end,
    get closed() {
      return closed;
    },
  };
}
