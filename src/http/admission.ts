/**
 * Decides before the body is read whether a request is taken at all: not while the service stops, and not beyond
 * the number of requests that may be worked on at once. A refused request has cost next to nothing.
 */
import type { FastifyInstance } from "fastify";
import { Problem } from "./problems.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answered even under full load and while stopping: probes, metrics, and streams, which have their own limit. */
    readonly outsideAdmission?: boolean;
  }
}

/** Admits at most `maxInFlight` requests at once, and none after `stopping`. */
export function admitRequests(
  app: FastifyInstance,
  { maxInFlight, stopping }: { readonly maxInFlight: number; readonly stopping: AbortSignal },
): void {
  let inFlight = 0;
  const release = (): void => {
    inFlight -= 1;
  };
  app.addHook("onRequest", (request, reply, done) => {
    if (request.routeOptions.config.outsideAdmission === true) {
      done();
    } else if (stopping.aborted) {
      done(new Problem("stopping", "The service is stopping; ask again in a moment.", { retryAfterS: 2 }));
    } else if (inFlight >= maxInFlight) {
      done(
        new Problem("overloaded", "Too many requests are being worked on; ask again in a moment.", { retryAfterS: 1 }),
      );
    } else {
      inFlight += 1;
      reply.raw.once("close", release);
      done();
    }
  });
}
