/**
 * Compares the inbox with what came of it: of every record that counts as processed there is an event with its cause, or a
 * dead letter, or its order is such that nothing had to follow. That is asked of the order as it is now: a record that was
 * processed changes nothing when it comes once more, so one that would take effect was never processed.
 */
import { causeOf, type Message } from "../domain/messages.ts";
import { letterIdAt } from "./dead-letter-records.ts";
import type { Discrepancy } from "./discrepancy.ts";
import type { MessageCodec } from "./message-codec.ts";
import { createOrderActor, type OrderActor } from "./order-actor.ts";
import type { Commit, EventStore, InboxLag, LogRecord, MessageLog } from "./ports.ts";
import { readOrders } from "./read-orders.ts";
import type { LetterFindings } from "./reconcile-letters.ts";
import { shardOf } from "./sharding.ts";
import { topicPages } from "./topic-pages.ts";

const PAGE_RECORDS = 200;
/** Prices and deadlines matter to the submission that opens an order, and one that has opened none is lost at any price. */
const NO_TERMS = { catalogue: { currency: "XXX", items: [] }, paymentWindowMs: 0 };

export interface InboxChecksDeps {
  readonly log: Pick<MessageLog, "read" | "asConsumed">;
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly codec: Pick<MessageCodec, "decode">;
  readonly shards: number;
  readonly letters: Pick<LetterFindings, "among">;
  /** How far each inbox topic is processed in each shard, as it was before anything else was read. */
  readonly lags: readonly InboxLag[];
}

/** Looks at every record that the inbox topics still have and that counts as processed, page by page. */
export async function checkInboxRecords(deps: InboxChecksDeps, add: (found: Discrepancy) => void): Promise<void> {
  for (const lag of deps.lags) {
    const { topic, shard, committedOffset: until } = lag;
    for await (const page of topicPages(deps.log, { topic, shard, pageRecords: PAGE_RECORDS, until })) {
      for (const found of await lostOf(deps, await deps.log.asConsumed(page))) add(found);
    }
  }
}

async function lostOf(deps: InboxChecksDeps, records: readonly LogRecord[]): Promise<readonly Discrepancy[]> {
  const { codec, shards } = deps;
  const read = records.map((record) => ({ record, decoded: codec.decode(record) }));
  const messages = read.flatMap(({ decoded }) => (decoded.type === "message" ? [decoded.message] : []));
  const orderIds = messages.map(({ orderId }) => orderId);
  const orders = await readOrders(deps.eventStore, orderIds, shards);
  const suspects = read.flatMap(({ record, decoded }): { record: LogRecord; orderId: string | null; why: string }[] => {
    if (decoded.type === "unreadable") return [{ record, orderId: null, why: decoded.detail }];
    const { message } = decoded;
    const why = outstanding(orders.get(message.orderId) ?? [], message);
    if (why === null) return [];
    // It was passed on to its own shard, and is looked at there: it may wait, or have become a letter under another id.
    const isElsewhere = shardOf(message.orderId, shards) !== record.shard;
    return isElsewhere ? [] : [{ record, orderId: message.orderId, why }];
  });
  const letters = await deps.letters.among(suspects.map(({ record }) => letterIdAt(record)));
  return suspects
    .filter(({ record }) => !letters.has(letterIdAt(record)))
    .map(({ record: { topic, shard, offset }, orderId, why }) => ({
      kind: "message_lost",
      shard,
      orderId,
      subject: `${topic}[${shard}] at offset ${offset}`,
      detail: `it counts as processed, no dead letter has it, and ${why}`,
    }));
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
