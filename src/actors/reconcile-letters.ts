/**
 * Compares the view of dead letters with their topic, shard by shard in one pass: each letter is there as the topic has it,
 * and is not open when somebody decided about it. The topic is kept for a time only, so what the view has beside it is wrong
 * only where the topic still reaches back to its beginning.
 */
import { foldLetters, LETTERS_VIEW, type LetterDocument } from "./dead-letter-documents.ts";
import { type Letter, type Resolution, readDeadLetterRecord } from "./dead-letter-records.ts";
import { letterReaderName, letterViews } from "./dead-letter-view.ts";
import type { Discrepancy } from "./discrepancy.ts";
import { isSame } from "./is-same.ts";
import type { MessageLog, ViewStore } from "./ports.ts";
import { MAX_LISTED, type Noted, note } from "./reconcile-pages.ts";
import { createTally } from "./tally.ts";
import { topicPages } from "./topic-pages.ts";

/** A letter may be a megabyte. */
const TOPIC = { topic: "dead-letters", pageRecords: 50 } as const;
const PAGE_DOCUMENTS = 500;
/** So many ids that the view has too much are looked for in one pass over the topic. */
const MAX_SOUGHT = 10_000;
const MONEY_TOPICS: ReadonlySet<string> = new Set(["payments", "order-commands"]);

/** What the comparison of the letters tells to others. */
export interface LetterFindings {
  /** How many records of the topic the view has yet to take in. */
  readonly waiting: number;
  /** Open letters that may be about money. */
  readonly openMoney: Noted;
  /** Those of some ids that are letters; all of them while the view may yet show them. */
  among(ids: readonly string[]): Promise<ReadonlySet<string>>;
}

/**
 * @returns what others need of the letters. Money that the open ones are about is in no order. Those from `order-commands`
 *   are among them: decisions come there, and payments that had come to the wrong shard.
 */
export async function checkLetters(
  deps: {
    readonly log: Pick<MessageLog, "read" | "endOffsets">;
    readonly viewStore: Pick<ViewStore, "getMany" | "scan" | "checkpoint" | "activeVersion">;
    readonly shards: number;
  },
  add: (found: Discrepancy) => void,
): Promise<LetterFindings> {
  const { log, viewStore, shards } = deps;
  const openMoney: Noted = { count: 0, ids: [] };
  const version = await viewStore.activeVersion(LETTERS_VIEW.name);
  if (version === null) return { waiting: 0, openMoney, among: async () => new Set() };
  const target = letterViews(version).letters;
  const taken = await viewStore.checkpoint(letterReaderName(version));
  const met = createTally();
  /** Letters that the view lost, the first of them: they are reported, and no less letters. */
  const missing = new Set<string>();
  let waiting = 0;
  let isWhole = true;
  const ends = await log.endOffsets("dead-letters");

  for (let shard = 0; shard < shards; shard++) {
    let begin: number | null = null;
    for await (const page of topicPages(log, { ...TOPIC, shard })) {
      begin ??= page[0]?.offset ?? null;
      const handled = page.filter(({ offset }) => offset < (taken.get(shard) ?? 0));
      waiting += page.length - handled.length;
      const entries = handled.map(readDeadLetterRecord).filter((entry) => entry !== null);
      const ids = [...new Set(entries.map(({ id }) => id))];
      const stored = ids.length === 0 ? new Map() : await viewStore.getMany(target, ids);
      for (const entry of entries) {
        const document = stored.get(entry.id) as LetterDocument | undefined;
        if (entry.type === "letter" && document?.parkedAtMs === entry.parkedAtMs) {
          met.add(entry.id);
          if (document.state === "open" && MONEY_TOPICS.has(document.source.topic)) note(openMoney, [entry.id]);
        }
        const found = entry.type === "letter" ? letterWrong(entry, document) : stateWrong(entry, document);
        if (found?.kind === "letter_missing" && missing.size < MAX_LISTED) missing.add(entry.id);
        if (found !== null) add({ ...found, shard, orderId: null, subject: entry.id });
      }
    }
    // Without its first records, or without any that it once had, the topic does not tell of all letters.
    if ((begin ?? ends.get(shard) ?? 0) > 0) isWhole = false;
  }
  if (isWhole) await surplus(deps, target, met, add);
  return {
    waiting,
    openMoney,
    async among(ids) {
      if (waiting > 0) return new Set(ids);
      const shown = ids.length === 0 ? new Map() : await viewStore.getMany(target, ids);
      return new Set([...shown.keys(), ...missing]);
    },
  };
}

type Wrong = Pick<Discrepancy, "kind" | "detail">;

function letterWrong(letter: Letter, document: LetterDocument | undefined): Wrong | null {
  if (document === undefined) return { kind: "letter_missing", detail: "the topic has it, and the view has passed it" };
  // The first record of a letter makes its document, and a worker that died may have written another one.
  if (document.parkedAtMs < letter.parkedAtMs) return null;
  const told = foldLetters(new Map(), [letter]).get(letter.id)?.summary;
  const expected = { ...told, state: document.state };
  if (isSame(document, expected)) return null;
  const detail = `it is ${JSON.stringify(document)}, and the topic says ${JSON.stringify(expected)}`;
  return { kind: "letter_differs", detail };
}

/** What is sent again stays so; what was dropped may have been sent again later. */
function stateWrong({ resolution }: Resolution, document: LetterDocument | undefined): Wrong | null {
  if (document === undefined || document.state === resolution || document.state === "redriven") return null;
  return { kind: "letter_differs", detail: `it is ${document.state}, and the topic says that it was ${resolution}` };
}

/** Looks for letters that the topic does not have; it is read again only when there must be some. */
async function surplus(
  { log, viewStore, shards }: Parameters<typeof checkLetters>[0],
  target: ReturnType<typeof letterViews>["letters"],
  met: ReturnType<typeof createTally>,
  add: (found: Discrepancy) => void,
): Promise<void> {
  const all = createTally();
  for await (const ids of documentPages(viewStore, target)) for (const id of ids) all.add(id);
  if (all.equals(met)) return;
  const sought = new Set<string>();
  const seek = async (): Promise<void> => {
    for (let shard = 0; shard < shards && sought.size > 0; shard++) {
      for await (const records of topicPages(log, { ...TOPIC, shard })) {
        for (const entry of records.map(readDeadLetterRecord)) if (entry?.type === "letter") sought.delete(entry.id);
      }
    }
    for (const subject of sought) {
      add({
        kind: "letter_surplus",
        shard: null,
        orderId: null,
        subject,
        detail: "no record of the topic tells of it",
      });
    }
    sought.clear();
  };
  for await (const ids of documentPages(viewStore, target)) {
    for (const id of ids) sought.add(id);
    if (sought.size >= MAX_SOUGHT) await seek();
  }
  await seek();
}

async function* documentPages(
  viewStore: Pick<ViewStore, "scan">,
  target: ReturnType<typeof letterViews>["letters"],
): AsyncGenerator<readonly string[]> {
  let afterId = "";
  for (;;) {
    const page = await viewStore.scan(target, { afterId, limit: PAGE_DOCUMENTS });
    if (page.length > 0) yield page.map(({ id }) => id);
    if (page.length < PAGE_DOCUMENTS) return;
    afterId = page.at(-1)?.id ?? "";
  }
}
