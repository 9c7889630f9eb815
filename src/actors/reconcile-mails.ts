/**
 * Compares the ledger of mails with the orders: each confirmed order has its mail, no other has one, and what became of
 * it is what the order says. A mail whose sending is not over is under way; one that is left to a person is explained.
 */
import type { ConfirmationEmailed, ConfirmationRefused, OrderEvent } from "../domain/events.ts";
import type { Discrepancy } from "./discrepancy.ts";
import { isHeld } from "./mail-decisions.ts";
import { messageIdOf } from "./mail-queue.ts";
import type { EventStore, MailEntry, MailLedger, MailState } from "./ports.ts";
import type { StoredOrder } from "./reconcile-order.ts";
import { shardOf } from "./sharding.ts";
import { createTally } from "./tally.ts";

const PAGE_MAILS = 500;

export interface MailFindings {
  readonly found: readonly Discrepancy[];
  /** Message-IDs of mails that a person has to decide about. */
  readonly held: readonly string[];
  /** Message-IDs of mails that may have been delivered twice. */
  readonly maybeTwice: readonly string[];
  /** How many are waiting, being sent, or not yet known to their orders. */
  readonly open: number;
}

export interface MailChecks {
  /** Compares the mails of some orders, and notes that they have been met where it is the first time. */
  compare(orders: readonly StoredOrder[], isFirst: boolean): Promise<MailFindings>;
  /** Looks for mails whose orders do not exist; to be called when all orders have been compared. */
  surplus(onDiscrepancy: (found: Discrepancy) => void): Promise<void>;
}

/** @param queued how far the mail queue had come in each shard before anything else was read. */
export function createMailChecks(deps: {
  readonly ledger: Pick<MailLedger, "get" | "scan">;
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly queued: ReadonlyMap<number, number>;
  readonly shards: number;
}): MailChecks {
  const { ledger, eventStore, queued, shards } = deps;
  const met = createTally();

  const isQueued = ({ shard, commits }: StoredOrder): boolean =>
    commits.some(
      ({ position, events }) =>
        position <= (queued.get(shard) ?? 0) && events.some(({ type }) => type === "OrderConfirmed"),
    );

  return {
    async compare(orders, isFirst) {
      const entries = new Map<string, MailEntry>();
      for (const entry of await ledger.get(orders.map(({ orderId }) => messageIdOf(orderId, "confirmation")))) {
        entries.set(entry.orderId, entry);
        if (isFirst) met.add(entry.messageId);
      }
      const found: Discrepancy[] = [];
      for (const order of orders) {
        const entry = entries.get(order.orderId);
        if (entry !== undefined) found.push(...disagreements(order, entry));
        else if (isQueued(order) || toldOutcome(order) !== undefined) {
          const { shard, orderId } = order;
          const detail = "the order is confirmed, and the ledger has no mail of it";
          found.push({ kind: "mail_missing", shard, orderId, subject: messageIdOf(orderId, "confirmation"), detail });
        }
      }
      const all = [...entries.values()];
      return {
        found,
        held: all.filter(isHeld).map(({ messageId }) => messageId),
        maybeTwice: orders.flatMap((order) => {
          const entry = entries.get(order.orderId);
          if (entry === undefined || !wasUnknown(entry)) return [];
          const arrived = entry.state === "accepted" || toldOutcome(order)?.type === "ConfirmationEmailed";
          return arrived ? [entry.messageId] : [];
        }),
        open: all.filter((entry) => !isHeld(entry) && !entry.closed).length,
      };
    },
    async surplus(onDiscrepancy) {
      const all = createTally();
      for await (const page of pagesOf(ledger)) for (const { messageId } of page) all.add(messageId);
      if (all.equals(met)) return;
      for await (const page of pagesOf(ledger)) {
        for (const [shard, entries] of Map.groupBy(page, ({ orderId }) => shardOf(orderId, shards))) {
          const stored = await eventStore.readOrders(
            shard,
            entries.map(({ orderId }) => orderId),
          );
          for (const { orderId, messageId } of entries) {
            if (stored.has(orderId)) continue;
            onDiscrepancy({
              kind: "mail_surplus",
              shard,
              orderId,
              subject: messageId,
              detail: "there is no such order",
            });
          }
        }
      }
    },
  };
}

type MailEvent = ConfirmationEmailed | ConfirmationRefused;

/** What the order's events tell of its mail. */
function toldOutcome({ commits }: StoredOrder): MailEvent | undefined {
  return commits
    .flatMap((commit): readonly OrderEvent[] => commit.events)
    .findLast(
      (event): event is MailEvent => event.type === "ConfirmationEmailed" || event.type === "ConfirmationRefused",
    );
}

function disagreements(order: StoredOrder, entry: MailEntry): Discrepancy[] {
  const { orderId, shard, commits } = order;
  const { messageId, state, closed } = entry;
  const told = toldOutcome(order);
  const about = { shard, orderId, subject: messageId };
  if (!commits.some(({ events }) => events.some(({ type }) => type === "OrderConfirmed"))) {
    return [{ kind: "mail_surplus", ...about, detail: `its order is not confirmed, and the mail is ${state}` }];
  }
  // The order has yet to hear of it, or a person has had it sent once more.
  if (!closed) return [];
  if (told === undefined) {
    return [{ kind: "mail_untold", ...about, detail: `the ledger says ${state}, the order nothing` }];
  }
  const toldState = stateTold(told);
  // A late outcome may come after the order knew of an earlier attempt's. A sender whose attempt was given up, and that had
  // its outcome all the same, tells the order and not the ledger, where another attempt may be under way.
  const isKnown = entry.attempts.some(({ outcome }) => outcome?.type === toldState);
  const isSo = state === toldState || isKnown || (toldState !== "dropped" && wasUnknown(entry));
  return isSo ? [] : [{ kind: "mail_differs", ...about, detail: `the ledger says ${state}, the order ${toldState}` }];
}

function stateTold(told: MailEvent): MailState {
  if (told.type === "ConfirmationEmailed") return "accepted";
  return told.data.dropped === true ? "dropped" : "refused";
}

function wasUnknown({ attempts }: MailEntry): boolean {
  return attempts.some(({ outcome }) => outcome?.type === "unknown");
}

async function* pagesOf(ledger: Pick<MailLedger, "scan">): AsyncGenerator<readonly MailEntry[]> {
  let afterMessageId = "";
  for (;;) {
    const page = await ledger.scan({ afterMessageId, limit: PAGE_MAILS });
    if (page.length > 0) yield page;
    if (page.length < PAGE_MAILS) return;
    afterMessageId = page.at(-1)?.messageId ?? "";
  }
}
