/**
 * The stores of an installation that has come to rest, as plain lists that a test damages, and the ports over them. What
 * is in them was made by the real pipeline.
 */
import { LETTERS_VIEW } from "../../src/actors/dead-letter-documents.ts";
import { activeLetterVersion } from "../../src/actors/dead-letter-view.ts";
import { activeOrdersVersion } from "../../src/actors/pipeline.ts";
import {
  type Commit,
  INBOX_TOPICS,
  type InboxLag,
  type LogRecord,
  type MailEntry,
  type MailLedger,
  type MessageLog,
  type Topic,
  type ViewDocument,
  type ViewStore,
} from "../../src/actors/ports.ts";
import type { ReconcileDeps } from "../../src/actors/reconcile.ts";
import { DESK, ORDERS_VIEW, PAYMENT_PLACES, TIMERS, WEBHOOKS } from "../../src/actors/views.ts";

const EVERYTHING = 100_000;

export interface FrozenStores {
  /** By shard. */
  readonly commits: Commit[][];
  /** Of order-events, by shard. */
  readonly published: LogRecord[][];
  /** Of each inbox topic, by shard. */
  readonly inbox: Map<string, LogRecord[][]>;
  /** Of dead-letters, by shard. */
  readonly letters: LogRecord[][];
  readonly lags: InboxLag[];
  /** The documents of each view. */
  readonly views: Map<string, Map<string, ViewDocument>>;
  readonly mails: Map<string, MailEntry>;
  readonly checkpoints: Map<string, Map<number, number>>;
  /** Indexes that are gone. */
  readonly missingIndexes: string[];
  readonly ports: Omit<ReconcileDeps, "clock" | "shards" | "codec">;
}

/** Reads everything out of stores. */
export async function freeze(
  stores: Omit<ReconcileDeps, "clock" | "shards" | "codec" | "missingIndexes"> & {
    readonly log: Pick<MessageLog, "read" | "inboxLag">;
    readonly viewStore: ViewStore;
    readonly ledger: Pick<MailLedger, "scan" | "get">;
  },
  { shards, reactors }: { readonly shards: number; readonly reactors: readonly string[] },
): Promise<FrozenStores> {
  const { log, eventStore, viewStore, ledger } = stores;
  const numbers = Array.from({ length: shards }, (_, shard) => shard);
  const commits = await Promise.all(
    numbers.map(async (shard) => [...(await eventStore.readShard(shard, 0, EVERYTHING))]),
  );
  const recordsOf = (topic: Topic) =>
    Promise.all(numbers.map(async (shard) => [...(await log.read(topic, shard, 0, EVERYTHING))]));
  const [published, letters] = [await recordsOf("order-events"), await recordsOf("dead-letters")];
  const inbox = new Map<string, LogRecord[][]>();
  for (const topic of INBOX_TOPICS) inbox.set(topic, await recordsOf(topic));
  const orders = { view: ORDERS_VIEW.name, version: await activeOrdersVersion(viewStore) };
  const views = new Map<string, Map<string, ViewDocument>>();
  const letterView = { view: LETTERS_VIEW.name, version: await activeLetterVersion(viewStore) };
  for (const target of [orders, TIMERS, WEBHOOKS, DESK, PAYMENT_PLACES, letterView]) {
    const documents = await viewStore.scan(target, { afterId: "", limit: EVERYTHING });
    views.set(target.view, new Map(documents.map(({ id, document }) => [id, document])));
  }
  const entries = await ledger.scan({ afterMessageId: "", limit: EVERYTHING });
  const mails = new Map(entries.map((entry) => [entry.messageId, entry]));
  const checkpoints = new Map<string, Map<number, number>>();
  for (const reactor of reactors) checkpoints.set(reactor, new Map(await viewStore.checkpoint(reactor)));
  const lags = [...(await log.inboxLag())];
  const frozen = { commits, published, inbox, letters, lags, views, mails, checkpoints, missingIndexes: [] };
  return { ...frozen, ports: portsOver(frozen) };
}

/** The same lists once more, for a test to damage. */
export function copyOf({ ports: _ports, ...lists }: FrozenStores): FrozenStores {
  const own = structuredClone(lists);
  return { ...own, ports: portsOver(own) };
}

function portsOver(frozen: Omit<FrozenStores, "ports">): FrozenStores["ports"] {
  const { commits, published, inbox, letters, lags, views, mails, checkpoints, missingIndexes } = frozen;
  const documentsOf = (view: string): Map<string, ViewDocument> => views.get(view) ?? new Map();
  return {
    missingIndexes,
    log: {
      inboxLag: async () => lags,
      read: async (topic, shard, fromOffset, limit) =>
        ((topic === "dead-letters" ? letters : (inbox.get(topic) ?? published))[shard] ?? [])
          .filter(({ offset }) => offset >= fromOffset)
          .slice(0, limit),
      asConsumed: async (records) => records,
      endOffsets: async () => new Map(letters.map((list, shard) => [shard, (list.at(-1)?.offset ?? -1) + 1])),
    },
    eventStore: {
      readShard: async (shard, after, limit) =>
        (commits[shard] ?? []).filter(({ position }) => position > after).slice(0, limit),
      readOrders: async (shard, orderIds) =>
        Map.groupBy(
          (commits[shard] ?? []).filter(({ orderId }) => orderIds.includes(orderId)),
          ({ orderId }) => orderId,
        ),
      head: async (shard) => commits[shard]?.at(-1)?.position ?? 0,
    },
    viewStore: {
      activeVersion: async () => 1,
      checkpoint: async (reactor) => checkpoints.get(reactor) ?? new Map(),
      getMany: async ({ view }, ids) => new Map([...documentsOf(view)].filter(([id]) => ids.includes(id))),
      scan: async ({ view }, { afterId, limit }) =>
        [...documentsOf(view)]
          .map(([id, document]) => ({ id, document }))
          .filter(({ id }) => id > afterId)
          .toSorted((a, b) => (a.id < b.id ? -1 : 1))
          .slice(0, limit),
    },
    ledger: {
      get: async (messageIds) => messageIds.flatMap((id) => mails.get(id) ?? []),
      scan: async ({ afterMessageId, limit }) =>
        [...mails.values()]
          .filter(({ messageId }) => messageId > afterMessageId)
          .toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1))
          .slice(0, limit),
    },
  };
}
