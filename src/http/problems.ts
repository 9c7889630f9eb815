/**
 * Every error answer is an RFC 9457 problem with a stable code, and this file alone knows which HTTP status a
 * code has. What reaches a client never holds a stack, a driver's words or anything else from the inside.
 */
import { OperationalError } from "../actors/errors.ts";
import { ERROR_CODES, type ErrorCode } from "../domain/error-codes.ts";

/** The status of each code that the API answers with; any other code means that something is broken. */
const STATUS_OF: Readonly<Partial<Record<ErrorCode, number>>> = {
  invalid_request: 400,
  invalid_json: 400,
  invalid_cursor: 400,
  webhook_unsigned: 401,
  webhook_stale: 401,
  webhook_signature_invalid: 401,
  operator_unknown: 401,
  operator_not_allowed: 403,
  request_not_from_console: 403,
  route_not_found: 404,
  order_not_found: 404,
  dead_letter_not_found: 404,
  payment_not_found: 404,
  mail_not_found: 404,
  key_not_found: 404,
  demo_payments_disabled: 404,
  webhooks_disabled: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  order_not_cancellable: 409,
  mail_not_decidable: 409,
  letter_taken: 409,
  decision_not_possible: 409,
  refund_exceeds_received: 409,
  webhook_id_reused: 409,
  last_operator_key: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  unknown_item: 422,
  total_too_large: 422,
  idempotency_key_reused: 422,
  refund_id_reused: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal_error: 500,
  overloaded: 503,
  stopping: 503,
  not_ready: 503,
  too_many_streams: 503,
  log_unavailable: 503,
  store_unavailable: 503,
  store_contended: 503,
  outcome_unknown: 503,
  web_not_built: 503,
};

/** What a client is told to wait when nothing better is known. */
const RETRY_AFTER_S = 1;

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

export interface FieldError {
  /** A JSON pointer into the part of the request that is wrong. */
  readonly pointer: string;
  readonly detail: string;
}

/** An answer that says no, thrown by whoever finds the reason. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterS: number | undefined;

  constructor(
    code: ErrorCode,
    detail: string,
    options: { readonly errors?: readonly FieldError[]; readonly retryAfterS?: number; readonly cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors;
    this.retryAfterS = options.retryAfterS;
  }
}

/** The HTTP status of a code; 500 for a code that is not an answer to a request. */
export function statusOf(code: ErrorCode): number {
  return STATUS_OF[code] ?? 500;
}

/** The problem document of `problem`, for a request to the path `instance`. */
export function problemDocument(problem: Problem, instance: string): string {
  return JSON.stringify({
    type: `urn:orderloom:error:${problem.code}`,
    title: ERROR_CODES[problem.code],
    status: statusOf(problem.code),
    detail: problem.message,
    code: problem.code,
    instance,
    errors: problem.errors,
  });
}

/** What a client may know about an error. Whatever is not recognised is a bug, and says no more than that. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof OperationalError) {
    const options = error.retryable ? { cause: error, retryAfterS: RETRY_AFTER_S } : { cause: error };
    return new Problem(error.code, ERROR_CODES[error.code], options);
  }
  return problemOfFramework(error) ?? new Problem("internal_error", ERROR_CODES.internal_error, { cause: error });
}

/** The problems that Fastify and its plugins find themselves. */
function problemOfFramework(error: unknown): Problem | null {
  const { code, statusCode } = (error ?? {}) as { readonly code?: unknown; readonly statusCode?: unknown };
  switch (code) {
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new Problem("unsupported_media_type", "Send the body as application/json.");
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new Problem("body_too_large", ERROR_CODES.body_too_large);
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new Problem("route_not_found", ERROR_CODES.route_not_found);
    case "FST_ERR_BAD_URL":
      return new Problem("invalid_request", "The address is not a valid URL.");
    default:
      if (statusCode === 404) return new Problem("route_not_found", ERROR_CODES.route_not_found);
      return typeof statusCode === "number" && statusCode >= 400 && statusCode < 500
        ? new Problem("invalid_request", "The request cannot be understood.", { cause: error })
        : null;
  }
}
