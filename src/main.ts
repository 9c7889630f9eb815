/** Puts the service together: the only file, beside the command line, that sees every layer. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import type { DeadLetterDesk } from "./actors/dead-letter-desk.ts";
import { createDeskReader, type DeskReader } from "./actors/desk-reader.ts";
import { OperationalError } from "./actors/errors.ts";
import type { BreakerState } from "./actors/mail-breaker.ts";
import { createMailDesk } from "./actors/mail-desk.ts";
import { createOperatorAccess } from "./actors/operator-access.ts";
import { createPaymentDecisions } from "./actors/payment-decisions.ts";
import { type Pipeline, startPipeline } from "./actors/pipeline.ts";
import type { PipelineMetrics } from "./actors/pipeline-metrics.ts";
import type { Mailer } from "./actors/ports.ts";
import { deadLetterDeskOf } from "./dead-letter-desk-of.ts";
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
import { createDevInbox, type DevInbox } from "./infra/inbox/dev-inbox.ts";
import { createSmtpMailer, NO_MAILER } from "./infra/mail/smtp-mailer.ts";
import { createMetrics, type Metrics } from "./infra/metrics.ts";
import { operatorSecrets } from "./infra/operator-secrets.ts";
import { lockDataFolder } from "./infra/sqlite/data-folder-lock.ts";
import { systemClock, systemRandom } from "./infra/system-clock.ts";
import { openStores } from "./open-stores.ts";
import { decodeMessage, encodeMessage } from "./schemas/inbox-messages.ts";
import { orderIdFromKey } from "./schemas/order-id.ts";
import type { Stores } from "./stores.ts";

const CURSOR_KEY_BYTES = 32;
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
    const works = config.ROLE !== "api";
    const needsInbox = works && config.SMTP_URL === undefined;
    if (needsInbox && usesEngines(config)) {
      // The embedded stores lock the folder themselves; without them the inbox alone keeps something there.
      const unlock = lockDataFolder(config.DATA_DIR);
      cleanups.push(async () => unlock());
    }
    const inbox = needsInbox ? await startDevInbox(config, crash) : null;
    if (inbox !== null) cleanups.push(() => inbox.stop());
    const pipeline = await startPipeline({
      ...stores,
      mailer: works ? createMailer(config, inbox, metrics) : NO_MAILER,
      codec: { decode: decodeMessage, encode: encodeMessage },
      clock: systemClock,
      random: systemRandom,
      metrics: tellingOfDeadLetters(metrics.pipeline, logger),
      catalogue,
      orderIdFromKey,
      shards: config.SHARDS,
      paymentWindowMs: config.PAYMENT_WINDOW_S * 1_000,
      watermarkMs: config.WATERMARK_S * 1_000,
      works,
      mail: {
        unknownPolicy: config.MAIL_UNKNOWN,
        // An attempt lasts until its outcome is stored, and a kill makes all that are open unknown: they are kept few.
        concurrency: config.MAIL_CONNECTIONS,
        ratePerS: config.MAIL_RATE_PER_S,
      },
    });
    cleanups.push(() => pipeline.stop());
    const deadLetters = deadLetterDeskOf(stores, config, catalogue);
    const { orderReader } = pipeline;
    const desk = createDeskReader({ viewStore: stores.viewStore, orderReader, clock: systemClock });
    const decisions = createPaymentDecisions({
      log: stores.log,
      codec: { decode: decodeMessage, encode: encodeMessage },
      orderReader,
      viewStore: stores.viewStore,
      actLog: stores.actLog,
      clock: systemClock,
      random: systemRandom,
    });
    connectMetrics(metrics, { stores, pipeline, deadLetters, desk });
    const operators = createOperatorAccess({
      keys: stores.operatorKeys,
      actLog: stores.actLog,
      secrets: operatorSecrets,
      clock: systemClock,
      random: systemRandom,
    });
    const codec = { decode: decodeMessage, encode: encodeMessage };
    const mailDesk = createMailDesk({ ...stores, codec, clock: systemClock, random: systemRandom });
    const app = await createApp({
      frontDoor: pipeline.frontDoor,
      orderReader: pipeline.orderReader,
      demoPayments: takesDemoPayments(config),
      paymentWebhook: { paymentWebhooks: pipeline.paymentWebhooks, secrets: webhookSecretsOf(config) },
      whyReader: pipeline.whyReader,
      admin: { operators, actLog: stores.actLog, mailDesk, deadLetters, paymentDesk: { desk, decisions } },
      ...(inbox === null ? {} : { inbox }),
      webRoot: existsSync(join(WEB_ROOT, "index.html")) ? WEB_ROOT : null,
      clock: systemClock,
      logger,
      metrics,
      metricsText: () => metrics.text(),
      cursorKey: cursorKeyOf(config),
      operationsOnly: config.ROLE === "worker",
      health: { ready: () => readiness(stores, pipeline) },
      limits: { ratePerS: config.RATE_LIMIT_PER_S },
      trustedProxies: trustedProxiesOf(config),
    });
    cleanups.push(() => app.close());
    const url = await listen(app, config);
    // Other stores have several processes, whose output goes to logs: there `orderloom keys create` makes the first one.
    const firstKey = stores.exclusive ? await operators.createFirstKey() : null;
    return { url, devInboxPort: inbox?.port ?? null, dataPlace: stores.place, firstKey: firstKey?.key ?? null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function createMailer(config: Config, inbox: DevInbox | null, metrics: Metrics): Mailer {
  return createSmtpMailer({
    url: config.SMTP_URL ?? `smtp://127.0.0.1:${inbox?.port ?? 0}`,
    from: mailboxOf(config.MAIL_FROM),
    clock: systemClock,
    connections: config.MAIL_CONNECTIONS,
    onPool: (state) => metrics.smtpPool(state),
  });
}

function startDevInbox(config: Config, onCrash: (error: Error) => void): Promise<DevInbox> {
  return createDevInbox({
    dataDir: config.DATA_DIR,
    host: "127.0.0.1",
    port: config.DEV_INBOX_PORT,
    onCrash,
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
  readonly deadLetters: DeadLetterDesk;
  readonly desk: DeskReader;
}

function connectMetrics(metrics: Metrics, { stores, pipeline, deadLetters, desk }: MeasuredParts): void {
  metrics.connect({
    inboxLag: () => stores.log.inboxLag(),
    reactorLag: () => pipeline.reactorLag(),
    watermarks: () => pipeline.watermarks(),
    mailCounts: () => stores.ledger.counts(),
    deadLetters: () => deadLetters.groups(),
    mailBreaker: () => pipeline.mailBreaker(),
    deskPayments: (kind) => desk.count(kind),
    liveOrders: () => pipeline.liveOrders(),
    ownedShards: () => pipeline.ownedShards(),
    pendingStoreOperations: () => stores.pendingOperations(),
  });
}

/** Whether each part answers: the log, the store and the workers. */
async function readiness(
  stores: Stores,
  pipeline: Pipeline,
): Promise<{ name: string; ok: boolean; detail?: string }[]> {
  const probe = async (name: string, ask: () => Promise<unknown>) => {
    try {
      await ask();
      return { name, ok: true };
    } catch (error) {
      return { name, ok: false, detail: error instanceof OperationalError ? error.message : "does not answer" };
    }
  };
  const [log, store] = await Promise.all([
    probe("log", () => stores.probeLog()),
    probe("store", () => stores.probeStore()),
  ]);
  return [
    ...mailServerCheck(pipeline),
    log,
    store,
    pipeline.isWorking()
      ? { name: "workers", ok: true }
      : { name: "workers", ok: false, detail: "the inbox is not consumed" },
  ];
}

/** Only information: while the mail server is away, orders go on, and so must this process. */
function mailServerCheck(pipeline: Pipeline): { name: string; ok: true; detail: string }[] {
  const state = pipeline.mailBreaker();
  return state === null ? [] : [{ name: "mail server", ok: true, detail: BREAKER_TEXTS[state] }];
}

const BREAKER_TEXTS: Readonly<Record<BreakerState, string>> = {
  closed: "mails are sent",
  open: "it could not be reached, so mails wait",
  probing: "it could not be reached, and is tried with the next mail",
  recovering: "it is back, and gets more mails step by step",
};

/** The key that signs cursors. It is kept, so that a listing can go on after a restart. */
function cursorKeyOf({ CURSOR_KEY: secret, DATA_DIR: dataDir, ROLE: role }: Config): Buffer {
  if (secret !== undefined) return createHash("sha256").update(secret).digest();
  // A worker lists nothing, so it needs no folder.
  if (role === "worker") return randomBytes(CURSOR_KEY_BYTES);
  const file = join(dataDir, "cursor.key");
  if (existsSync(file)) {
    const key = readFileSync(file);
    if (key.length === CURSOR_KEY_BYTES) return key;
  }
  // Written under another name first: a crash in between must not leave a key that is short, and so easily guessed.
  const key = randomBytes(CURSOR_KEY_BYTES);
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(`${file}.new`, key, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return key;
}
