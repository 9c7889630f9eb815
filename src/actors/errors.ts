/** The one error of operations: something outside failed. Refusals are values, and bugs are plain errors that crash. */
import type { ErrorCode } from "../domain/error-codes.ts";

export class OperationalError extends Error {
  override readonly name = "OperationalError";
  /** A stable code from `ERROR_CODES`. */
  readonly code: ErrorCode;
  /** True when the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
  }
}
