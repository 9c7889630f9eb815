/** Looks at dead letters, and foresees what would follow if their records were sent again. It writes nothing. */
import {
  type CodeCounts,
  type CountsDocument,
  countsId,
  type LetterDocument,
  type LetterState,
  type LetterSummary,
  type StoredLetter,
} from "./dead-letter-documents.ts";
import {
  type LetterDetail,
  type LetterOutcome,
  type LetterPage,
  type LetterQuery,
  type LetterResult,
  PART_LETTERS,
  type Part,
  type PartResult,
  type RedriveRequest,
} from "./dead-letter-requests.ts";
import { createLetterSelections, cursorOf, placeOf } from "./dead-letter-selection.ts";
import { letterViews, readLetterVersion } from "./dead-letter-view.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { Operator } from "./operators.ts";
import type { Clock, NewRecord, ViewStore } from "./ports.ts";
import { createRedriveForecast, type Forecast, type ForecastDeps, orderIdsOf } from "./redrive-forecast.ts";
import { createRecordAgain } from "./redriven-records.ts";

export interface DeadLetterLookup {
  /** Newest first. */
  list(query: LetterQuery): Promise<LetterPage>;
  /** How many letters there are of each code, the code with most open ones first. */
  groups(): Promise<readonly CodeCounts[]>;
  get(id: string): Promise<LetterDetail | null>;
  /** What would follow from sending the records of a part again, after those of the parts before it. */
  foresee(operator: Operator, request: RedriveRequest): Promise<PartResult>;
}

export interface DeadLetterLookupDeps extends ForecastDeps {
  readonly viewStore: Pick<ViewStore, "activeVersion" | "getMany" | "list">;
  readonly codec: MessageCodec;
  readonly clock: Pick<Clock, "nowMs">;
}

export function createDeadLetterLookup(deps: DeadLetterLookupDeps): DeadLetterLookup {
  const { viewStore, shards } = deps;
  const selections = createLetterSelections(deps);
  const recordAgain = createRecordAgain(deps.codec);
  const views = async () => letterViews(await readLetterVersion(viewStore));

  /** Decides letters of a part on their orders, as those are after the letters of the parts before. */
  const forecastsOf = async (
    part: Part,
    letters: readonly StoredLetter[],
    recordOf: (letter: StoredLetter) => NewRecord,
  ): Promise<ReadonlyMap<string, Forecast>> => {
    const forecast = createRedriveForecast(deps);
    const read = await forecast.read(letters.map(recordOf));
    for await (const some of selections.earlier(part, orderIdsOf(read))) {
      await forecast.decide(await forecast.read(some.map(recordOf)));
    }
    const forecasts = await forecast.decide(read);
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
      const letter = (await selections.load([id])).get(id);
      return letter === undefined ? null : { ...shown(letter.summary), ...letter.contents };
    },
    async foresee(operator, { edit = {}, ...part }) {
      const { ids, next } = await selections.select(part, PART_LETTERS);
      const letters = await selections.load(ids);
      const ready = [...letters.values()].filter((letter) => missingOrDone(letter, ["redriven"]) === null);
      const inOrder = ready.toSorted((a, b) => ids.indexOf(a.summary.id) - ids.indexOf(b.summary.id));
      const forecasts = await forecastsOf(part, inOrder, (letter) => recordAgain(letter, edit, operator));
      const items = [...new Set(ids)].map((id): LetterResult => {
        return { id, outcome: forecasts.get(id) ?? missingOrDone(letters.get(id), ["redriven"]) ?? NOT_FOUND };
      });
      return { items, next };
    },
  };
}

const NOT_FOUND: LetterOutcome = { type: "notFound" };

/** Why nothing is done with a letter; null where something is. A dropped letter may still be sent again. */
export function missingOrDone(letter: StoredLetter | undefined, done: readonly LetterState[]): LetterOutcome | null {
  if (letter === undefined) return NOT_FOUND;
  const { state } = letter.summary;
  return done.includes(state) ? { type: "alreadyResolved", state } : null;
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
