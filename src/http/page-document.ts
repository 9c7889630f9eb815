/**
 * The one document of the web page, for addresses that have something else for programs. Who asks for HTML, as a browser
 * does that opens an address, gets the page; it has no secrets, and asks for the rest itself.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyReply, FastifyRequest } from "fastify";

export type PageDocument = Buffer;

/** The document in the folder of the built page; null where there is none. */
export function readPageDocument(webRoot: string | null): PageDocument | null {
  const index = webRoot === null ? null : join(webRoot, "index.html");
  return index !== null && existsSync(index) ? readFileSync(index) : null;
}

/** True for a request that reads an address in order to show it to a person. */
export function asksForPage({ method, headers }: FastifyRequest): boolean {
  return (method === "GET" || method === "HEAD") && prefersHtml(headers.accept);
}

/** Says that what an address answers depends on who asks; call it for both answers. */
export function markNegotiated(reply: FastifyReply): FastifyReply {
  return reply.header("vary", "accept").header("cache-control", "no-store");
}

export function sendPage(reply: FastifyReply, page: PageDocument): FastifyReply {
  return reply.header("content-type", "text/html; charset=utf-8").send(page);
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
