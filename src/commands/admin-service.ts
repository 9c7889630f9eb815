/**
 * A running service as an operator's command line reaches it: over HTTP, with the key in ORDERLOOM_KEY. It is the way while
 * a service has its data folder to itself, and from a machine that has no data.
 */
import { OperationalError } from "../actors/errors.ts";
import { ERROR_CODES, type ErrorCode } from "../domain/error-codes.ts";

const TIMEOUT_MS = 15_000;

export interface AdminService {
  /** Sends a request below /admin; the answer's JSON, or undefined where it has none. @throws OperationalError */
  call<T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<T>;
}

/** @throws OperationalError `invalid_configuration` for a URL that is none, or without ORDERLOOM_KEY. */
export function connectToService(
  url: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): AdminService {
  const key = environment["ORDERLOOM_KEY"];
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw refusal("invalid_configuration", `--url must be an address such as http://127.0.0.1:3000, and not "${url}".`);
  }
  if (!key) {
    throw refusal("invalid_configuration", "Set ORDERLOOM_KEY to your operator key: the service at --url asks for it.");
  }
  return {
    async call<T>(method: string, path: string, body?: unknown) {
      const headers = { accept: "application/json", authorization: `Bearer ${key}` };
      const init =
        body === undefined
          ? { method, headers }
          : { method, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
      const response = await send(new URL(path, url), init);
      if (response.status === 204) return undefined as T;
      const answer: unknown = await response.json().catch(() => null);
      if (response.ok && answer !== null) return answer as T;
      throw problemOf(url, response.status, answer);
    },
  };
}

async function send(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    const message = `The service at ${url.origin} did not answer: start it, or check --url.`;
    throw new OperationalError("service_unreachable", message, { retryable: true, cause });
  }
}

function problemOf(url: string, status: number, answer: unknown): OperationalError {
  const { code, detail } = (answer ?? {}) as { readonly code?: unknown; readonly detail?: unknown };
  if (typeof code !== "string" || !Object.hasOwn(ERROR_CODES, code) || typeof detail !== "string") {
    return refusal("unexpected_answer", `${url} answered ${status} in a way that is not Orderloom's: check --url.`);
  }
  return refusal(code as ErrorCode, detail);
}

function refusal(code: ErrorCode, message: string): OperationalError {
  return new OperationalError(code, message, { retryable: false });
}
