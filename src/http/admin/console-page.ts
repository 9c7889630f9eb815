/**
 * The console's page shares its addresses with the API, so that /admin/keys can be read by people and by programs. Who
 * asks for HTML, as a browser does that opens an address, gets the page; it has no secrets, and asks for the rest itself.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { Problem } from "../problems.ts";

/** Answers requests for a page below /admin before anything else of `app` sees them. */
export function serveConsolePage(app: FastifyInstance, webRoot: string | null): void {
  const index = webRoot === null ? null : join(webRoot, "index.html");
  const page = index !== null && existsSync(index) ? readFileSync(index) : null;
  app.addHook("onRequest", async (request, reply) => {
    reply.header("vary", "accept").header("cache-control", "no-store");
    const isReading = request.method === "GET" || request.method === "HEAD";
    if (!isReading || !prefersHtml(request.headers.accept)) return;
    if (page === null) {
      throw new Problem("web_not_built", "The web page has not been built. Run `npm run build`, then start again.");
    }
    return reply.header("content-type", "text/html; charset=utf-8").send(page);
  });
}

/** True when HTML is asked for by its name, and rather than JSON. */
export function prefersHtml(accept = ""): boolean {
  const html = weightOf(accept, "text/html");
  return html > 0 && html > weightOf(accept, "application/json");
}

/** How much a type is wanted that an Accept header names, from 0 to 1; 0 when it does not name it. */
function weightOf(accept: string, type: string): number {
  for (const entry of accept.toLowerCase().split(",")) {
    const [name = "", ...parameters] = entry.split(";").map((part) => part.trim());
    if (name !== type) continue;
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
    return Number(weight) || 0;
  }
  return 0;
}
