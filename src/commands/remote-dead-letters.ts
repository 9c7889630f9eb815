/** The desk of dead letters in a running service, over its HTTP API and with an operator's key. */
import type {
  DeadLetterDesk,
  LetterDetail,
  LetterPage,
  LetterResult,
  LetterSelection,
  PartResult,
} from "../actors/dead-letter-desk.ts";
import type { CodeCounts } from "../actors/dead-letter-documents.ts";
import { OperationalError } from "../actors/errors.ts";
import { ERROR_CODES, type ErrorCode } from "../domain/error-codes.ts";

const ANSWER_WITHIN_MS = 30_000;

/** The service knows by the key who asks, so the operator that is passed to the desk is not looked at. */
export function createRemoteDeadLetters(url: string, key: string): DeadLetterDesk {
  const ask = async <T>(path: string, body?: unknown): Promise<T | null> => {
    const answer = await fetchAnswer(new URL(path, url), key, body);
    const document: unknown = await answer.json().catch(() => null);
    if (answer.ok && document !== null) return document as T;
    const { code, detail } = (document ?? {}) as { readonly code?: string; readonly detail?: string };
    if (code === "dead_letter_not_found") return null;
    const known = code !== undefined && Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : null;
    const message = known === null ? `${url} answered ${answer.status} to ${path}` : `The service says: ${detail}`;
    throw new OperationalError(known ?? "unexpected_answer", message, { retryable: false });
  };
  const part = async (path: string, selection: LetterSelection, more: object): Promise<PartResult> =>
    (await ask<PartResult>(path, { ...wireOf(selection), ...more })) ?? { items: [], next: null };

  return {
    async list(query) {
      const parameters = Object.entries(query).map(([name, value]) => [name, String(value)] as [string, string]);
      const page = await ask<LetterPage>(`/admin/dead-letters?${new URLSearchParams(parameters).toString()}`);
      return page ?? { letters: [], next: null };
    },
    async groups() {
      return (await ask<{ groups: readonly CodeCounts[] }>("/admin/dead-letters/groups"))?.groups ?? [];
    },
    get: (id) => ask<LetterDetail>(`/admin/dead-letters/${encodeURIComponent(id)}`),
    async redrive(_operator, { selection, edit, ...more }) {
      if (edit === undefined || !("ids" in selection)) return part("/admin/dead-letters/redrive", selection, more);
      const [id = ""] = selection.ids;
      const { reason, dryRun } = more;
      const path = `/admin/dead-letters/${encodeURIComponent(id)}/redrive`;
      const item = await ask<LetterResult>(path, { ...edit, reason, dryRun });
      return { items: [item ?? { id, outcome: { type: "notFound" } }], next: null };
    },
    drop: (_operator, { selection, ...more }) => part("/admin/dead-letters/drop", selection, more),
  };
}

function wireOf(selection: LetterSelection): object {
  if ("ids" in selection) return { ids: selection.ids };
  return selection.code === null ? { all: true } : { code: selection.code };
}

async function fetchAnswer(url: URL, key: string, body: unknown): Promise<Response> {
  try {
    return await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${key}`,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  } catch (cause) {
    const message = `No service answers at ${url.origin}: start it, or say with --url where it is.`;
    throw new OperationalError("service_unreachable", message, { retryable: true, cause });
  }
}
