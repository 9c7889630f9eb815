/**
 * Requests to a schema registry. Every attempt has a deadline, attempts are bounded, and what still fails is
 * `registry_unavailable`, which is worth trying again later. Credentials of the URL go into a header, and never into
 * a message.
 */
import { OperationalError } from "../../actors/errors.ts";
import type { Clock, Random } from "../../actors/ports.ts";
import { backoffMs } from "../../actors/retry.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import { pause } from "../waiting.ts";

const MEDIA_TYPE = "application/vnd.schemaregistry.v1+json";
const MAX_ANSWER_BYTES = 1_048_576;
const MAX_QUOTED = 300;
const BACKOFF = { baseMs: 100, maxMs: 1_000 };

export interface RegistryDeps {
  /** With user and password in it where the registry asks for them. */
  readonly url: string;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
  readonly metrics: Pick<EngineMetrics, "roundTrip">;
}

export interface RegistryRequest {
  /** A short fixed name for the metrics. */
  readonly operation: string;
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface RegistryAnswer {
  readonly status: number;
  /** The parsed JSON; undefined when it is none. */
  readonly body: unknown;
}

export interface Patience {
  readonly attempts: number;
  readonly timeoutMs: number;
  /** Also an answer of 409 is asked for again, and believed when the last attempt brings it, too. */
  readonly repeatsConflicts: boolean;
}

export interface RegistryHttp {
  /** Where the registry is, without credentials. */
  readonly address: string;
  /** @throws OperationalError `registry_unavailable` when no attempt is answered. */
  ask(request: RegistryRequest, patience: Patience): Promise<RegistryAnswer>;
}

type Attempt =
  | { readonly type: "answer"; readonly answer: RegistryAnswer }
  | { readonly type: "failure"; readonly reason: string };

/** @throws OperationalError `invalid_configuration` when the URL is none. */
export function createRegistryHttp({ url, clock, random, metrics }: RegistryDeps): RegistryHttp {
  const { address, authorization } = parseUrl(url);

  const attempt = async ({ operation, method, path, body }: RegistryRequest, timeoutMs: number): Promise<Attempt> => {
    metrics.roundTrip("registry", operation);
    const deadline = new AbortController();
    const cancel = clock.schedule(timeoutMs, () => deadline.abort());
    try {
      const response = await fetch(`${address}${path}`, {
        method,
        headers: {
          accept: MEDIA_TYPE,
          ...authorization,
          ...(body === undefined ? {} : { "content-type": MEDIA_TYPE }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: "error",
        signal: deadline.signal,
      });
      const answer = { status: response.status, body: parseJson(await readText(response)) };
      if (answer.status < 500 && answer.status !== 429 && answer.status !== 408) return { type: "answer", answer };
      return { type: "failure", reason: `it answers ${quoted(answer)}` };
    } catch (error) {
      return { type: "failure", reason: deadline.signal.aborted ? "it does not answer in time" : reasonOf(error) };
    } finally {
      cancel();
    }
  };

  return {
    address,
    async ask(request, { attempts, timeoutMs, repeatsConflicts }) {
      for (let made = 1; ; made++) {
        const result = await attempt(request, timeoutMs);
        const isLast = made === attempts;
        if (result.type === "failure" && isLast) throw unavailable(address, result.reason);
        const isConflict = result.type === "answer" && result.answer.status === 409;
        if (result.type === "answer" && (isLast || !isConflict || !repeatsConflicts)) return result.answer;
        await pause(clock, backoffMs(BACKOFF, made, random));
      }
    },
  };
}

function parseUrl(text: string): { address: string; authorization: Readonly<Record<string, string>> } {
  const url = URL.parse(text);
  if (url === null || !(url.protocol === "http:" || url.protocol === "https:")) {
    throw invalid("it must look like http://127.0.0.1:8081 or https://user:password@registry.example");
  }
  const [user, password] = [decode(url.username), decode(url.password)];
  const credentials = Buffer.from(`${user}:${password}`).toString("base64");
  return {
    address: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    authorization: user === "" ? {} : { authorization: `Basic ${credentials}` },
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid("its user or password is not percent-encoded");
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new RangeError(`its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The fields of an answer that is a JSON object; none of any other. */
export function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
}

/** An answer as far as a person needs it. */
export function quoted({ status, body }: RegistryAnswer): string {
  const { message } = fieldsOf(body);
  return typeof message === "string" ? `${status}: ${message.slice(0, MAX_QUOTED)}` : String(status);
}

/** What a failed fetch says: the reason of the network is its cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const { code, message: causeMessage } = (cause ?? {}) as NodeJS.ErrnoException;
  return code ?? causeMessage ?? message;
}

/** The error of a registry that does not do its work. */
export function unavailable(address: string, reason: string): OperationalError {
  const message = `The schema registry at ${address} cannot be used: ${reason}. Start it, or correct SCHEMA_REGISTRY_URL.`;
  return new OperationalError("registry_unavailable", message, { retryable: true });
}

function invalid(reason: string): OperationalError {
  return new OperationalError("invalid_configuration", `SCHEMA_REGISTRY_URL cannot be used: ${reason}.`, {
    retryable: false,
  });
}
