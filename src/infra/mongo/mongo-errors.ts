/**
 * Tells the driver's errors apart: those of the network and of servers that come and go, which pass with time, those of
 * the rights of the login, and bugs. A write that failed for the first reason may have happened all the same.
 */
import {
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoError,
  MongoExpiredSessionError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from "mongodb";
import { OperationalError } from "../../actors/errors.ts";

const DUPLICATE_KEY = 11_000;
const TRANSACTION_TOO_OLD = 225;
/** Unauthorized and AuthenticationFailed. */
const NO_RIGHTS: ReadonlySet<unknown> = new Set([13, 18]);
/**
 * What servers answer that stop, start, lose their role, run out of disk or of time: HostUnreachable, HostNotFound,
 * UnknownError, LockTimeout, MaxTimeMSExpired, NetworkTimeout, ShutdownInProgress, WriteConflict, PrimarySteppedDown,
 * ExceededTimeLimit, SocketException, NotWritablePrimary, Interrupted, InterruptedAtShutdown,
 * InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary, WriteConcernTimeout, NoSuchTransaction,
 * OutOfDiskSpace.
 */
const PASSING: ReadonlySet<unknown> = new Set([
  6, 7, 8, 24, 50, 89, 91, 112, 189, 262, 9_001, 10_107, 11_601, 11_600, 11_602, 13_435, 13_436, 64, 251, 14_031,
]);
/** Of the driver's connection pool; it does not export their classes. */
const POOL_ERRORS: ReadonlySet<string> = new Set(["MongoWaitQueueTimeoutError", "MongoPoolClosedError"]);

/** What a socket fails with when the driver writes to one that has just ended: it lets such errors through as they are. */
const SOCKET_ERRORS: ReadonlySet<unknown> = new Set([
  "EPIPE",
  "ECONNRESET",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
  "ERR_SOCKET_CLOSED",
]);

/** The error that a bulk operation failed with, the driver's or a socket's, where it is not about one of its documents. */
function unwrapped(error: unknown): unknown {
  if (error instanceof MongoBulkWriteError && error.errorResponse instanceof Error) return error.errorResponse;
  return error;
}

/** True for what passes with time: the same request may succeed later. */
export function isOperational(caught: unknown): boolean {
  const error = unwrapped(caught);
  if (!(error instanceof MongoError)) return error instanceof Error && "code" in error && SOCKET_ERRORS.has(error.code);
  if (error instanceof MongoBulkWriteError && error.result.getWriteConcernError() !== undefined) return true;
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongoWriteConcernError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoTopologyClosedError ||
    error instanceof MongoClientClosedError ||
    error instanceof MongoExpiredSessionError ||
    POOL_ERRORS.has(error.name) ||
    PASSING.has(error.code) ||
    error.hasErrorLabel("RetryableWriteError") ||
    error.hasErrorLabel("TransientTransactionError")
  );
}

/** Where an ordered insert ended because a unique index refused a document. */
export interface RefusedDocument {
  /** The document's place in the insert. */
  readonly place: number;
  /** The name of the index; null where the server does not tell. Where several refuse it, it is any of them. */
  readonly index: string | null;
}

/** The document at which an ordered insert ended because a unique index refused it; null for other errors. */
export function refusedDocument(error: unknown): RefusedDocument | null {
  // A write concern that was not met says nothing about the documents before the refused one.
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) return null;
  const [refused] = [error.writeErrors].flat();
  if (refused?.code !== DUPLICATE_KEY) return null;
  // The driver keeps nothing but the sentence, which servers have worded alike for ten years.
  const [, index = null] = / index: (\S+)/.exec(refused.errmsg ?? "") ?? [];
  return { place: refused.index, index };
}

/** True when a unique index refused a document, in whatever kind of request. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/** True when an unordered insert stored everything but what was there already. */
export function isOnlyDuplicates(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) return false;
  const refused = [error.writeErrors].flat();
  return refused.length > 0 && refused.every(({ code }) => code === DUPLICATE_KEY);
}

/** True when a transaction lost against another one, or its server went away: it may be tried again from its beginning. */
export function isTransient(caught: unknown): boolean {
  const error = unwrapped(caught);
  return (
    error instanceof MongoError &&
    (error.hasErrorLabel("TransientTransactionError") || error.code === 112 || isEndedByAnother(error))
  );
}

/** True when somebody has begun a later transaction in the session, so that none of its own can begin any more. */
export function isEndedByAnother(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === TRANSACTION_TOO_OLD;
}

/** True when nobody can tell whether a transaction was committed. */
export function isUnknownCommit(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel("UnknownTransactionCommitResult");
}

/**
 * The error as the ports know it. A write is said to have an unknown outcome even when no server was found: the driver
 * tries a write twice and tells only of the second time.
 * @returns the error itself when it is a bug.
 */
export function translated(caught: unknown, hosts: string, request: "read" | "write"): unknown {
  const error = unwrapped(caught);
  if (error instanceof MongoServerError && NO_RIGHTS.has(error.code)) {
    return new OperationalError(
      "invalid_configuration",
      `The store at ${hosts} refuses the login of MONGODB_URL: ${error.message}.`,
      { retryable: false, cause: error },
    );
  }
  if (!isOperational(error)) return caught;
  const reason = (error as Error).message;
  return request === "write"
    ? new OperationalError("outcome_unknown", `No answer about a write came from the store at ${hosts}: ${reason}.`, {
        retryable: true,
        cause: error,
      })
    : new OperationalError("store_unavailable", `The store at ${hosts} did not answer: ${reason}.`, {
        retryable: true,
        cause: error,
      });
}
