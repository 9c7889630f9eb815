/** Two requests that Node answers by itself, with an empty 400 and an empty 417, are answered like all others. */
import type { FastifyInstance } from "fastify";
import { Problem } from "./problems.ts";

/** A server option: Node leaves a request without a host to the application. */
export const LEAVE_HOST_TO_US = { requireHostHeader: false } as const;

/** Refuses requests without a host, as HTTP demands, and ignores expectations that nobody knows, as it allows. */
export function avoidBareAnswers(app: FastifyInstance): void {
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
  app.addHook("onRequest", ({ raw }, _reply, done) => {
    // HTTP/1.0 knows no hosts.
    const lacksHost = raw.httpVersion !== "1.0" && raw.headers.host === undefined;
    done(lacksHost ? new Problem("invalid_request", "The request has no Host header.") : undefined);
  });
}
