/**
 * What would follow if records were sent again, without writing anything: each is read as the worker would read it, and
 * decided on its order as it is stored now, after those before it. It is a forecast: what comes in meanwhile comes first.
 */
import type { Terms } from "../domain/decide.ts";
import type { ErrorCode } from "../domain/error-codes.ts";
import { withPlausibleTime } from "../domain/event-time.ts";
import { causeOf, type Message } from "../domain/messages.ts";
import type { OrderStatus } from "../domain/order.ts";
import { mailsOf } from "./mail-queue.ts";
import type { MessageCodec } from "./message-codec.ts";
import { createOrderActor, type OrderActor } from "./order-actor.ts";
import type { Clock, Commit, EventStore, LogRecord, MessageLog, NewRecord } from "./ports.ts";
import { readOrders } from "./read-orders.ts";
import { shardOf } from "./sharding.ts";

export type Forecast =
  | {
      readonly type: "wouldApply";
      readonly orderId: string;
      /** The types of the events that would follow, in their order. */
      readonly events: readonly string[];
      /** Null for an order that has no event yet. */
      readonly statusBefore: OrderStatus | null;
      readonly statusAfter: OrderStatus;
      /** The kinds of mails that would be sent. */
      readonly mails: readonly string[];
    }
  /** It took effect before, or there is nothing left for it to do. */
  | { readonly type: "wouldChangeNothing"; readonly orderId: string; readonly status: OrderStatus | null }
  /** It would become a dead letter again. */
  | { readonly type: "wouldBeRefused"; readonly code: ErrorCode; readonly detail: string };

export interface ForecastDeps {
  readonly log: Pick<MessageLog, "asConsumed">;
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly codec: Pick<MessageCodec, "decode">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly terms: Terms;
  readonly shards: number;
}

/** A record as the worker would read it. */
export type ReadRecord = ReturnType<MessageCodec["decode"]>;

export interface RedriveForecast {
  /** Reads records as the worker would, in their order. */
  read(records: readonly NewRecord[]): Promise<readonly ReadRecord[]>;
  /** What would follow from each, after all that was decided here before. */
  decide(records: readonly ReadRecord[]): Promise<readonly Forecast[]>;
}

/** A forecast for records that go one after the other. It keeps the orders that they are for. */
export function createRedriveForecast(deps: ForecastDeps): RedriveForecast {
  const { log, eventStore, codec, clock, terms, shards } = deps;
  const actors = new Map<string, OrderActor>();

  const loadOrders = async (orderIds: ReadonlySet<string>): Promise<void> => {
    const missing = [...orderIds].filter((orderId) => !actors.has(orderId));
    const stored = await readOrders(eventStore, missing, shards);
    for (const orderId of missing) actors.set(orderId, createOrderActor(stored.get(orderId) ?? []));
  };

  return {
    async read(records) {
      const arriving = records.map((record): LogRecord => {
        return { ...record, shard: shardOf(record.key, shards), offset: 0, timestampMs: clock.nowMs() };
      });
      return (await log.asConsumed(arriving)).map((record) => {
        const found = codec.decode(record);
        if (found.type !== "message") return found;
        return { ...found, message: withPlausibleTime(found.message, record.timestampMs) };
      });
    },
    async decide(records) {
      await loadOrders(orderIdsOf(records));
      const recordedAt = new Date(clock.nowMs()).toISOString();
      return records.map((found) => {
        if (found.type === "unreadable") return { type: "wouldBeRefused", code: found.code, detail: found.detail };
        const actor = actors.get(found.message.orderId) as OrderActor;
        try {
          return decided(actor, found.message, { terms, recordedAt });
        } catch (error) {
          // What the worker makes of a defect: a letter, and an order that it reads again.
          return { type: "wouldBeRefused", code: "internal_error", detail: (error as Error).message };
        }
      });
    },
  };
}

/** The orders that records are for. */
export function orderIdsOf(records: readonly ReadRecord[]): ReadonlySet<string> {
  return new Set(records.flatMap((found) => (found.type === "message" ? [found.message.orderId] : [])));
}

function decided(
  actor: OrderActor,
  message: Message,
  { terms, recordedAt }: { readonly terms: Terms; readonly recordedAt: string },
): Forecast {
  const { orderId } = message;
  const before = actor.order();
  const statusBefore = before.version === 0 ? null : before.status;
  const decision = actor.decide(message, terms);
  if (decision.type === "nothing") return { type: "wouldChangeNothing", orderId, status: statusBefore };
  if (decision.type === "refusal") return { type: "wouldBeRefused", code: decision.code, detail: decision.detail };
  const commit: Commit = {
    shard: 0,
    position: 1,
    orderId,
    sequence: before.version + 1,
    causeId: decision.causeId ?? causeOf(message),
    events: decision.events,
    recordedAt,
  };
  actor.record(commit);
  return {
    type: "wouldApply",
    orderId,
    events: decision.events.map(({ type }) => type),
    statusBefore,
    statusAfter: actor.order().status,
    mails: mailsOf(commit).map(({ mail }) => mail.kind),
  };
}
