/** What people ask about dead letters, and what they are answered. */
import type { ErrorCode } from "../domain/error-codes.ts";
import type { LetterAct, LetterState, LetterSummary } from "./dead-letter-documents.ts";
import type { ResolutionType } from "./dead-letter-records.ts";
import type { Forecast } from "./redrive-forecast.ts";

/** No part of a selection holds more letters than this. */
export const PART_LETTERS = 100;

/** The cursors that `list`, and `redrive` and `drop` understand. */
export const LIST_CURSOR = /^(\d{1,15})\.([a-z]+(?:-[a-z]+)?-\d{1,15}-\d{1,15})$/;
export const PART_CURSOR = /^(\d{1,15})(?:\.(\d{1,15}\.[a-z]+(?:-[a-z]+)?-\d{1,15}-\d{1,15}))?$/;

/** One letter, whole. */
export interface LetterDetail extends LetterSummary {
  readonly payload: string;
  readonly encoding: "text" | "base64";
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly history: readonly LetterAct[];
}

/** Letters by their ids, or the open letters of one code, or all open ones (null). */
export type LetterSelection = { readonly ids: readonly string[] } | { readonly code: string | null };

/** A part of a selection. */
export interface Part {
  readonly selection: LetterSelection;
  readonly reason: string;
  /** `next` of the part before. */
  readonly cursor?: string;
}

export interface RedriveRequest extends Part {
  readonly ratePerS?: number;
  /** Sent instead of what the record was; the letter keeps the original. For a selection of one. */
  readonly edit?: LetterEdit;
}

export interface LetterEdit {
  readonly payload?: string;
  readonly key?: string;
}

export type LetterOutcome =
  | { readonly type: ResolutionType }
  | Forecast
  | { readonly type: "notFound" }
  /** It was sent again or dropped before, and nothing was done now. */
  | { readonly type: "alreadyResolved"; readonly state: LetterState }
  /** The log or the store failed: the letter is still open, and a repeat is harmless. */
  | { readonly type: "failed"; readonly code: ErrorCode; readonly detail: string };

export interface LetterResult {
  readonly id: string;
  readonly outcome: LetterOutcome;
}

export interface PartResult {
  readonly items: readonly LetterResult[];
  /** Where the next part begins; null when this was the last. */
  readonly next: string | null;
}

export interface LetterPage {
  readonly letters: readonly LetterSummary[];
  readonly next: string | null;
}

export interface LetterQuery {
  readonly state?: LetterState;
  readonly code?: string;
  readonly limit: number;
  readonly cursor?: string;
}
