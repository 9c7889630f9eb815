/**
 * The built web page: one HTML file for every address that the page's own router knows, and its assets. Assets
 * carry a hash in their names and are kept for ever; the HTML that names them is asked for again each time.
 */
import { existsSync } from "node:fs";
import { join, sep } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyPluginAsync } from "fastify";
import { Problem } from "../problems.ts";

/** A mail's id is a number, which keeps the page out of the way of /inbox/messages. */
const PAGE_PATHS = ["/", "/track/:orderId", "/inbox", "/inbox/", "/inbox/:mailId(^\\d+$)"];
const INDEX = "index.html";
const ASSETS = `${sep}assets${sep}`;

export const webPageRoutes: FastifyPluginAsync<{ readonly webRoot: string | null }> = async (app, { webRoot }) => {
  if (webRoot === null || !existsSync(join(webRoot, INDEX))) {
    for (const path of PAGE_PATHS) {
      app.get(path, () => {
        throw new Problem("web_not_built", "The web page has not been built. Run `npm run build`, then start again.");
      });
    }
    return;
  }
  await app.register(fastifyStatic, {
    root: webRoot,
    wildcard: false,
    index: false,
    cacheControl: false,
    setHeaders(reply, path) {
      const isAsset = path.slice(webRoot.length).startsWith(ASSETS);
      reply.header("cache-control", isAsset ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  for (const path of PAGE_PATHS) app.get(path, (_request, reply) => reply.sendFile(INDEX));
};
