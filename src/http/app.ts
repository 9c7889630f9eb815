/**
 * Builds the HTTP application: the order of its guards, then its routes. It does not listen; `close()` lets
 * requests in progress finish, answers those who wait, and ends every live stream.
 */
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { FrontDoor } from "../actors/front-door.ts";
import type { InboxReader } from "../actors/inbox-reader.ts";
import type { OrderReader } from "../actors/order-reader.ts";
import type { Clock } from "../actors/ports.ts";
import type { WhyReader } from "../actors/why.ts";
import { type AdminDeps, adminRoutes } from "./admin/admin-routes.ts";
import { admitRequests } from "./admission.ts";
import { avoidBareAnswers, LEAVE_HOST_TO_US } from "./bare-answers.ts";
import { createCursorSeal } from "./cursor.ts";
import { createClientErrorHandler, createProblemReply } from "./error-replies.ts";
import { followConnections } from "./idle-connections.ts";
import { acceptOnlyJson } from "./json-body.ts";
import {
  CONNECTION_CHECK_MS,
  DEFAULT_LIMITS,
  type HttpLimits,
  IDLE_CONNECTION_MS,
  isLoopback,
  REQUEST_TIMEOUT_MS,
} from "./limits.ts";
import { guardMethods } from "./method-guard.ts";
import { answerNotFound } from "./not-found.ts";
import { COMPONENTS, OPENAPI_OPTIONS } from "./openapi.ts";
import { readPageDocument } from "./page-document.ts";
import { Problem } from "./problems.ts";
import { observeRequests, type RequestMetrics } from "./request-metrics.ts";
import { catalogueRoutes } from "./routes/catalogue.ts";
import { documentationRoutes } from "./routes/documentation.ts";
import { inboxRoutes } from "./routes/inbox.ts";
import { type OperationsDeps, operationsRoutes } from "./routes/operations.ts";
import { orderCommandRoutes } from "./routes/order-commands.ts";
import { orderStreamRoutes } from "./routes/order-stream.ts";
import { orderRoutes } from "./routes/orders.ts";
import { type PaymentWebhookDeps, paymentWebhookRoutes } from "./routes/payment-webhook.ts";
import { webPageRoutes } from "./routes/web-page.ts";
import { whyRoutes } from "./routes/why.ts";
import { addSecurityHeaders } from "./security-headers.ts";
import { createStreamSlots } from "./stream-slots.ts";
import { compileValidator } from "./validation.ts";

export interface HttpDeps extends OperationsDeps {
  readonly frontDoor: FrontDoor;
  readonly orderReader: OrderReader;
  readonly whyReader: WhyReader;
  /** What the routes below /admin need. */
  readonly admin: Pick<AdminDeps, "operators" | "actLog" | "deadLetters" | "mailDesk" | "paymentDesk">;
  readonly paymentWebhook: PaymentWebhookDeps;
  /** Whether unsigned payments and refunds are taken. */
  readonly demoPayments: boolean;
  /** Where there is a built-in dev inbox. */
  readonly inbox?: InboxReader;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly metrics: RequestMetrics;
  /** At least 32 random bytes; processes that serve one listing, or one console, share them. */
  readonly cursorKey: Uint8Array;
  /** The folder of the built web page; null when there is none. */
  readonly webRoot: string | null;
  readonly limits?: Partial<HttpLimits>;
  /** Addresses and networks of proxies that are believed when they say for whom they ask; without any, nobody is. */
  readonly trustedProxies?: readonly string[];
  /** True in a process that only works: it answers for its health and metrics, and takes no orders. */
  readonly operationsOnly?: boolean;
}

/** Beyond any id, so that an endless one is answered like every other malformed id. */
const MAX_PARAMETER_LENGTH = 16_384;

/** Builds the application, ready to listen or to be injected into. */
export async function createApp(deps: HttpDeps): Promise<FastifyInstance> {
  const { frontDoor, orderReader, whyReader, clock, logger, metrics, health, metricsText } = deps;
  const { operationsOnly, webRoot, trustedProxies = [] } = deps;
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const stopping = new AbortController();
  const slots = createStreamSlots(limits);
  const replyWithProblem = createProblemReply(metrics, clock);

  const app = Fastify({
    loggerInstance: withoutInfo(logger),
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: () => logger,
    genReqId: createRequestIds(clock.nowMs()),
    bodyLimit: limits.bodyBytes,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_CONNECTION_MS,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    http: {
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CONNECTION_CHECK_MS,
      ...LEAVE_HOST_TO_US,
    },
    return503OnClosing: false,
    clientErrorHandler: createClientErrorHandler(logger, metrics),
    frameworkErrors: (error, request, reply) => {
      replyWithProblem(error, request, reply);
    },
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
  });
  const closeIdleConnections = followConnections(app.server, clock);
  app.addHook("preClose", async () => {
    stopping.abort();
    slots.endAll();
    closeIdleConnections();
  });

  acceptOnlyJson(app);
  app.setValidatorCompiler(compileValidator);
  for (const schema of COMPONENTS) app.addSchema(schema);
  app.setErrorHandler(replyWithProblem);
  observeRequests(app, metrics);
  await addSecurityHeaders(app);
  avoidBareAnswers(app);
  admitRequests(app, { maxInFlight: limits.inFlight, stopping: stopping.signal });
  if (limits.ratePerS > 0) await limitRate(app, limits.ratePerS);

  const page = operationsOnly === true ? null : readPageDocument(webRoot);
  const methods = guardMethods(app);
  answerNotFound(app, { methods, page });
  await app.register(swagger, OPENAPI_OPTIONS);
  await app.register(operationsRoutes, { health, metricsText });
  if (operationsOnly !== true) {
    await app.register(catalogueRoutes, { frontDoor });
    await app.register(orderCommandRoutes, { frontDoor, clock, demoPayments: deps.demoPayments });
    await app.register(paymentWebhookRoutes, { ...deps.paymentWebhook, clock });
    await app.register(orderRoutes, {
      orderReader,
      cursors: createCursorSeal(deps.cursorKey),
      stopping: stopping.signal,
    });
    await app.register(whyRoutes, { whyReader });
    await app.register(orderStreamRoutes, { orderReader, clock, limits, slots });
    await app.register(inboxRoutes, { inbox: deps.inbox ?? null });
    await app.register(adminRoutes, {
      ...deps.admin,
      whyReader,
      sessionSecret: deps.cursorKey,
      clock,
      metrics,
      page,
    });
    await app.register(documentationRoutes);
    await app.register(webPageRoutes, { webRoot });
  }
  methods.close();
  return app;
}

/** Fastify's own voice: its warnings and errors, and not its line about each address that it listens on. */
function withoutInfo(logger: FastifyBaseLogger): FastifyBaseLogger {
  return Object.assign(Object.create(logger) as FastifyBaseLogger, { info: () => {} });
}

/** Ids that differ between runs as well as within one. */
function createRequestIds(startedAtMs: number): () => string {
  const run = startedAtMs.toString(36);
  let count = 0;
  return () => {
    count += 1;
    return `${run}-${count.toString(36)}`;
  };
}

async function limitRate(app: FastifyInstance, max: number): Promise<void> {
  await app.register(rateLimit, {
    max,
    timeWindow: 1_000,
    allowList: (request) => isLoopback(request.ip) || request.routeOptions.config.outsideAdmission === true,
    errorResponseBuilder: (_request, { ttl }) =>
      new Problem("rate_limited", `At most ${max} requests a second are taken from one address.`, {
        retryAfterS: Math.max(1, Math.ceil(ttl / 1_000)),
      }),
  });
}
