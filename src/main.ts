/** Puts the service together: the only file, beside the command line, that sees every layer. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { OperationalError } from "./actors/errors.ts";
import { type Pipeline, startPipeline } from "./actors/pipeline.ts";
import type { EventStore, MailLedger, MessageLog, ViewStore } from "./actors/ports.ts";
import { createApp } from "./http/app.ts";
import { loadCatalogue } from "./infra/catalogue-file.ts";
import { type Config, mailboxOf } from "./infra/config.ts";
import { createDevInbox, type DevInbox } from "./infra/inbox/dev-inbox.ts";
import { createSmtpMailer } from "./infra/mail/smtp-mailer.ts";
import { createMetrics, type Metrics } from "./infra/metrics.ts";
import { lockDataFolder } from "./infra/sqlite/data-folder-lock.ts";
import { createSqliteDatabase, DATABASE_FILE } from "./infra/sqlite/database.ts";
import { createSqliteEventStore } from "./infra/sqlite/event-store.ts";
import { startLogRetention } from "./infra/sqlite/log-retention.ts";
import { createSqliteMailLedger } from "./infra/sqlite/mail-ledger.ts";
import { createSqliteMessageLog } from "./infra/sqlite/message-log.ts";
import { createSqliteViewStore } from "./infra/sqlite/view-store.ts";
import { systemClock, systemRandom } from "./infra/system-clock.ts";
import { decodeMessage, encodeMessage } from "./schemas/inbox-messages.ts";
import { orderIdFromKey } from "./schemas/order-id.ts";

const CURSOR_KEY_BYTES = 32;
const WEB_ROOT = fileURLToPath(new URL("../dist/web", import.meta.url));

export interface Service {
  /** Where the HTTP API and the web page are, without a slash at the end. */
  readonly url: string;
  /** Where the dev inbox takes mail; null when a mail server is configured. */
  readonly devInboxPort: number | null;
  /** Finishes what is in progress and stops. Idempotent. */
  stop(): Promise<void>;
}

/** The stores of the embedded default, open and locked for this process. */
export interface EmbeddedStores {
  readonly log: MessageLog;
  readonly eventStore: EventStore;
  readonly viewStore: ViewStore;
  readonly ledger: MailLedger;
  pendingOperations(): number;
  /** Writes something small; rejects when nothing can be written, because the disk is full for example. */
  probe(): Promise<void>;
  stop(): Promise<void>;
}

/** True when a data folder has been used before. */
export function hasData(dataDir: string): boolean {
  return existsSync(join(dataDir, DATABASE_FILE));
}

/**
 * Opens the embedded log and store of a data folder.
 * @throws OperationalError `data_folder_in_use`, `data_folder_unwritable` or `shards_changed`.
 */
export async function openEmbeddedStores(
  { DATA_DIR: dataDir, SHARDS: shards }: Pick<Config, "DATA_DIR" | "SHARDS">,
  on: { crash(error: Error): void; retriedError(error: unknown): void },
): Promise<EmbeddedStores> {
  const unlock = lockDataFolder(dataDir);
  try {
    const database = await createSqliteDatabase({ dataDir, shards, onCrash: on.crash });
    const log = await createSqliteMessageLog(database, {
      shards,
      clock: systemClock,
      random: systemRandom,
      onError: on.retriedError,
    });
    const retention = startLogRetention(database, { shards, clock: systemClock, onError: on.retriedError });
    return {
      log,
      eventStore: createSqliteEventStore(database),
      viewStore: createSqliteViewStore(database),
      ledger: createSqliteMailLedger(database),
      pendingOperations: () => database.pendingOperations(),
      probe: () => database.write("database.probe", systemClock.nowMs()),
      async stop() {
        await retention.stop();
        await database.stop();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
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
    const stores = await openEmbeddedStores(config, {
      crash,
      retriedError: (error) => noteRetriedError(error, metrics, logger),
    });
    cleanups.push(() => stores.stop());
    const inbox = config.SMTP_URL === undefined ? await startDevInbox(config, crash) : null;
    if (inbox !== null) cleanups.push(() => inbox.stop());
    const pipeline = await startPipeline({
      ...stores,
      mailer: createSmtpMailer({
        url: config.SMTP_URL ?? `smtp://127.0.0.1:${inbox?.port}`,
        from: mailboxOf(config.MAIL_FROM),
        clock: systemClock,
        connections: config.MAIL_CONNECTIONS,
        onPool: (state) => metrics.smtpPool(state),
      }),
      codec: { decode: decodeMessage, encode: encodeMessage },
      clock: systemClock,
      random: systemRandom,
      metrics: metrics.pipeline,
      catalogue,
      orderIdFromKey,
      shards: config.SHARDS,
      paymentWindowMs: config.PAYMENT_WINDOW_S * 1_000,
      watermarkMs: config.WATERMARK_S * 1_000,
      works: true,
      exclusive: true,
      mail: {
        unknownPolicy: config.MAIL_UNKNOWN,
        concurrency: config.MAIL_CONNECTIONS,
      },
    });
    cleanups.push(() => pipeline.stop());
    connectMetrics(metrics, stores, pipeline);
    const app = await createApp({
      frontDoor: pipeline.frontDoor,
      orderReader: pipeline.orderReader,
      ...(inbox === null ? {} : { inbox }),
      webRoot: existsSync(join(WEB_ROOT, "index.html")) ? WEB_ROOT : null,
      clock: systemClock,
      logger,
      metrics,
      metricsText: () => metrics.text(),
      cursorKey: cursorKeyOf(config.DATA_DIR),
      health: { ready: () => readiness(stores, pipeline) },
      limits: { ratePerS: config.RATE_LIMIT_PER_S },
    });
    cleanups.push(() => app.close());
    const url = await listen(app, config);
    return { url, devInboxPort: inbox?.port ?? null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
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

function connectMetrics(metrics: Metrics, stores: EmbeddedStores, pipeline: Pipeline): void {
  metrics.connect({
    inboxLag: () => stores.log.inboxLag(),
    reactorLag: () => pipeline.reactorLag(),
    mailCounts: () => stores.ledger.counts(),
    liveOrders: () => pipeline.liveOrders(),
    pendingStoreOperations: () => stores.pendingOperations(),
  });
}

/** Whether each part answers: the log, the store and the workers. */
async function readiness(
  stores: EmbeddedStores,
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
  const consuming = pipeline.isWorking();
  return [
    await probe("log", () => stores.probe()),
    await probe("store", () => stores.eventStore.head(0)),
    consuming ? { name: "workers", ok: true } : { name: "workers", ok: false, detail: "the inbox is not consumed" },
  ];
}

/** The key that signs cursors. It is kept, so that a listing can go on after a restart. */
function cursorKeyOf(dataDir: string): Buffer {
  const file = join(dataDir, "cursor.key");
  if (existsSync(file)) {
    const key = readFileSync(file);
    if (key.length === CURSOR_KEY_BYTES) return key;
  }
  // Written under another name first: a crash in between must not leave a key that is short, and so easily guessed.
  const key = randomBytes(CURSOR_KEY_BYTES);
  writeFileSync(`${file}.new`, key, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return key;
}
