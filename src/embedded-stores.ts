/** The embedded default: log and stores in one SQLite database, locked for one process. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { OperationalError } from "./actors/errors.ts";
import type { Config } from "./infra/config.ts";
import { createSqliteActLog } from "./infra/sqlite/act-log.ts";
import { lockDataFolder } from "./infra/sqlite/data-folder-lock.ts";
import { createSqliteDatabase, DATABASE_FILE, openSqliteForReading } from "./infra/sqlite/database.ts";
import { createSqliteEventStore } from "./infra/sqlite/event-store.ts";
import { startLogRetention } from "./infra/sqlite/log-retention.ts";
import { createSqliteMailLedger } from "./infra/sqlite/mail-ledger.ts";
import { createSqliteMessageLog } from "./infra/sqlite/message-log.ts";
import { createSqliteOperatorKeys } from "./infra/sqlite/operator-keys.ts";
import { createSqliteViewStore } from "./infra/sqlite/view-store.ts";
import { systemClock, systemRandom } from "./infra/system-clock.ts";
import type { ReadableStores, StoreEvents, Stores } from "./stores.ts";

/**
 * Makes sure that a data folder has been used before: a command must not create one.
 * @throws OperationalError `invalid_configuration`.
 */
export function requireData(dataDir: string): void {
  if (existsSync(join(dataDir, DATABASE_FILE))) return;
  const message = `There is no data in ${dataDir}: set DATA_DIR to the folder of the service.`;
  throw new OperationalError("invalid_configuration", message, { retryable: false });
}

/**
 * Opens the embedded log and store of a data folder.
 * @throws OperationalError `data_folder_in_use`, `data_folder_unwritable` or `shards_changed`.
 */
export async function openEmbeddedStores(
  { DATA_DIR: dataDir, SHARDS: shards }: Pick<Config, "DATA_DIR" | "SHARDS">,
  on: StoreEvents,
): Promise<Stores> {
  const unlock = lockDataFolder(dataDir);
  try {
    const database = await createSqliteDatabase({ dataDir, shards, onCrash: on.crash });
    const eventStore = createSqliteEventStore(database);
    const log = await createSqliteMessageLog(database, {
      shards,
      clock: systemClock,
      random: systemRandom,
      onError: on.retriedError,
    });
    const retention = startLogRetention(database, { shards, clock: systemClock, onError: on.retriedError });
    return {
      log,
      eventStore,
      viewStore: createSqliteViewStore(database),
      ledger: createSqliteMailLedger(database),
      operatorKeys: createSqliteOperatorKeys(database),
      actLog: createSqliteActLog(database),
      exclusive: true,
      place: dataDir,
      prepared: [`${DATABASE_FILE} in ${dataDir} has ${shards} shards`],
      pendingOperations: () => database.pendingOperations(),
      probeLog: () => database.write("database.probe", systemClock.nowMs()),
      probeStore: () => eventStore.head(0),
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

/**
 * Opens a data folder for reading alone: beside the service that has it locked, or when none runs.
 * @throws OperationalError `shards_changed`, `data_too_new`, or `store_unavailable` when it cannot be read.
 */
export async function openEmbeddedForReading(
  { DATA_DIR: dataDir, SHARDS: shards }: Pick<Config, "DATA_DIR" | "SHARDS">,
  on: StoreEvents,
): Promise<ReadableStores> {
  const database = await openSqliteForReading({ dataDir, shards, onCrash: on.crash });
  const logDeps = { shards, clock: systemClock, random: systemRandom, onError: on.retriedError };
  return {
    log: await createSqliteMessageLog(database, logDeps),
    eventStore: createSqliteEventStore(database),
    viewStore: createSqliteViewStore(database),
    ledger: createSqliteMailLedger(database),
    operatorKeys: createSqliteOperatorKeys(database),
    missingIndexes: [],
    stop: () => database.stop(),
  };
}
