/** Tells SQLite's errors apart: those of the machine, which pass with time or repair, and those that are bugs. */

interface SqliteError extends Error {
  /** SQLite's extended result code. */
  readonly errcode: number;
}

const BUSY = 5;
/** Primary result codes of the machine: BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB. */
const OPERATIONAL: ReadonlySet<number> = new Set([5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26]);
/** CORRUPT and NOTADB: trying again cannot help. */
const PERMANENT: ReadonlySet<number> = new Set([11, 26]);

function primaryCodeOf(error: unknown): number | null {
  return error instanceof Error && "errcode" in error ? (error as SqliteError).errcode & 0xff : null;
}

/** True when another connection holds the lock that a statement needs. */
export function isBusy(error: unknown): boolean {
  return primaryCodeOf(error) === BUSY;
}

/** True when the disk, the file or another process kept SQLite from working, so the transaction is lost. */
export function isOperational(error: unknown): boolean {
  return OPERATIONAL.has(primaryCodeOf(error) ?? 0);
}

/** True when the same statement may succeed later without repair. */
export function isRetryable(error: unknown): boolean {
  return !PERMANENT.has(primaryCodeOf(error) ?? 0);
}
