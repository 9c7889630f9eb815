/** What an address answers that has nothing: a problem for programs, and for people the page, which says so in words. */
import type { FastifyInstance } from "fastify";
import { pathOf } from "./error-replies.ts";
import { type MethodGuard, notAllowed } from "./method-guard.ts";
import { asksForPage, markNegotiated, type PageDocument, sendPage } from "./page-document.ts";
import { Problem } from "./problems.ts";

/** Sets the one not-found handler of the app. */
export function answerNotFound(
  app: FastifyInstance,
  { methods, page }: { readonly methods: MethodGuard; readonly page: PageDocument | null },
): void {
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    const allow = methods.allowedAt(request.method, path);
    if (allow !== null) {
      reply.header("allow", allow);
      throw notAllowed(request.method, allow);
    }
    markNegotiated(reply);
    if (page !== null && asksForPage(request)) return sendPage(reply.code(404), page);
    throw new Problem("route_not_found", `There is nothing at ${path}.`);
  });
}
