/** A data folder belongs to one process, and to the version and number of shards it was written with. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { lockDataFolder } from "../../../src/infra/sqlite/data-folder-lock.ts";
import { createSqliteDatabase, DATABASE_FILE } from "../../../src/infra/sqlite/database.ts";
import { createDataDir, openStores, SHARDS } from "./sqlite-fixture.ts";

const LOCK_MODULE = new URL("../../../src/infra/sqlite/data-folder-lock.ts", import.meta.url);

test("a data folder is created and locked, and free again once the lock is given back", async () => {
  const dataDir = join(await createDataDir(), "deep", "er");
  const release = lockDataFolder(dataDir);
  expect(existsSync(dataDir)).toBe(true);
  expect(() => lockDataFolder(dataDir)).toThrow(
    expect.objectContaining({ code: "data_folder_in_use", message: expect.stringContaining(dataDir) }),
  );
  release();
  release();
  lockDataFolder(dataDir)();
});

test("a folder that another process uses is refused until that process is killed", async () => {
  const dataDir = await createDataDir();
  const holder = await startHolder(dataDir);
  expect(() => lockDataFolder(dataDir)).toThrow(expect.objectContaining({ code: "data_folder_in_use" }));
  holder.kill("SIGKILL");
  await once(holder, "exit");
  lockDataFolder(dataDir)();
});

test.runIf(process.platform === "linux")("a folder that no system call can create is refused, too", () => {
  expect(() => lockDataFolder("/proc/orderloom")).toThrow(expect.objectContaining({ code: "data_folder_unwritable" }));
});

test("folders above the data folder are created", async () => {
  const nested = join(await createDataDir(), "a", "b");
  lockDataFolder(nested)();
  expect(existsSync(nested)).toBe(true);
});

test("a folder that cannot be written is refused with its name", async () => {
  const file = join(await createDataDir(), "file");
  writeFileSync(file, "");
  expect(() => lockDataFolder(join(file, "data"))).toThrow(
    expect.objectContaining({ code: "data_folder_unwritable", message: expect.stringContaining(join(file, "data")) }),
  );
});

test("another number of shards is refused with both numbers, and changes nothing", async () => {
  const dataDir = await createDataDir();
  const { database } = await openStores(dataDir);
  await database.stop();
  await expect(open(dataDir, SHARDS + 3)).rejects.toMatchObject({
    code: "shards_changed",
    message: expect.stringMatching(new RegExp(`\\b${SHARDS}\\b.*\\b${SHARDS + 3}\\b`)),
  });
  const again = await open(dataDir, SHARDS);
  await again.stop();
});

test("data of a newer version is refused", async () => {
  const dataDir = await createDataDir();
  const { database } = await openStores(dataDir);
  await database.stop();
  const file = new DatabaseSync(join(dataDir, DATABASE_FILE));
  file.exec("PRAGMA user_version = 1000");
  file.close();
  await expect(open(dataDir, SHARDS)).rejects.toMatchObject({ code: "data_too_new", retryable: false });
});

/** Takes back what the newest version brought. */
const WITHOUT_MAIL_DECISIONS = `
  DROP TABLE mail_decisions; DROP INDEX mails_desk; ALTER TABLE mails DROP COLUMN decisions;
  DELETE FROM mail_counts WHERE state = 'dropped';`;

test("data of a version without operators is taken over", async () => {
  const dataDir = await createDataDir();
  const { database } = await openStores(dataDir);
  await database.stop();
  const file = new DatabaseSync(join(dataDir, DATABASE_FILE));
  file.exec(`${WITHOUT_MAIL_DECISIONS}
    DROP TABLE operator_keys; DROP TABLE ended_sessions; DROP TABLE operator_acts; PRAGMA user_version = 2`);
  file.close();
  const { operatorKeys, actLog } = await openStores(dataDir);
  expect([await operatorKeys.list(), await actLog.list({ limit: 1 })]).toEqual([[], []]);
});

test("a file that is not a database is refused with its name", async () => {
  const dataDir = await createDataDir();
  writeFileSync(join(dataDir, DATABASE_FILE), "x".repeat(10_000));
  await expect(open(dataDir, SHARDS)).rejects.toMatchObject({
    code: "store_unavailable",
    retryable: false,
    message: expect.stringContaining(DATABASE_FILE),
  });
});

function open(dataDir: string, shards: number) {
  return createSqliteDatabase({ dataDir, shards, onCrash: (error) => expect.unreachable(error.message) });
}

/** A process that holds the lock and says so. */
async function startHolder(dataDir: string): Promise<ChildProcess> {
  const program = `
    import { lockDataFolder } from ${JSON.stringify(LOCK_MODULE.href)};
    lockDataFolder(${JSON.stringify(dataDir)});
    console.log("locked");
    setInterval(() => {}, 1_000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void holder.kill("SIGKILL"));
  await once(holder.stdout, "data");
  return holder;
}

test("a file from before people decided about mails is taken over with its mails", async () => {
  const dataDir = await createDataDir();
  const { database } = await openStores(dataDir);
  await database.stop();
  const file = new DatabaseSync(join(dataDir, DATABASE_FILE));
  file.exec(`${WITHOUT_MAIL_DECISIONS}
    INSERT INTO mails (message_id, order_id, shard, mail, queued_at_ms, state, pending, pending_ms, attempt, closed)
    VALUES ('<m1@x>', 'order-1', 0, '{"customer":{"name":"Ada","email":"ada@example.test"}}', 5, 'unknown', NULL, 5, 1, 0);
    PRAGMA user_version = 3`);
  file.close();
  const { ledger } = await openStores(dataDir);
  expect(await ledger.list({ filter: "held", limit: 5 })).toMatchObject([{ messageId: "<m1@x>", decisions: [] }]);
  const operator = { keyId: "key-1", name: "Ann" };
  expect(await ledger.decide("<m1@x>", { decision: "drop", operator, reason: "old", atMs: 9 })).toBe("decided");
  expect(await ledger.counts()).toMatchObject({ dropped: 1 });
});
