/** What the HTTP layer counts. The names follow what happened; an adapter turns them into metrics. */
import type { FastifyInstance } from "fastify";
import type { ErrorCode } from "../domain/error-codes.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** A route that answers with a live stream: it counts while it is open, and has no duration worth observing. */
    readonly liveStream?: boolean;
  }
  interface FastifyReply {
    /** The code of the problem that the request was answered with. */
    problemCode: ErrorCode | null;
  }
}

/** A client that went away before it was answered; as nginx counts it. */
const CLIENT_GONE = 499;

export interface RequestMetrics {
  /** A request ended. `route` is the pattern, never the path, so that its values stay few. */
  observeRequest(route: string, method: string, status: number, durationMs: number): void;
  /** A request began (1) or ended (-1). */
  inFlight(change: 1 | -1): void;
  /** A request was answered with this problem. */
  observeProblem(code: ErrorCode): void;
  /** Somebody tried to sign in to the console. */
  observeLogin(result: "accepted" | "refused" | "limited"): void;
}

/** Observes and logs every request when its response is closed, however that came about. */
export function observeRequests(app: FastifyInstance, metrics: RequestMetrics): void {
  app.decorateReply("problemCode", null);
  app.addHook("onRequest", (request, reply, done) => {
    const { method, log } = request;
    const startedAtMs = performance.now();
    const { raw } = reply;
    metrics.inFlight(1);
    raw.once("close", () => {
      const route = request.routeOptions.url ?? "unknown";
      const status = raw.writableFinished || raw.headersSent ? raw.statusCode : CLIENT_GONE;
      const durationMs = performance.now() - startedAtMs;
      metrics.inFlight(-1);
      // A stream lasts as long as its client likes, which says nothing about how fast the service answers.
      if (request.routeOptions.config.liveStream !== true) metrics.observeRequest(route, method, status, durationMs);
      const shown = { method, route, status, durationMs: Math.round(durationMs * 10) / 10 };
      if (status < 400 || status >= 500) log.debug(shown, "request answered");
      else if (reply.problemCode === null) log.debug(shown, "request refused");
      else log.debug({ ...shown, code: reply.problemCode }, "request refused");
    });
    done();
  });
}
