/**
 * Compares the inbox with what came of it: of every record that counts as processed there is an event with its cause, or a
 * dead letter, or its order is such that nothing had to follow. That is asked of the order as it is now: a record that was
 * processed changes nothing when it comes once more, so one that would take effect was never processed.
 */
import { causeOf, type Message } from "../domain/messages.ts";
import { letterViews } from "./dead-letter-view.ts";
import type { Discrepancy } from "./discrepancy.ts";
import type { MessageCodec } from "./message-codec.ts";
import { createOrderActor, type OrderActor } from "./order-actor.ts";
import type { Commit, EventStore, InboxLag, LogRecord, MessageLog, ViewStore } from "./ports.ts";
import { shardOf } from "./sharding.ts";

const PAGE_RECORDS = 200;
/** What an order asks for that has no events is its own affair: it is not there, so whatever was sent is lost. */
const NO_TERMS = { catalogue: { currency: "XXX", items: [] }, paymentWindowMs: 0 };

export interface InboxChecksDeps {
  readonly log: Pick<MessageLog, "read" | "asConsumed">;
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly viewStore: Pick<ViewStore, "getMany">;
  readonly codec: Pick<MessageCodec, "decode">;
  readonly shards: number;
  /** The version of the view of dead letters; null where there is none yet. */
  readonly letterVersion: number | null;
  /** True while the view of dead letters does not show all that its topic has. */
  readonly lettersWait: boolean;
  /** Letters that the topic has, and the view lost. */
  readonly lettersMissing: ReadonlySet<string>;
  /** How far each inbox topic is processed in each shard, as it was before anything else was read. */
  readonly lags: readonly InboxLag[];
}

/** Looks at every record that the inbox topics still have and that counts as processed, page by page. */
export async function checkInboxRecords(deps: InboxChecksDeps, add: (found: Discrepancy) => void): Promise<void> {
  for (const lag of deps.lags) {
    for await (const page of processedPages(deps.log, lag)) {
      for (const found of await lostOf(deps, page)) add(found);
    }
  }
}

async function* processedPages(
  log: InboxChecksDeps["log"],
  { topic, shard, committedOffset }: InboxLag,
): AsyncGenerator<readonly LogRecord[]> {
  for (let from = 0; from < committedOffset; ) {
    const records = await log.read(topic, shard, from, PAGE_RECORDS);
    const last = records.at(-1);
    if (last === undefined) return;
    yield await log.asConsumed(records.filter(({ offset }) => offset < committedOffset));
    from = last.offset + 1;
  }
}

async function lostOf(deps: InboxChecksDeps, records: readonly LogRecord[]): Promise<readonly Discrepancy[]> {
  const { codec, shards } = deps;
  const read = records.map((record) => ({ record, decoded: codec.decode(record) }));
  const messages = read.flatMap(({ decoded }) => (decoded.type === "message" ? [decoded.message] : []));
  const orders = await ordersOf(deps, messages);
  const suspects = read.flatMap(({ record, decoded }): { record: LogRecord; orderId: string | null; why: string }[] => {
    if (decoded.type === "unreadable") return [{ record, orderId: null, why: decoded.detail }];
    const { message } = decoded;
    const why = outstanding(orders.get(message.orderId) ?? [], message);
    if (why === null) return [];
    // It was passed on to its own shard, and is looked at there: it may wait, or have become a letter under another id.
    const isElsewhere = shardOf(message.orderId, shards) !== record.shard;
    return isElsewhere ? [] : [{ record, orderId: message.orderId, why }];
  });
  const letters = await lettersOf(
    deps,
    suspects.map(({ record }) => record),
  );
  return suspects
    .filter(({ record }) => !letters.has(idOf(record)))
    .map(({ record: { topic, shard, offset }, orderId, why }) => ({
      kind: "message_lost",
      shard,
      orderId,
      subject: `${topic}[${shard}] at offset ${offset}`,
      detail: `it counts as processed, no dead letter has it, and ${why}`,
    }));
}

async function ordersOf(
  { eventStore, shards }: InboxChecksDeps,
  messages: readonly Message[],
): Promise<ReadonlyMap<string, readonly Commit[]>> {
  const orderIds = [...new Set(messages.map(({ orderId }) => orderId))];
  const found = new Map<string, readonly Commit[]>();
  for (const [shard, ofShard] of Map.groupBy(orderIds, (orderId) => shardOf(orderId, shards))) {
    for (const [orderId, commits] of await eventStore.readOrders(shard, ofShard)) found.set(orderId, commits);
  }
  return found;
}

/** Why something should have come of a message; null when something has, or nothing had to. */
function outstanding(commits: readonly Commit[], message: Message): string | null {
  const cause = causeOf(message);
  if (commits.some(({ causeId }) => causeId === cause)) return null;
  const actor = aliveAgain(commits);
  // An order whose events do not fit together is told of where orders are compared.
  if (actor === null) return null;
  const decision = actor.decide(message, NO_TERMS);
  if (decision.type === "nothing") return null;
  if (decision.type === "refusal") return `its order would refuse it: ${decision.detail}`;
  return `it would still take effect: ${decision.events.map(({ type }) => type).join(", ")}`;
}

function aliveAgain(commits: readonly Commit[]): OrderActor | null {
  try {
    return createOrderActor(commits);
  } catch {
    return null;
  }
}

/** The ids of these records that are dead letters; all of them while the view may yet show them. */
async function lettersOf(
  { viewStore, letterVersion, lettersWait, lettersMissing }: InboxChecksDeps,
  records: readonly LogRecord[],
): Promise<ReadonlySet<string>> {
  const ids = records.map(idOf);
  if (lettersWait) return new Set(ids);
  if (letterVersion === null || ids.length === 0) return new Set();
  const shown = await viewStore.getMany(letterViews(letterVersion).letters, ids);
  return new Set([...shown.keys(), ...lettersMissing]);
}

/** The id that a letter of this record has. */
function idOf({ topic, shard, offset }: LogRecord): string {
  return `${topic}-${shard}-${offset}`;
}
