/** Answers 405 with `Allow` where the path exists and the method does not. Fastify itself would say 404. */
import type { FastifyInstance, HTTPMethods } from "fastify";
import { Problem } from "./problems.ts";

const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export interface MethodGuard {
  /** Adds a route for each method that a path does not answer. Call it when all routes are there. */
  close(): void;
}

/** Collects the routes that are added to `app` from now on. */
export function guardMethods(app: FastifyInstance): MethodGuard {
  const urls = new Set<string>();
  app.addHook("onRoute", ({ url }) => void urls.add(url));
  return {
    close() {
      for (const url of [...urls]) {
        const { answered = [], missing = [] } = Object.groupBy(METHODS, (method) =>
          app.hasRoute({ method, url }) ? "answered" : "missing",
        );
        const allow = answered.join(", ");
        app.route({
          url,
          method: missing,
          schema: { hide: true },
          onRequest(request, reply, done) {
            reply.header("allow", allow);
            done(new Problem("method_not_allowed", `This address answers ${allow}, not ${request.method}.`));
          },
          handler: (_request, reply) => reply.send(),
        });
      }
    },
  };
}
