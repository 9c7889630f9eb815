/** What the HTTP layer counts. The names follow what happened; an adapter turns them into metrics. */
import type { FastifyInstance } from "fastify";
import type { ErrorCode } from "../domain/error-codes.ts";

/** A client that went away before it was answered; as nginx counts it. */
const CLIENT_GONE = 499;

export interface RequestMetrics {
  /** A request ended. `route` is the pattern, never the path, so that its values stay few. */
  observeRequest(route: string, method: string, status: number, durationMs: number): void;
  /** A request began (1) or ended (-1). */
  inFlight(change: 1 | -1): void;
  /** A request was answered with this problem. */
  observeProblem(code: ErrorCode): void;
}

/** Observes every request when its response is closed, however that came about. */
export function observeRequests(app: FastifyInstance, metrics: RequestMetrics): void {
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
      metrics.observeRequest(route, method, status, durationMs);
      if (status >= 400 && status < 500) log.info({ method, route, status, durationMs }, "request refused");
      else log.debug({ method, route, status, durationMs }, "request answered");
    });
    done();
  });
}
