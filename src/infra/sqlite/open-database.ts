/**
 * One connection to the database file, as a database thread holds it: tuned pragmas and prepared
 * statements that are kept. What operations remember between calls lives here too, so that it can be
 * forgotten when a transaction is rolled back.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";

export type Cell = string | number | null | Uint8Array;

export interface OpenDatabase {
  readonly sqlite: DatabaseSync;
  /** The prepared statement of this text; rows come as arrays. Texts must be few: each is kept. */
  statement(sql: string): StatementSync;
  /** The offset that the next record of a topic and shard gets, by `topic/shard`; empty after a rollback. */
  readonly nextOffsets: Map<string, number>;
}

/** An operation of a database thread. Arguments and results are cloned between threads: keep them flat and small. */
export type Operation<Args, Result> = (database: OpenDatabase, args: Args) => Result;

const BUSY_TIMEOUT_MS = 5_000;
/** 16 MiB hold the pages of all recent orders; SQLite goes through its whole cache after most commits, so more is dearer. */
const CACHE_KIB = 16_384;
/** The write-ahead log is folded into the file above 16 MiB: often enough to stay small, seldom enough not to be felt. */
const CHECKPOINT_PAGES = 4_000;
const MAX_STATEMENTS = 500;

/** Opens the one connection that writes. What it commits is on the disk (WAL, synchronous=FULL). */
export function openForWriting(file: string): OpenDatabase {
  const sqlite = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  sqlite.exec("PRAGMA journal_mode = WAL");
  sqlite.exec("PRAGMA synchronous = FULL");
  sqlite.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  return withStatements(sqlite);
}

/** Opens a connection that only reads; each of its transactions sees everything committed before. */
export function openForReading(file: string): OpenDatabase {
  return withStatements(new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, readOnly: true }));
}

function withStatements(sqlite: DatabaseSync): OpenDatabase {
  sqlite.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  sqlite.exec("PRAGMA temp_store = MEMORY");
  const statements = new Map<string, StatementSync>();
  return {
    sqlite,
    nextOffsets: new Map(),
    statement(sql) {
      let statement = statements.get(sql);
      if (statement === undefined) {
        if (statements.size >= MAX_STATEMENTS) statements.clear();
        statement = sqlite.prepare(sql);
        statement.setReturnArrays(true);
        statements.set(sql, statement);
      }
      return statement;
    },
  };
}

/** All rows of a query, as arrays of cells in the order of the selected columns. */
export function rowsOf(statement: StatementSync, ...parameters: readonly Cell[]): readonly (readonly Cell[])[] {
  return statement.all(...parameters) as unknown as Cell[][];
}

/** The first row of a query; undefined when there is none. */
export function rowOf(statement: StatementSync, ...parameters: readonly Cell[]): readonly Cell[] | undefined {
  return statement.get(...parameters) as unknown as Cell[] | undefined;
}
