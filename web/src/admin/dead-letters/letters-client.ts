/** Dead letters as the service answers them, and the requests for them. */
import type { Answer } from "../../api/client.ts";
import { adminGet, adminPost } from "../admin-client.ts";

export const LETTER_STATES = ["open", "redriven", "dropped"] as const;
export type LetterState = (typeof LETTER_STATES)[number];

export interface LetterSummary {
  readonly id: string;
  readonly state: LetterState;
  readonly code: string;
  readonly detail: string;
  readonly source: { readonly topic: string; readonly shard: number; readonly offset: number; readonly at: string };
  readonly key: string;
  readonly preview: string;
  readonly payloadBytes: number;
  readonly parkedAt: string;
  readonly predecessor: string | null;
}

export interface LetterAct {
  readonly actId: string;
  readonly act: "redriven" | "dropped";
  readonly at: string;
  readonly operator: { readonly keyId: string; readonly name: string };
  readonly reason: string;
  readonly editedPayload: string | null;
  readonly editedKey: string | null;
}

export interface Letter extends LetterSummary {
  readonly payload: string;
  readonly encoding: "text" | "base64";
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly history: readonly LetterAct[];
}

export interface LetterGroup {
  readonly code: string;
  readonly open: number;
  readonly redriven: number;
  readonly dropped: number;
}

export interface LetterPage {
  readonly letters: readonly LetterSummary[];
  readonly next: string | null;
}

/** What became of a letter, or would; which fields there are depends on the type. */
export interface LetterOutcome {
  readonly type: string;
  readonly orderId?: string;
  readonly events?: readonly string[];
  readonly statusBefore?: string | null;
  readonly statusAfter?: string;
  readonly mails?: readonly string[];
  readonly status?: string | null;
  readonly code?: string;
  readonly detail?: string;
  readonly state?: LetterState;
}

export interface LetterResult {
  readonly id: string;
  readonly outcome: LetterOutcome;
}

export interface PartResult {
  readonly items: readonly LetterResult[];
  readonly next: string | null;
}

/** Which letters are meant: these, or all open ones of a code, or all open ones. */
export type Selection = { readonly ids: readonly string[] } | { readonly code: string } | { readonly all: true };

export interface LetterEdit {
  readonly payload?: string;
  readonly key?: string;
}

const PATH = "/admin/dead-letters";

export function listLetters(
  query: { readonly state: LetterState; readonly code: string | null; readonly cursor: string | null },
  signal?: AbortSignal,
): Promise<Answer<LetterPage>> {
  const parameters = new URLSearchParams({ state: query.state, limit: "50" });
  if (query.code !== null) parameters.set("code", query.code);
  if (query.cursor !== null) parameters.set("cursor", query.cursor);
  return adminGet(`${PATH}?${parameters}`, signal);
}

export function getGroups(signal?: AbortSignal): Promise<Answer<{ readonly groups: readonly LetterGroup[] }>> {
  return adminGet(`${PATH}/groups`, signal);
}

export function getLetter(id: string, signal?: AbortSignal): Promise<Answer<Letter>> {
  return adminGet(`${PATH}/${encodeURIComponent(id)}`, signal);
}

/** A part of sending a selection again, or of its dry run. */
export function redrivePart(
  selection: Selection,
  part: { readonly reason: string; readonly dryRun: boolean; readonly cursor: string | null },
): Promise<Answer<PartResult>> {
  return adminPost(`${PATH}/redrive`, { ...selection, reason: part.reason, dryRun: part.dryRun, ...from(part.cursor) });
}

/** Sends one letter's record again, edited, or says what would follow. */
export async function redriveEdited(
  id: string,
  edit: LetterEdit,
  { reason, dryRun }: { readonly reason: string; readonly dryRun: boolean },
): Promise<Answer<PartResult>> {
  const answer = await adminPost<LetterResult>(`${PATH}/${encodeURIComponent(id)}/redrive`, {
    ...edit,
    reason,
    dryRun,
  });
  return answer.type === "ok" ? { type: "ok", value: { items: [answer.value], next: null } } : answer;
}

export function dropPart(
  selection: Selection,
  part: { readonly reason: string; readonly cursor: string | null },
): Promise<Answer<PartResult>> {
  return adminPost(`${PATH}/drop`, { ...selection, reason: part.reason, ...from(part.cursor) });
}

function from(cursor: string | null): { readonly cursor?: string } {
  return cursor === null ? {} : { cursor };
}
