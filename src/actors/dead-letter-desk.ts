/**
 * What people do with dead letters: look at them, send their records again and drop them. Sending again is harmless
 * when repeated, because the order knows each cause; so a record goes first and the decision after it, and a crash in
 * between leaves a letter open that may be sent once more. Nothing here holds a list in memory: a large selection is
 * worked off in parts, and the answer to each part says where the next begins.
 */
import type { ErrorCode } from "../domain/error-codes.ts";
import { createAudit } from "./audit.ts";
import { bytesOfBase64 } from "./base64.ts";
import { REDRIVE_LETTER, REDRIVE_OPERATOR } from "./dead-letter.ts";
import type { LetterAct, LetterState, LetterSummary, StoredLetter } from "./dead-letter-documents.ts";
import { type CodeCounts, type CountsDocument, countsId, type LetterDocument } from "./dead-letter-documents.ts";
import { type LetterPlace, lettersInOrder } from "./dead-letter-order.ts";
import { type ResolutionType, resolutionRecord } from "./dead-letter-records.ts";
import { activeLetterVersion, letterViews, storedLetters } from "./dead-letter-view.ts";
import { OperationalError } from "./errors.ts";
import { createLetterClaims } from "./letter-claims.ts";
import type { ActLog, Operator } from "./operators.ts";
import type { Clock, InboxTopic, MessageLog, NewRecord, Random, ViewStore } from "./ports.ts";
import { createRatePacer } from "./rate-pacer.ts";
import { type Forecast, type ForecastDeps, forecastOf } from "./redrive-forecast.ts";

/** No part of a selection holds more letters than this, nor lasts longer than this at its rate. */
const PART_LETTERS = 100;
const PART_S = 2;
export const DEFAULT_REDRIVE_PER_S = 50;

/** One letter, whole. */
export interface LetterDetail extends LetterSummary {
  readonly payload: string;
  readonly encoding: "text" | "base64";
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly history: readonly LetterAct[];
}

/** Letters by their ids, or the open letters of one code, or all open ones (null). */
export type LetterSelection = { readonly ids: readonly string[] } | { readonly code: string | null };

interface Part {
  readonly selection: LetterSelection;
  readonly reason: string;
  /** `next` of the part before. */
  readonly cursor?: string;
}

export interface RedriveRequest extends Part {
  /** True to be told what would follow, without sending anything. */
  readonly dryRun: boolean;
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

export interface DeadLetterDesk {
  /** Newest first. */
  list(query: LetterQuery): Promise<LetterPage>;
  /** How many letters there are of each code, the code with most open ones first. */
  groups(): Promise<readonly CodeCounts[]>;
  get(id: string): Promise<LetterDetail | null>;
  redrive(operator: Operator, request: RedriveRequest): Promise<PartResult>;
  /** Decides that letters stay as they are: nothing is sent, and they are open no longer. */
  drop(operator: Operator, request: Part): Promise<PartResult>;
}

export interface DeadLetterDeskDeps extends ForecastDeps {
  readonly log: Pick<MessageLog, "produce" | "asConsumed">;
  readonly viewStore: ViewStore;
  readonly actLog: Pick<ActLog, "append">;
  readonly clock: Clock;
  readonly random: Pick<Random, "id">;
}

/** The cursors that `list`, and `redrive` and `drop` understand. */
export const LIST_CURSOR = /^(\d{1,15})\.([a-z]+(?:-[a-z]+)?-\d{1,15}-\d{1,15})$/;
export const PART_CURSOR = /^(\d{1,15})(?:\.(\d{1,15}\.[a-z]+(?:-[a-z]+)?-\d{1,15}-\d{1,15}))?$/;

export function createDeadLetterDesk(deps: DeadLetterDeskDeps): DeadLetterDesk {
  const { log, viewStore, clock, shards } = deps;
  const audit = createAudit(deps);
  const pacer = createRatePacer(clock);
  const claims = createLetterClaims(viewStore);
  const views = async () => letterViews(await activeLetterVersion(viewStore));

  /** The letters of a part, and where the next one begins. */
  const select = async (
    { selection, cursor }: Part,
    limit: number,
  ): Promise<{ readonly ids: readonly string[]; readonly next: string | null }> => {
    const [, first = "", place] = PART_CURSOR.exec(cursor ?? "") ?? [];
    if ("ids" in selection) {
      const from = Number(first);
      const ids = selection.ids.slice(from, from + limit);
      return { ids, next: from + limit < selection.ids.length ? String(from + limit) : null };
    }
    // A letter whose record fails again makes a new one: only those from before the beginning are taken.
    const untilMs = first === "" ? clock.nowMs() - 1 : Number(first);
    const { code } = selection;
    const inOrder = lettersInOrder(viewStore, (await views()).letters, {
      where: { state: "open", ...(code === null ? {} : { code }) },
      untilMs,
      after: place === undefined ? null : placeOf(place),
      pageLetters: PART_LETTERS + 1,
    });
    const found: LetterDocument[] = [];
    for await (const letter of inOrder) if (found.push(letter) > limit) break;
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const next = found.length > limit && last ? `${untilMs}.${cursorOf(last)}` : null;
    return { ids: page.map(({ id }) => id), next };
  };

  const load = async (ids: readonly string[]): Promise<ReadonlyMap<string, StoredLetter>> =>
    storedLetters(viewStore, await views(), [...new Set(ids)]);

  /** A record that the log certainly does not have leaves the letter to whoever sends something else. */
  const notSent = async (error: unknown, id: string, claimId: string): Promise<never> => {
    if (error instanceof OperationalError && error.code !== "outcome_unknown") await claims.giveBack(id, claimId);
    throw error;
  };

  const resolve = async (
    operator: Operator,
    { summary, contents }: StoredLetter,
    decision: { resolution: ResolutionType; reason: string; edit?: LetterEdit; record?: NewRecord },
  ): Promise<LetterOutcome> => {
    const { resolution, reason, edit = {}, record } = decision;
    const edited = { payload: edit.payload !== undefined, key: edit.key !== undefined };
    const details = { code: summary.code, ...(record === undefined ? {} : { topic: record.topic, edited }) };
    const noun = resolution === "redriven" ? "deadLetter.redrive" : "deadLetter.drop";
    const act = { by: operator, act: `deadLetter.${resolution}`, noun, target: summary.id, reason, details };
    const { keyId, name } = operator;
    try {
      return await audit.perform(
        act,
        async ({ actId, at }): Promise<LetterOutcome> => {
          if (record !== undefined) {
            if (!(await claims.take(summary.id, edit, actId))) return TAKEN;
            await log.produce([record]).catch((error: unknown) => notSent(error, summary.id, actId));
          }
          const note = resolutionRecord(contents.key, {
            id: summary.id,
            actId,
            resolution,
            operator: { keyId, name },
            reason,
            at,
            editedPayload: edit.payload ?? null,
            editedKey: edit.key ?? null,
          });
          await log.produce([note]).catch(record === undefined ? rethrow : tellSent);
          return { type: resolution };
        },
        (outcome) => (outcome.type === "failed" ? outcome.detail : null),
      );
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      return { type: "failed", code: error.code, detail: error.message };
    }
  };

  const redriveNow = async (
    operator: Operator,
    letter: StoredLetter,
    { reason, edit = {}, ratePerS = DEFAULT_REDRIVE_PER_S }: RedriveRequest,
  ): Promise<LetterOutcome> => {
    await pacer.turn(ratePerS);
    const record = recordAgain(letter, edit, operator);
    return resolve(operator, letter, { resolution: "redriven", reason, edit, record });
  };

  const foresee = async (
    operator: Operator,
    letters: readonly StoredLetter[],
    edit: LetterEdit = {},
  ): Promise<ReadonlyMap<string, Forecast>> => {
    const forecasts = await forecastOf(
      deps,
      letters.map((letter) => recordAgain(letter, edit, operator)),
    );
    return new Map(letters.map(({ summary: { id } }, i) => [id, forecasts[i] as Forecast]));
  };

  return {
    async list({ state, code, limit, cursor }) {
      const place = cursor === undefined ? undefined : placeOf(cursor);
      const found = await viewStore.list((await views()).letters, {
        where: { ...(state === undefined ? {} : { state }), ...(code === undefined ? {} : { code }) },
        sortBy: "parkedAtMs",
        direction: "descending",
        limit: limit + 1,
        ...(place === undefined ? {} : { after: { value: place.parkedAtMs, id: place.id } }),
      });
      const page = found.slice(0, limit).map(({ document }) => document as unknown as LetterDocument);
      const last = page.at(-1);
      return { letters: page.map(shown), next: found.length > limit && last ? cursorOf(last) : null };
    },
    async groups() {
      const ids = Array.from({ length: shards }, (_, shard) => countsId(shard));
      const documents = await viewStore.getMany((await views()).counts, ids);
      return sumOfCounts([...documents.values()] as unknown as CountsDocument[]);
    },
    async get(id) {
      const letter = (await load([id])).get(id);
      return letter === undefined ? null : { ...shown(letter.summary), ...letter.contents };
    },
    async redrive(operator, request) {
      const { dryRun, ratePerS = DEFAULT_REDRIVE_PER_S } = request;
      const limit = dryRun ? PART_LETTERS : Math.max(1, Math.min(PART_LETTERS, Math.floor(ratePerS * PART_S)));
      const { ids, next } = await select(request, limit);
      const letters = await load(ids);
      const ready = [...new Set(ids)].flatMap((id) => {
        const letter = letters.get(id);
        return letter === undefined || letter.summary.state === "redriven" ? [] : [letter];
      });
      const forecasts = dryRun ? await foresee(operator, ready, request.edit) : null;
      const items: LetterResult[] = [];
      for (const id of new Set(ids)) {
        const letter = letters.get(id);
        items.push({
          id,
          outcome:
            missingOrDone(letter, ["redriven"]) ??
            forecasts?.get(id) ??
            (await redriveNow(operator, letter as StoredLetter, request)),
        });
      }
      return { items, next };
    },
    async drop(operator, request) {
      const { ids, next } = await select(request, PART_LETTERS);
      const letters = await load(ids);
      const items: LetterResult[] = [];
      for (const id of new Set(ids)) {
        const letter = letters.get(id);
        const outcome =
          missingOrDone(letter, ["redriven", "dropped"]) ??
          (await resolve(operator, letter as StoredLetter, { resolution: "dropped", reason: request.reason }));
        items.push({ id, outcome });
      }
      return { items, next };
    },
  };
}

function rethrow(error: unknown): never {
  throw error;
}

/** The record is on its way, whatever became of the note that it is. */
function tellSent(error: unknown): never {
  if (!(error instanceof OperationalError)) throw error;
  const message = `the record was sent again, and its letter may still be open: ${error.message}`;
  throw new OperationalError("outcome_unknown", message, { retryable: true, cause: error });
}

const TAKEN: LetterOutcome = {
  type: "failed",
  code: "letter_taken",
  detail: "somebody has begun to send something else of this letter; look at it again in a moment",
};

/** Why nothing is done with a letter; null where something is. A dropped letter may still be sent again. */
function missingOrDone(letter: StoredLetter | undefined, done: readonly LetterState[]): LetterOutcome | null {
  if (letter === undefined) return { type: "notFound" };
  const { state } = letter.summary;
  return done.includes(state) ? { type: "alreadyResolved", state } : null;
}

/** The record of a letter as it goes to its topic again. */
function recordAgain({ summary, contents }: StoredLetter, edit: LetterEdit, { name }: Operator): NewRecord {
  const { payload, encoding, headers } = contents;
  return {
    topic: summary.source.topic as InboxTopic,
    key: edit.key ?? contents.key,
    value: edit.payload ?? (encoding === "text" ? payload : bytesOfBase64(payload)),
    headers: {
      ...Object.fromEntries(headers.map((header) => [header.name, header.value])),
      [REDRIVE_LETTER]: summary.id,
      [REDRIVE_OPERATOR]: name,
    },
  };
}

/** Without what only the store sorts by. */
function shown(document: LetterDocument): LetterSummary {
  const { id, state, code, detail, source, key, preview, payloadBytes, parkedAt, predecessor } = document;
  return { id, state, code, detail, source, key, preview, payloadBytes, parkedAt, predecessor };
}

function sumOfCounts(documents: readonly CountsDocument[]): readonly CodeCounts[] {
  const byCode = Map.groupBy(
    documents.flatMap(({ codes }) => codes),
    ({ code }) => code,
  );
  return [...byCode]
    .map(([code, counts]) =>
      counts.reduce(
        (sum, { open, redriven, dropped }) => ({
          code,
          open: sum.open + open,
          redriven: sum.redriven + redriven,
          dropped: sum.dropped + dropped,
        }),
        { code, open: 0, redriven: 0, dropped: 0 },
      ),
    )
    .toSorted((a, b) => b.open - a.open || (a.code < b.code ? -1 : 1));
}

function cursorOf({ parkedAtMs, id }: LetterPlace): string {
  return `${parkedAtMs}.${id}`;
}

function placeOf(cursor: string): LetterPlace {
  const [, parkedAtMs, id] = LIST_CURSOR.exec(cursor) ?? [];
  if (parkedAtMs === undefined || id === undefined) throw new Error(`not a cursor of dead letters: ${cursor}`);
  return { parkedAtMs: Number(parkedAtMs), id };
}
