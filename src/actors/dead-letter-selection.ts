/**
 * Which letters a part of a selection has, and which went before them. Nothing is remembered between two parts: the cursor
 * says where the next one begins, and what went before is looked up again, for the orders that matter, a few at a time.
 */
import type { LetterDocument, StoredLetter } from "./dead-letter-documents.ts";
import { compareLetters, type LetterPlace, lettersInOrder } from "./dead-letter-order.ts";
import { LIST_CURSOR, PART_CURSOR, PART_LETTERS, type Part } from "./dead-letter-requests.ts";
import { letterViews, readLetterVersion, storedLetters } from "./dead-letter-view.ts";
import type { Clock, ViewStore } from "./ports.ts";

/** A letter may be a megabyte. */
const EARLIER_LETTERS = 20;

export interface LetterSelections {
  /** The letters of a part, at most so many, and where the next one begins. */
  select(part: Part, limit: number): Promise<{ readonly ids: readonly string[]; readonly next: string | null }>;
  /** The letters of some orders that the parts before this one had, in their order, a few at a time. */
  earlier(part: Part, orderIds: ReadonlySet<string>): AsyncGenerator<readonly StoredLetter[]>;
  /** Letters with their contents; absent ones are left out. */
  load(ids: readonly string[]): Promise<ReadonlyMap<string, StoredLetter>>;
}

export function createLetterSelections(deps: {
  readonly viewStore: Pick<ViewStore, "activeVersion" | "getMany" | "list">;
  readonly clock: Pick<Clock, "nowMs">;
}): LetterSelections {
  const { viewStore, clock } = deps;
  const views = async () => letterViews(await readLetterVersion(viewStore));

  const load: LetterSelections["load"] = async (ids) => storedLetters(viewStore, await views(), [...new Set(ids)]);

  const loadInOrder = async (ids: readonly string[]): Promise<readonly StoredLetter[]> => {
    const found = await load(ids);
    return ids.flatMap((id) => found.get(id) ?? []);
  };

  async function* earlierOf(
    ids: readonly string[],
    orderIds: ReadonlySet<string>,
  ): AsyncGenerator<readonly StoredLetter[]> {
    for (const some of inChunks([...new Set(ids)], PART_LETTERS)) {
      const found = await viewStore.getMany((await views()).letters, some);
      const concerned = some.filter((id) => {
        const letter = found.get(id) as LetterDocument | undefined;
        return letter !== undefined && letter.state !== "redriven" && orderIds.has(letter.key);
      });
      for (const few of inChunks(concerned, EARLIER_LETTERS)) yield await loadInOrder(few);
    }
  }

  async function* earlierOpen(
    code: string | null,
    last: LetterPlace,
    orderIds: ReadonlySet<string>,
  ): AsyncGenerator<readonly StoredLetter[]> {
    for (const key of orderIds) {
      const where = { state: "open", key, ...(code === null ? {} : { code }) } as const;
      const query = { where, untilMs: last.parkedAtMs, after: null, pageLetters: PART_LETTERS };
      let few: string[] = [];
      for await (const letter of lettersInOrder(viewStore, (await views()).letters, query)) {
        if (compareLetters(letter, last) > 0) break;
        few.push(letter.id);
        if (few.length < EARLIER_LETTERS) continue;
        yield await loadInOrder(few);
        few = [];
      }
      if (few.length > 0) yield await loadInOrder(few);
    }
  }

  return {
    load,
    async select({ selection, cursor }, limit) {
      const { first, place } = beginningOf(cursor);
      if ("ids" in selection) {
        const from = first ?? 0;
        const ids = selection.ids.slice(from, from + limit);
        return { ids, next: from + limit < selection.ids.length ? String(from + limit) : null };
      }
      // A letter whose record fails again makes a new one: only those from before the beginning are taken.
      const untilMs = first ?? clock.nowMs() - 1;
      const { code } = selection;
      const inOrder = lettersInOrder(viewStore, (await views()).letters, {
        where: { state: "open", ...(code === null ? {} : { code }) },
        untilMs,
        after: place,
        pageLetters: PART_LETTERS + 1,
      });
      const found: LetterDocument[] = [];
      for await (const letter of inOrder) if (found.push(letter) > limit) break;
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const next = found.length > limit && last ? `${untilMs}.${cursorOf(last)}` : null;
      return { ids: page.map(({ id }) => id), next };
    },
    earlier({ selection, cursor }, orderIds) {
      const { first, place } = beginningOf(cursor);
      if ("ids" in selection) return earlierOf(selection.ids.slice(0, first ?? 0), orderIds);
      return place === null ? earlierOf([], orderIds) : earlierOpen(selection.code, place, orderIds);
    },
  };
}

/** Where a part begins: at an index of the ids that were given, or up to a time behind a letter. */
function beginningOf(cursor = ""): { readonly first: number | null; readonly place: LetterPlace | null } {
  const [, first, place] = PART_CURSOR.exec(cursor) ?? [];
  return {
    first: first === undefined ? null : Number(first),
    place: place === undefined ? null : placeOf(place),
  };
}

export function cursorOf({ parkedAtMs, id }: LetterPlace): string {
  return `${parkedAtMs}.${id}`;
}

export function placeOf(cursor: string): LetterPlace {
  const [, parkedAtMs, id] = LIST_CURSOR.exec(cursor) ?? [];
  if (parkedAtMs === undefined || id === undefined) throw new Error(`not a cursor of dead letters: ${cursor}`);
  return { parkedAtMs: Number(parkedAtMs), id };
}

function* inChunks<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
