/** The embedded adapters on a temporary data folder, closed and deleted when the test ends. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { ActLog, OperatorKeys } from "../../../src/actors/operators.ts";
import type { Clock, EventStore, MailLedger, MessageLog, ViewStore } from "../../../src/actors/ports.ts";
import { createSqliteActLog } from "../../../src/infra/sqlite/act-log.ts";
import { createSqliteDatabase, type SqliteDatabase } from "../../../src/infra/sqlite/database.ts";
import { createSqliteEventStore } from "../../../src/infra/sqlite/event-store.ts";
import { createSqliteMailLedger } from "../../../src/infra/sqlite/mail-ledger.ts";
import { createSqliteMessageLog } from "../../../src/infra/sqlite/message-log.ts";
import { createSqliteOperatorKeys } from "../../../src/infra/sqlite/operator-keys.ts";
import { createSqliteViewStore } from "../../../src/infra/sqlite/view-store.ts";
import { systemClock, systemRandom } from "../../../src/infra/system-clock.ts";

export const SHARDS = 4;

export interface OpenStores {
  readonly database: SqliteDatabase;
  readonly log: MessageLog;
  readonly store: EventStore;
  readonly views: ViewStore;
  readonly ledger: MailLedger;
  readonly operatorKeys: OperatorKeys;
  readonly actLog: ActLog;
  /** What the log reported to `onError`, in order. */
  readonly errors: readonly unknown[];
}

export interface SqliteFixture extends OpenStores {
  readonly dataDir: string;
  reopen(): Promise<OpenStores>;
  cleanup(): Promise<void>;
}

/** An empty folder that is deleted when the test ends. */
export async function createDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "orderloom-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

export async function openStores(
  dataDir: string,
  options: { clock?: Clock; maxPending?: number; onCrash?: (error: Error) => void } = {},
): Promise<OpenStores> {
  const { clock = systemClock, onCrash = (error) => expect.unreachable(error.message), ...limits } = options;
  const database = await createSqliteDatabase({ dataDir, shards: SHARDS, onCrash, ...limits });
  onTestFinished(() => database.stop());
  const errors: unknown[] = [];
  const deps = { shards: SHARDS, clock, random: systemRandom, onError: (error: unknown) => errors.push(error) };
  return {
    database,
    errors,
    log: await createSqliteMessageLog(database, deps),
    store: createSqliteEventStore(database),
    views: createSqliteViewStore(database),
    ledger: createSqliteMailLedger(database),
    operatorKeys: createSqliteOperatorKeys(database),
    actLog: createSqliteActLog(database),
  };
}

export async function createSqliteFixture(): Promise<SqliteFixture> {
  const dataDir = await mkdtemp(join(tmpdir(), "orderloom-"));
  let open = await openStores(dataDir);
  return {
    ...open,
    dataDir,
    async reopen() {
      await open.database.stop();
      open = await openStores(dataDir);
      return open;
    },
    async cleanup() {
      await open.database.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
