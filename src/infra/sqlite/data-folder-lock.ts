/**
 * One process per data folder. The lock is one that the operating system holds for the process, so it is
 * gone as soon as the process is, however it ended.
 */
import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { OperationalError } from "../../actors/errors.ts";
import { isBusy } from "./sqlite-errors.ts";

const LOCK_FILE = "lock.db";

/**
 * Creates the data folder when it is missing, and locks it.
 * @returns a function that gives the lock back. Idempotent.
 * @throws OperationalError `data_folder_in_use` or `data_folder_unwritable`.
 */
export function lockDataFolder(dataDir: string): () => void {
  let lock: DatabaseSync;
  try {
    createFolder(resolve(dataDir));
    accessSync(dataDir, constants.W_OK);
    lock = new DatabaseSync(join(dataDir, LOCK_FILE), { timeout: 0 });
  } catch (cause) {
    throw unwritable(dataDir, cause);
  }
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) throw unwritable(dataDir, cause);
    throw new OperationalError(
      "data_folder_in_use",
      `Another process uses the data folder ${dataDir}: stop it, or set DATA_DIR to another folder.`,
      { retryable: false, cause },
    );
  }
  return () => {
    if (lock.isOpen) lock.close();
  };
}

/** Creates a folder and those above it one by one: Node's recursive mkdir never returns for one below /proc. */
function createFolder(folder: string): void {
  if (existsSync(folder)) return;
  createFolder(dirname(folder));
  mkdirSync(folder);
}

function unwritable(dataDir: string, cause: unknown): OperationalError {
  return new OperationalError(
    "data_folder_unwritable",
    `The data folder ${dataDir} cannot be written: make it writable, or set DATA_DIR to another folder.`,
    { retryable: false, cause },
  );
}
