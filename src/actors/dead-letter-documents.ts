/**
 * The view of dead letters: what it holds, and how the topic folds into it. A letter has a short document that lists
 * show and one with its content, which may be a megabyte; and each shard counts its letters, so that nobody has to.
 * The fold is pure and bears repeats: a letter or a decision that is there already changes nothing.
 */
import { base64Of } from "./base64.ts";
import { REDRIVE_LETTER } from "./dead-letter.ts";
import { type Letter, letterIdOf, type Resolution, type ResolutionType } from "./dead-letter-records.ts";
import type { ViewDefinition } from "./ports.ts";

export const LETTERS_VIEW: ViewDefinition = {
  name: "dead-letters",
  fields: { state: "text", code: "text", key: "text", parkedAtMs: "integer" },
  indexes: [
    ["parkedAtMs"],
    ["state", "parkedAtMs"],
    ["code", "parkedAtMs"],
    ["state", "code", "parkedAtMs"],
    ["key", "state", "parkedAtMs"],
  ],
};
/** The versions of these two are those of the view above. */
export const CONTENTS_VIEW: ViewDefinition = { name: "dead-letter-contents", fields: {}, indexes: [] };
export const COUNTS_VIEW: ViewDefinition = { name: "dead-letter-counts", fields: {}, indexes: [] };

export const LETTER_STATES = ["open", "redriven", "dropped"] as const;
export type LetterState = (typeof LETTER_STATES)[number];

/** A dead letter as lists show it. */
export interface LetterSummary {
  /** Such as `payments-3-17`. */
  readonly id: string;
  readonly state: LetterState;
  readonly code: string;
  readonly detail: string;
  readonly source: { readonly topic: string; readonly shard: number; readonly offset: number; readonly at: string };
  /** The record's key; of a long one the beginning. */
  readonly key: string;
  /** The beginning of the payload. */
  readonly preview: string;
  readonly payloadBytes: number;
  /** ISO 8601 instant in UTC. */
  readonly parkedAt: string;
  /** The letter whose record was sent again and failed again as this one. */
  readonly predecessor: string | null;
}

export interface LetterContents {
  readonly key: string;
  /** Text, or Base64 where the bytes are no text. */
  readonly payload: string;
  readonly encoding: "text" | "base64";
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly history: readonly LetterAct[];
}

/** What somebody did with a letter. */
export interface LetterAct {
  readonly actId: string;
  readonly act: ResolutionType;
  readonly at: string;
  readonly operator: { readonly keyId: string; readonly name: string };
  readonly reason: string;
  /** What was sent instead of the letter's own payload and key; null where they were not edited. */
  readonly editedPayload: string | null;
  readonly editedKey: string | null;
}

export interface LetterDocument extends LetterSummary {
  readonly parkedAtMs: number;
}

export interface StoredLetter {
  readonly summary: LetterDocument;
  readonly contents: LetterContents;
}

export interface CodeCounts {
  readonly code: string;
  readonly open: number;
  readonly redriven: number;
  readonly dropped: number;
}

/** The counts of a shard, up to an offset of the topic. */
export interface CountsDocument {
  readonly upTo: number;
  readonly codes: readonly CodeCounts[];
}

const PREVIEW_LENGTH = 200;

const encoder = new TextEncoder();

export function countsId(shard: number): string {
  return `shard-${shard}`;
}

/** Takes records of the topic in their order, and returns the letters that they change. */
export function foldLetters(
  known: ReadonlyMap<string, StoredLetter>,
  records: readonly (Letter | Resolution)[],
): ReadonlyMap<string, StoredLetter> {
  const changed = new Map<string, StoredLetter>();
  for (const record of records) {
    const stored = changed.get(record.id) ?? known.get(record.id);
    const next = record.type === "letter" ? (stored ?? newLetter(record)) : resolved(stored, record);
    if (next !== undefined && next !== stored) changed.set(record.id, next);
  }
  return changed;
}

/** The counts after letters changed. */
export function countLetters(
  counts: readonly CodeCounts[],
  known: ReadonlyMap<string, StoredLetter>,
  changed: ReadonlyMap<string, StoredLetter>,
): readonly CodeCounts[] {
  const byCode = new Map(counts.map((count) => [count.code, count]));
  const add = ({ code, state }: LetterSummary, by: number): void => {
    const count = byCode.get(code) ?? { code, open: 0, redriven: 0, dropped: 0 };
    byCode.set(code, { ...count, [state]: count[state] + by });
  };
  for (const [id, { summary }] of changed) {
    const before = known.get(id);
    if (before !== undefined) add(before.summary, -1);
    add(summary, 1);
  }
  return [...byCode.values()];
}

function newLetter({ id, code, detail, source, key, value, headers, parkedAtMs }: Letter): StoredLetter {
  const isText = typeof value === "string";
  const { timestampMs, ...place } = source;
  const summary: LetterDocument = {
    id,
    state: "open",
    code,
    detail,
    source: { ...place, at: new Date(timestampMs).toISOString() },
    key: beginningOf(key),
    preview: isText ? beginningOf(value) : `${value.length} bytes that are no text`,
    payloadBytes: isText ? encoder.encode(value).length : value.length,
    parkedAt: new Date(parkedAtMs).toISOString(),
    predecessor: letterIdOf(headers[REDRIVE_LETTER] ?? ""),
    parkedAtMs,
  };
  const contents: LetterContents = {
    key,
    payload: isText ? value : base64Of(value),
    encoding: isText ? "text" : "base64",
    headers: Object.entries(headers).map(([name, text]) => ({ name, value: text })),
    history: [],
  };
  return { summary, contents };
}

/** Whole characters: a half of one is no text that a store would keep. */
function beginningOf(text: string): string {
  return text.slice(0, PREVIEW_LENGTH).toWellFormed();
}

/** A letter that was sent again stays so, whatever is decided about it in the same moment elsewhere. */
function resolved(letter: StoredLetter | undefined, decided: Resolution): StoredLetter | undefined {
  if (letter === undefined) return undefined;
  const { actId, resolution: act, at, operator, reason, editedPayload, editedKey } = decided;
  const { summary, contents } = letter;
  if (contents.history.some((earlier) => earlier.actId === actId)) return letter;
  const history = [...contents.history, { actId, act, at, operator, reason, editedPayload, editedKey }];
  const state = summary.state === "redriven" ? summary.state : act;
  return { summary: { ...summary, state }, contents: { ...contents, history } };
}
