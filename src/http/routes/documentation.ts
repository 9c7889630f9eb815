/** The OpenAPI document for reading and trying out. Swagger UI needs inline styles, so this page alone allows them. */
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyPluginAsync } from "fastify";

export const documentationRoutes: FastifyPluginAsync = async (app) => {
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP:
      "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
      "object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    uiConfig: { docExpansion: "list", deepLinking: true, displayRequestDuration: true, validatorUrl: null },
    theme: { title: "Orderloom API" },
  });
};
