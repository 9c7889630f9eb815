/**
 * Where a browser's request comes from. A cookie comes along with whatever a page makes the browser send, so a request
 * that changes something needs, beside it, a header that no foreign page can set, and an origin that is this service.
 */
import type { FastifyRequest } from "fastify";

/** What the console sends with each request. A foreign page would have to be allowed to, and nobody is. */
const CONSOLE_HEADER = "x-orderloom-console";

/** True when the console of this very service sent the request. */
export function isFromConsole(request: FastifyRequest): boolean {
  return request.headers[CONSOLE_HEADER] === "1" && originOf(request) === "same";
}

/** True when a page of another origin sent the request. */
export function isFromElsewhere(request: FastifyRequest): boolean {
  return originOf(request) === "other";
}

/** True when the browser spoke HTTPS, to this service or to a proxy before it. */
export function isOverHttps({ headers, protocol }: FastifyRequest): boolean {
  return (
    protocol === "https" || headers.origin?.startsWith("https://") === true || headers["x-forwarded-proto"] === "https"
  );
}

/** `unknown` for what is no browser, or an old one. */
function originOf({ headers }: FastifyRequest): "same" | "other" | "unknown" {
  // A browser says it itself over HTTPS and on this machine; a proxy that changes `Host` does not change this.
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" ? "same" : "other";
  if (headers.origin === undefined) return "unknown";
  return hostOf(headers.origin) === headers.host ? "same" : "other";
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
