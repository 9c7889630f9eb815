/**
 * HTTP that outlives a restart of the service: a request is sent again, unchanged, until it is answered or its
 * deadline has passed. Every request of the demo carries an id of its own, so a repeat has no second effect. undici's
 * own retry interceptor is not used: it knows no deadline, and its hook would have to hold all of what is here.
 */
import { setTimeout as pause } from "node:timers/promises";
import { errors, Pool } from "undici";
import { OperationalError } from "../actors/errors.ts";

/** What a service answers that is starting, stopping, overloaded or behind a proxy that has lost it. */
const BUSY_STATUSES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);
/** Longer than the service holds back an answer that it was asked to wait for. */
const ANSWER_TIMEOUT_MS = 35_000;
const MAX_RETRY_AFTER_MS = 30_000;

export interface PersistentHttpOptions {
  readonly url: string;
  /** How many connections are open at most. */
  readonly connections: number;
  /** How long a request is tried, in all. */
  readonly deadlineMs: number;
  /** The pause before the first repeat, which doubles up to a limit with every further one. */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
  /** Ends all repeating; a request in progress is still answered. */
  readonly signal?: AbortSignal;
}

export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** With the query, beginning with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly deadlineMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** The parsed JSON; undefined when the answer is not JSON. */
  readonly body: unknown;
  /** How often the request was sent, including the time that was answered. */
  readonly attempts: number;
}

export interface PersistentHttp {
  /** @throws OperationalError `service_unreachable` when the deadline passes without an answer. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** How many requests were sent again so far. */
  retries(): number;
  close(): Promise<void>;
}

type Attempt =
  | { readonly type: "answer"; readonly status: number; readonly body: unknown }
  | { readonly type: "failure"; readonly reason: string; readonly retryAfterMs: number; readonly cause?: unknown };

/** @throws OperationalError `invalid_configuration` when the URL is none. */
export function createPersistentHttp(options: PersistentHttpOptions): PersistentHttp {
  const { connections, deadlineMs, backoff = { baseMs: 100, maxMs: 5_000 }, signal } = options;
  const url = parseUrl(options.url);
  const basePath = url.pathname.replace(/\/+$/, "");
  const pool = new Pool(url.origin, {
    connections,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    connectTimeout: 5_000,
  });
  let retries = 0;

  const attempt = async ({ method, path, headers, body }: HttpRequest): Promise<Attempt> => {
    try {
      const response = await pool.request({
        method,
        path: `${basePath}${path}`,
        headers: {
          accept: "application/json",
          ...headers,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await response.body.text();
      const { statusCode: status } = response;
      if (!BUSY_STATUSES.has(status)) return { type: "answer", status, body: parseJson(text) };
      return {
        type: "failure",
        reason: `it answers ${status}`,
        retryAfterMs: retryAfterMs(response.headers["retry-after"]),
      };
    } catch (error) {
      // A request that cannot be sent at all is a mistake here; whatever else undici throws, the network did.
      if (error instanceof errors.InvalidArgumentError || error instanceof TypeError) throw error;
      const { message, code } = error as NodeJS.ErrnoException;
      return { type: "failure", reason: message || code || "the connection failed", retryAfterMs: 0, cause: error };
    }
  };

  return {
    async request(request) {
      const limitMs = request.deadlineMs ?? deadlineMs;
      const startedMs = performance.now();
      for (let attempts = 1; ; attempts++) {
        const result = await attempt(request);
        if (result.type === "answer") return { status: result.status, body: result.body, attempts };
        const backoffMs = Math.min(backoff.maxMs, backoff.baseMs * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2);
        const pauseMs = Math.max(result.retryAfterMs, backoffMs);
        const isLate = performance.now() - startedMs + pauseMs > limitMs;
        if (isLate || signal?.aborted) throw unreachable(url, performance.now() - startedMs, result);
        await pauseUnlessAborted(pauseMs, signal);
        retries += 1;
      }
    },
    retries: () => retries,
    close: () => pool.close(),
  };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url;
  const message = `'${text}' is not an address of a service; it is written like http://127.0.0.1:3000.`;
  throw new OperationalError("invalid_configuration", message, { retryable: false });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads `Retry-After`, which is a number of seconds or a date (RFC 9110 section 10.2.3). */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number = Date.now()): number {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return 0;
  const askedMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(askedMs) ? 0 : Math.min(Math.max(askedMs, 0), MAX_RETRY_AFTER_MS);
}

async function pauseUnlessAborted(pauseMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(pauseMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

function unreachable(
  url: URL,
  triedMs: number,
  { reason, cause }: Extract<Attempt, { type: "failure" }>,
): OperationalError {
  const message = `The service at ${url.href} gave no answer within ${(triedMs / 1_000).toFixed(1)} s: ${reason}.`;
  return new OperationalError("service_unreachable", message, { retryable: true, cause });
}
