/**
 * What people do with dead letters: look at them, send their records again and drop them. Sending again is harmless
 * when repeated, because the order knows each cause; so a record goes first and the decision after it, and a crash in
 * between leaves a letter open that may be sent once more. Nothing here holds a list in memory: a large selection is
 * worked off in parts, and the answer to each part says where the next begins.
 */
import { createAudit } from "./audit.ts";
import type { StoredLetter } from "./dead-letter-documents.ts";
import {
  createDeadLetterLookup,
  type DeadLetterLookup,
  type DeadLetterLookupDeps,
  missingOrDone,
} from "./dead-letter-lookup.ts";
import { type ResolutionType, resolutionRecord } from "./dead-letter-records.ts";
import {
  type LetterEdit,
  type LetterOutcome,
  type LetterResult,
  PART_LETTERS,
  type Part,
  type PartResult,
  type RedriveRequest,
} from "./dead-letter-requests.ts";
import { createLetterSelections } from "./dead-letter-selection.ts";
import { OperationalError } from "./errors.ts";
import { createLetterClaims } from "./letter-claims.ts";
import type { ActLog, Operator } from "./operators.ts";
import type { Clock, MessageLog, NewRecord, Random, ViewStore } from "./ports.ts";
import { createRatePacer } from "./rate-pacer.ts";
import { createRecordAgain } from "./redriven-records.ts";

/** No part of a selection lasts longer than this at its rate. */
const PART_S = 2;
export const DEFAULT_REDRIVE_PER_S = 50;

export interface DeadLetterDesk extends DeadLetterLookup {
  /** Sends the records of a part again. */
  redrive(operator: Operator, request: RedriveRequest): Promise<PartResult>;
  /** Decides that letters stay as they are: nothing is sent, and they are open no longer. */
  drop(operator: Operator, request: Part): Promise<PartResult>;
}

export interface DeadLetterDeskDeps extends DeadLetterLookupDeps {
  readonly log: Pick<MessageLog, "produce" | "asConsumed">;
  readonly viewStore: Pick<ViewStore, "activeVersion" | "getMany" | "list" | "apply" | "putNew">;
  readonly actLog: Pick<ActLog, "append">;
  readonly clock: Clock;
  readonly random: Pick<Random, "id">;
}

export function createDeadLetterDesk(deps: DeadLetterDeskDeps): DeadLetterDesk {
  const { log, clock } = deps;
  const lookup = createDeadLetterLookup(deps);
  const selections = createLetterSelections(deps);
  const recordAgain = createRecordAgain(deps.codec);
  const audit = createAudit(deps);
  const pacer = createRatePacer(clock);
  const claims = createLetterClaims(deps.viewStore);

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
            // What was sent, which may be in another name than what was typed.
            editedPayload: edit.payload === undefined || record === undefined ? null : String(record.value),
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

  return {
    ...lookup,
    async redrive(operator, request) {
      const { ratePerS = DEFAULT_REDRIVE_PER_S } = request;
      const limit = Math.max(1, Math.min(PART_LETTERS, Math.floor(ratePerS * PART_S)));
      const { ids, next } = await selections.select(request, limit);
      const letters = await selections.load(ids);
      const items: LetterResult[] = [];
      for (const id of new Set(ids)) {
        const letter = letters.get(id);
        const outcome =
          missingOrDone(letter, ["redriven"]) ?? (await redriveNow(operator, letter as StoredLetter, request));
        items.push({ id, outcome });
      }
      return { items, next };
    },
    async drop(operator, request) {
      const { ids, next } = await selections.select(request, PART_LETTERS);
      const letters = await selections.load(ids);
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
