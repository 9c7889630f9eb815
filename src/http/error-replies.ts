/** Turns whatever goes wrong with a request into a problem document, and logs what a client must not see. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../actors/ports.ts";
import type { ErrorCode } from "../domain/error-codes.ts";
import { PROBLEM_CONTENT_TYPE, Problem, problemDocument, problemOf, statusOf } from "./problems.ts";
import type { RequestMetrics } from "./request-metrics.ts";

/** How much of a path an answer and a log line repeat. */
const MAX_SHOWN_PATH = 200;
/** A refusal that repeats, such as a store that is away, is logged once in this time; the metrics count them all. */
const LOG_INTERVAL_MS = 1_000;

export type ProblemReply = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/** Makes the function that answers with problems. A bug is logged whole, under the request id that its answer names. */
export function createProblemReply(metrics: RequestMetrics, clock: Pick<Clock, "nowMs">): ProblemReply {
  const loggedAtMs = new Map<ErrorCode, number>();

  const log = ({ id, method, log: logger }: FastifyRequest, path: string, { code, cause }: Problem): void => {
    if (statusOf(code) === 500) logger.error({ requestId: id, method, path, code, err: cause }, "request failed");
    else if (cause !== undefined && clock.nowMs() - (loggedAtMs.get(code) ?? 0) >= LOG_INTERVAL_MS) {
      loggedAtMs.set(code, clock.nowMs());
      logger.warn({ method, path, code, err: cause }, "request refused for now");
    }
  };

  return (error, request, reply) => {
    const problem = problemOf(error);
    const status = statusOf(problem.code);
    const path = pathOf(request);
    metrics.observeProblem(problem.code);
    reply.problemCode = problem.code;
    if (status >= 500) log(request, path, problem);
    if (status === 500) reply.header("x-request-id", request.id);
    if (problem.retryAfterS !== undefined) reply.header("retry-after", String(problem.retryAfterS));
    return reply
      .code(status)
      .header("content-type", PROBLEM_CONTENT_TYPE)
      .header("cache-control", "no-store")
      .send(Buffer.from(problemDocument(problem, path)));
  };
}

const CLIENT_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ["headers_too_large", "The headers of the request are too large."],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ["body_too_large", "The body has too many chunk extensions."],
  ERR_HTTP_REQUEST_TIMEOUT: ["request_timeout", "The request took too long to arrive."],
};

/** Answers what is not even HTTP, or does not arrive in time, before there is a request to speak of. */
export function createClientErrorHandler(
  log: FastifyBaseLogger,
  metrics: RequestMetrics,
): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const [code, detail] = CLIENT_ERRORS[error.code ?? ""] ?? ["invalid_request", "The request is not valid HTTP."];
    metrics.observeProblem(code);
    log.debug({ code, reason: error.code }, "connection refused");
    const status = statusOf(code);
    const body = problemDocument(new Problem(code, detail), "/");
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${PROBLEM_CONTENT_TYPE}\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  };
}

/** The path of a request, as far as answers and log lines repeat it. */
export function pathOf(request: FastifyRequest): string {
  const [path = "/"] = request.url.split("?", 1);
  return path.slice(0, MAX_SHOWN_PATH);
}
