/**
 * Dead letters in the order in which they came. A view sorts by the time and, within a millisecond, by ids as text, where
 * offset 10 comes before offset 9; but letters of one batch share their millisecond, and an order must get its messages as
 * they were sent. So the letters of a millisecond are read together, and sorted by their shards and offsets as numbers.
 */
import type { LetterDocument, LetterState } from "./dead-letter-documents.ts";
import type { ViewStore, ViewVersion } from "./ports.ts";

/** Where a letter stands among all. */
export interface LetterPlace {
  readonly parkedAtMs: number;
  readonly id: string;
}

const ID = /^(.+)-(\d+)-(\d+)$/;

/**
 * The letters of a state from one place on, up to a time. Those of one millisecond are in memory at a time.
 * @param query.pageLetters how many are asked for at once.
 */
export async function* lettersInOrder(
  viewStore: Pick<ViewStore, "list">,
  target: ViewVersion,
  query: {
    readonly where: { readonly state: LetterState; readonly code?: string; readonly key?: string };
    readonly untilMs: number;
    readonly after: LetterPlace | null;
    readonly pageLetters: number;
  },
): AsyncGenerator<LetterDocument> {
  const { where, untilMs, after, pageLetters } = query;
  let together: LetterDocument[] = [];
  let place = after === null ? null : { value: after.parkedAtMs, id: "" };
  for (;;) {
    const page: Awaited<ReturnType<ViewStore["list"]>> = await viewStore.list(target, {
      where,
      sortBy: "parkedAtMs",
      direction: "ascending",
      until: untilMs,
      limit: pageLetters,
      ...(place === null ? {} : { after: place }),
    });
    for (const { document } of page) {
      const letter = document as unknown as LetterDocument;
      if (together[0] !== undefined && together[0].parkedAtMs !== letter.parkedAtMs) {
        yield* together.toSorted(compareLetters);
        together = [];
      }
      if (after === null || compareLetters(letter, after) > 0) together.push(letter);
    }
    const last = page.at(-1)?.document as unknown as LetterDocument | undefined;
    if (last === undefined || page.length < pageLetters) break;
    place = { value: last.parkedAtMs, id: last.id };
  }
  yield* together.toSorted(compareLetters);
}

/** Below zero where the first comes before the second. */
export function compareLetters(a: LetterPlace, b: LetterPlace): number {
  const [[topicA, shardA, offsetA], [topicB, shardB, offsetB]] = [partsOf(a.id), partsOf(b.id)];
  return (
    a.parkedAtMs - b.parkedAtMs ||
    (topicA < topicB ? -1 : topicA > topicB ? 1 : 0) ||
    shardA - shardB ||
    offsetA - offsetB
  );
}

function partsOf(id: string): readonly [topic: string, shard: number, offset: number] {
  const [, topic, shard, offset] = ID.exec(id) ?? [];
  if (topic === undefined) throw new Error(`not the id of a dead letter: ${id}`);
  return [topic, Number(shard), Number(offset)];
}
