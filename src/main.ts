/** Puts the service together: the only file, beside the command line, that sees every layer. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { OperationalError } from "./actors/errors.ts";
import { type Pipeline, startPipeline } from "./actors/pipeline.ts";
import type { PipelineMetrics } from "./actors/pipeline-metrics.ts";
import type { Mailer } from "./actors/ports.ts";
import { type Desks, openDesks } from "./desks.ts";
import { createApp } from "./http/app.ts";
import { loadCatalogue } from "./infra/catalogue-file.ts";
import {
  type Config,
  mailboxOf,
  takesDemoPayments,
  trustedProxiesOf,
  usesEngines,
  webhookSecretsOf,
} from "./infra/config.ts";
import { cursorKeyOf } from "./infra/cursor-key.ts";
import { createDevInbox, type DevInbox } from "./infra/inbox/dev-inbox.ts";
import { createSmtpMailer, NO_MAILER } from "./infra/mail/smtp-mailer.ts";
import { createMetrics, type Metrics } from "./infra/metrics.ts";
import { lockDataFolder } from "./infra/sqlite/data-folder-lock.ts";
import { systemClock, systemRandom } from "./infra/system-clock.ts";
import { openStores } from "./open-stores.ts";
import { readiness } from "./readiness.ts";
import { messageCodec } from "./schemas/inbox-messages.ts";
import { orderIdFromKey } from "./schemas/order-id.ts";
import type { Stores } from "./stores.ts";

const WEB_ROOT = fileURLToPath(new URL("../dist/web", import.meta.url));

export interface Service {
  /** Where the HTTP API and the web page are, without a slash at the end. */
  readonly url: string;
  /** Where the dev inbox takes mail; null when a mail server is configured. */
  readonly devInboxPort: number | null;
  /** Where the data is, in words for people. */
  readonly dataPlace: string;
  /** The key of the first operator, at the first start of the embedded default: it is nowhere else. Else null. */
  readonly firstKey: string | null;
  /** Finishes what is in progress and stops. Idempotent. */
  stop(): Promise<void>;
}

/** Starts the whole service in this process and resolves once it answers. */
export async function startService(config: Config, logger: Logger): Promise<Service> {
  const catalogue = loadCatalogue(config.CATALOGUE_FILE);
  const metrics = createMetrics(systemClock.nowMs);
  const cleanups: (() => Promise<unknown>)[] = [];
  /** Undoes what was started, the latest first. */
  const stop = async (): Promise<void> => {
    for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) await cleanup();
  };
  const crash = (error: Error): void => {
    logger.fatal({ err: error }, "a part of the service that it cannot do without has ended");
    process.exit(1);
  };
  try {
    const stores = await openStores(config, metrics.engines, {
      crash,
      retriedError: (error) => noteRetriedError(error, metrics, logger),
    });
    cleanups.push(() => stores.stop());
    const inbox = await openDevInbox(config, crash, cleanups);
    const pipeline = await startPipeline({
      ...stores,
      ...pipelineSettings(config),
      mailer: createMailer(config, inbox, metrics),
      codec: messageCodec,
      clock: systemClock,
      random: systemRandom,
      metrics: tellingOfDeadLetters(metrics.pipeline, logger),
      catalogue,
      orderIdFromKey,
    });
    cleanups.push(() => pipeline.stop());
    const desks = openDesks({ stores, orderReader: pipeline.orderReader, config, catalogue });
    connectMetrics(metrics, { stores, pipeline, desks });
    const app = await createApp({
      ...httpSettings(config),
      frontDoor: pipeline.frontDoor,
      orderReader: pipeline.orderReader,
      paymentWebhook: { paymentWebhooks: pipeline.paymentWebhooks, secrets: webhookSecretsOf(config) },
      whyReader: pipeline.whyReader,
      admin: { ...desks, actLog: stores.actLog },
      ...(inbox === null ? {} : { inbox }),
      clock: systemClock,
      logger,
      metrics,
      metricsText: () => metrics.text(),
      health: { ready: () => readiness(stores, pipeline) },
    });
    cleanups.push(() => app.close());
    const url = await listen(app, config);
    // Other stores have several processes, whose output goes to logs: there `orderloom keys create` makes the first one.
    const firstKey = stores.exclusive ? await desks.operators.createFirstKey() : null;
    return { url, devInboxPort: inbox?.port ?? null, dataPlace: stores.place, firstKey: firstKey?.key ?? null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function pipelineSettings(config: Config) {
  return {
    shards: config.SHARDS,
    paymentWindowMs: config.PAYMENT_WINDOW_S * 1_000,
    watermarkMs: config.WATERMARK_S * 1_000,
    works: worksOn(config),
    mail: {
      unknownPolicy: config.MAIL_UNKNOWN,
      // An attempt lasts until its outcome is stored, and a kill makes all that are open unknown: they are kept few.
      concurrency: config.MAIL_CONNECTIONS,
      ratePerS: config.MAIL_RATE_PER_S,
    },
  };
}

function httpSettings(config: Config) {
  return {
    webRoot: existsSync(join(WEB_ROOT, "index.html")) ? WEB_ROOT : null,
    cursorKey: cursorKeyOf(config),
    operationsOnly: config.ROLE === "worker",
    demoPayments: takesDemoPayments(config),
    limits: { ratePerS: config.RATE_LIMIT_PER_S },
    trustedProxies: trustedProxiesOf(config),
  };
}

/** True in a process that processes orders, and does not only answer requests. */
function worksOn({ ROLE: role }: Config): boolean {
  return role !== "api";
}

/** The built-in inbox, where there is no mail server and this process sends mails. */
async function openDevInbox(
  config: Config,
  onCrash: (error: Error) => void,
  cleanups: (() => Promise<unknown>)[],
): Promise<DevInbox | null> {
  if (!worksOn(config) || config.SMTP_URL !== undefined) return null;
  if (usesEngines(config)) {
    // The embedded stores lock the folder themselves; without them the inbox alone keeps something there.
    const unlock = lockDataFolder(config.DATA_DIR);
    cleanups.push(async () => unlock());
  }
  const inbox = await createDevInbox({
    dataDir: config.DATA_DIR,
    host: "127.0.0.1",
    port: config.DEV_INBOX_PORT,
    onCrash,
  });
  cleanups.push(() => inbox.stop());
  return inbox;
}

function createMailer(config: Config, inbox: DevInbox | null, metrics: Metrics): Mailer {
  if (!worksOn(config)) return NO_MAILER;
  return createSmtpMailer({
    url: config.SMTP_URL ?? `smtp://127.0.0.1:${inbox?.port ?? 0}`,
    from: mailboxOf(config.MAIL_FROM),
    clock: systemClock,
    connections: config.MAIL_CONNECTIONS,
    onPool: (state) => metrics.smtpPool(state),
  });
}

async function listen(app: Awaited<ReturnType<typeof createApp>>, { HOST: host, PORT: port }: Config): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const isTaken = code === "EADDRINUSE" || code === "EACCES";
    const reason = code === "EADDRINUSE" ? "another program listens there" : `the system says ${code}`;
    const remedy = isTaken ? "Set PORT to a free port" : "Set HOST to an address of this machine";
    throw new OperationalError(
      isTaken ? "port_taken" : "invalid_configuration",
      `Cannot listen on ${host}:${port}: ${reason}. ${remedy}.`,
      { retryable: false, cause: error },
    );
  }
}

function noteRetriedError(error: unknown, metrics: Metrics, logger: Logger): void {
  if (!(error instanceof OperationalError)) throw error;
  metrics.pipeline.error(error.code, "worker");
  logger.warn({ err: error }, "a batch of messages failed and is tried again");
}

/** Dead letters are logged by where they came from and why: what they hold may be anybody's data. */
function tellingOfDeadLetters(metrics: PipelineMetrics, logger: Logger): PipelineMetrics {
  return {
    ...metrics,
    deadLetter({ topic, shard, offset, code }) {
      metrics.deadLetter({ topic, shard, offset, code });
      logger.warn({ topic, shard, offset, code }, "a message became a dead letter");
    },
  };
}

interface MeasuredParts {
  readonly stores: Stores;
  readonly pipeline: Pipeline;
  readonly desks: Desks;
}

function connectMetrics(metrics: Metrics, { stores, pipeline, desks }: MeasuredParts): void {
  metrics.connect({
    inboxLag: () => stores.log.inboxLag(),
    reactorLag: () => pipeline.reactorLag(),
    watermarks: () => pipeline.watermarks(),
    mailCounts: () => stores.ledger.counts(),
    deadLetters: () => desks.deadLetters.groups(),
    mailBreaker: () => pipeline.mailBreaker(),
    deskPayments: (kind) => desks.paymentDesk.desk.count(kind),
    liveOrders: () => pipeline.liveOrders(),
    ownedShards: () => pipeline.ownedShards(),
    pendingStoreOperations: () => stores.pendingOperations(),
  });
}
