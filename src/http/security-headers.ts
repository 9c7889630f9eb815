/**
 * The security headers of every answer. Helmet chooses them, once: @fastify/helmet builds them anew for each
 * request, which costs most of what Fastify itself does for one.
 */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import helmet from "helmet";

const SELF = ["'self'"];
const NONE = ["'none'"];

function securityHeaders(): Record<string, string> {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const apply = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: SELF,
        scriptSrc: SELF,
        styleSrc: SELF,
        imgSrc: ["'self'", "data:"],
        frameSrc: SELF,
        connectSrc: SELF,
        objectSrc: NONE,
        baseUri: NONE,
        frameAncestors: SELF,
      },
    },
    // Whoever ends TLS in front of the service decides about HTTPS.
    strictTransportSecurity: false,
  });
  apply(response.req, response, (error) => {
    if (error !== undefined) throw new Error("helmet refused its options", { cause: error });
  });
  return Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]));
}

export function addSecurityHeaders(app: FastifyInstance): void {
  const headers = securityHeaders();
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}
