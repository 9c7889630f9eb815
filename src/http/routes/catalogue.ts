/** What the shop sells, as the front door prices it. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FrontDoor } from "../../actors/front-door.ts";
import type { Catalogue } from "../../domain/catalogue.ts";
import { component, problemResponses } from "../openapi.ts";

export const catalogueRoutes: FastifyPluginAsyncTypebox<{ readonly frontDoor: FrontDoor }> = async (
  app,
  { frontDoor },
) => {
  app.get(
    "/catalogue",
    {
      schema: {
        operationId: "readCatalogue",
        tags: ["catalogue"],
        summary: "Read the catalogue",
        description: "Every article with its price. Orders name articles by `sku` and never a price.",
        response: { 200: component<Catalogue>("Catalogue"), ...problemResponses() },
      },
    },
    async () => frontDoor.catalogue,
  );
};
