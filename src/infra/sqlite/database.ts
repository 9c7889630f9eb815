/**
 * The database file of the embedded default, behind two threads: one writes and waits for the disk, the
 * other reads, so that neither a slow disk nor a long query ever holds up the event loop.
 */
import { join } from "node:path";
import type { ReadOperations, WriteOperations } from "./operations.ts";
import { startThread, type ThreadClient } from "./thread-client.ts";
import type { ThreadOptions } from "./thread-protocol.ts";

export const DATABASE_FILE = "orderloom.db";

/** Above this many waiting calls of one thread, further ones are refused with `overloaded`. */
const MAX_PENDING = 50_000;

export interface SqliteDatabase {
  /** Runs a write; resolves when it is on the disk. */
  readonly write: ThreadClient<WriteOperations>["run"];
  /** Runs a read; it sees every write that resolved before. */
  readonly read: ThreadClient<ReadOperations>["run"];
  /** How many operations wait for an answer. */
  pendingOperations(): number;
  /** How many write transactions there have been: each answers all the writes that came in together. */
  writeTransactions(): number;
  /** Lets everything that was asked finish and closes the file. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Opens the database of a data folder that the caller has locked (`lockDataFolder`), and creates it when it is new.
 * @throws OperationalError `shards_changed`, `data_too_new`, or `store_unavailable` when the file cannot be used.
 */
export async function createSqliteDatabase(options: {
  readonly dataDir: string;
  readonly shards: number;
  /** A thread has died: nothing is stored any more, so the process should end. */
  onCrash(error: Error): void;
  readonly maxPending?: number;
}): Promise<SqliteDatabase> {
  const { dataDir, shards, onCrash, maxPending = MAX_PENDING } = options;
  const file = join(dataDir, DATABASE_FILE);
  const limits = { maxPending, onCrash };
  const writer = startThread<WriteOperations>({ mode: "write", file, shards }, limits);
  const reader = startThread<ReadOperations>({ mode: "read", file, shards }, limits);
  const stop = async (): Promise<void> => {
    // The writer closes last, so that it can fold the write-ahead log into the file.
    await reader.stop();
    await writer.stop();
  };
  try {
    await writer.open();
    await reader.open();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    write: writer.run,
    read: reader.run,
    pendingOperations: () => writer.pending() + reader.pending(),
    writeTransactions: writer.transactions,
    stop,
  };
}

/**
 * Opens the database of a data folder for reading alone, beside the process that has it locked, or without any.
 * @throws OperationalError `shards_changed`, `data_too_new`, or `store_unavailable` when the file cannot be read.
 */
export async function openSqliteForReading(options: {
  readonly dataDir: string;
  readonly shards: number;
  onCrash(error: Error): void;
}): Promise<SqliteDatabase> {
  const { dataDir, shards, onCrash } = options;
  const limits = { maxPending: MAX_PENDING, onCrash };
  const thread: ThreadOptions = { mode: "read", file: join(dataDir, DATABASE_FILE), shards };
  const reader = startThread<ReadOperations>(thread, limits);
  try {
    await reader.open();
  } catch (error) {
    await reader.stop();
    throw error;
  }
  return {
    write: (name) => Promise.reject(new Error(`${name} writes, and the database is open for reading`)),
    read: reader.run,
    pendingOperations: reader.pending,
    writeTransactions: () => 0,
    stop: () => reader.stop(),
  };
}
