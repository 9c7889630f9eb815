/** The console's page shares its addresses with the API, so that /admin/keys can be read by people and by programs. */
import type { FastifyInstance } from "fastify";
import { asksForPage, markNegotiated, type PageDocument, sendPage } from "../page-document.ts";
import { Problem } from "../problems.ts";

/** Answers requests for a page below /admin before anything else of `app` sees them. */
export function serveConsolePage(app: FastifyInstance, page: PageDocument | null): void {
  app.addHook("onRequest", async (request, reply) => {
    markNegotiated(reply);
    if (!asksForPage(request)) return;
    if (page === null) {
      throw new Problem("web_not_built", "The web page has not been built. Run `npm run build`, then start again.");
    }
    return sendPage(reply, page);
  });
}
