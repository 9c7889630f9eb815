/** Answers 405 with `Allow` where the path exists and the method does not. Fastify itself would say 404. */
import type { FastifyInstance, HTTPMethods } from "fastify";
import { Problem } from "./problems.ts";

const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

export interface MethodGuard {
  /** Adds a route for each method that a path does not answer. Call it when all routes are there. */
  close(): void;
  /** What a path answers, for a method that Fastify has no routes for, such as PROPFIND; null where there is no path. */
  allowedAt(method: string, path: string): string | null;
}

/** Collects the routes that are added to `app` from now on. */
export function guardMethods(app: FastifyInstance): MethodGuard {
  const urls = new Set<string>();
  const patterns: { readonly path: RegExp; readonly allow: string }[] = [];
  app.addHook("onRoute", ({ url }) => void urls.add(url));
  return {
    close() {
      for (const url of [...urls]) {
        const { answered = [], missing = [] } = Object.groupBy(METHODS, (method) =>
          app.hasRoute({ method, url }) ? "answered" : "missing",
        );
        const allow = answered.join(", ");
        patterns.push({ path: patternOf(url), allow });
        app.route({
          url,
          method: missing,
          schema: { hide: true },
          onRequest(request, reply, done) {
            reply.header("allow", allow);
            done(notAllowed(request.method, allow));
          },
          handler: (_request, reply) => reply.send(),
        });
      }
    },
    allowedAt(method, path) {
      if (METHODS.some((known) => known === method)) return null;
      return patterns.find((pattern) => pattern.path.test(path))?.allow ?? null;
    },
  };
}

export function notAllowed(method: string, allow: string): Problem {
  return new Problem("method_not_allowed", `This address answers ${allow}, not ${method}.`);
}

/** Matches the paths of a route such as `/inbox/:mailId(^\\d+$)` or `/admin/*`. */
function patternOf(url: string): RegExp {
  const segments = url
    .split("/")
    .map((segment) =>
      segment === "*" ? ".*" : segment.startsWith(":") ? "[^/]+" : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"),
    );
  return new RegExp(`^${segments.join("/")}$`);
}
