/**
 * Why an order waits: its state and since when, what would move it and who sends that, its deadline, its mails, the lag of
 * its shard, and how long orders usually take here. Everything comes from what is stored and from the machine's own
 * `meta`, so that it holds in every process. `staff` is what customers must not see.
 */
import { evolve, moneyStatusOf, NO_ORDER, type Order } from "../domain/order.ts";
import { type DeskPayment, deskPaymentsOf } from "./desk-payments.ts";
import { isHeld } from "./mail-decisions.ts";
import type { OrderReader, StoredOrder } from "./order-reader.ts";
import { isSettled, type OrderView } from "./order-view.ts";
import type { ParkedMessage, ParkedMessages } from "./parked-messages.ts";
import type { PaymentPlacesReader } from "./payment-places.ts";
import type { Clock, InboxLag, MailEntry, MailState, MessageLog } from "./ports.ts";
import { shardOf } from "./sharding.ts";
import type { TimedState, UsualTimes } from "./usual-times.ts";
import type { WhyDeadline, WhyFacts, WhyMail, WhyShard } from "./why-facts.ts";
import { moversOf } from "./why-movers.ts";
import { sayWhy } from "./why-words.ts";

export interface OrderWhy extends WhyFacts {
  readonly headline: string;
  /** The facts as sentences. */
  readonly reasons: readonly string[];
}

export interface StaffWhy extends OrderWhy {
  /** The process that has the order's shard; null when nobody does, or when there is only one. */
  readonly owner: string | null;
  readonly mailHistory: readonly MailEntry[];
  readonly parked: readonly ParkedMessage[];
  /** Its payments about which a person has to decide. */
  readonly deskPayments: readonly DeskPayment[];
}

export interface WhyReader {
  /** Null when there is no such order. */
  read(orderId: string): Promise<StaffWhy | null>;
}

/** Many may ask at once; the log is asked once a second for all of them. */
const LAG_KEPT_MS = 1_000;

export function createWhyReader(deps: {
  readonly orderReader: Pick<OrderReader, "get" | "loadStored" | "mails">;
  readonly log: Pick<MessageLog, "inboxLag">;
  readonly watermarkOf: (shard: number) => Promise<number | null>;
  readonly usualTimes: UsualTimes;
  readonly parkedMessages: ParkedMessages;
  readonly paymentPlaces: PaymentPlacesReader;
  readonly clock: Clock;
  readonly shards: number;
  readonly watermarkMs: number;
}): WhyReader {
  const { orderReader, watermarkOf, usualTimes, parkedMessages, paymentPlaces, clock, shards, watermarkMs } = deps;
  const inboxLag = kept(() => deps.log.inboxLag(), clock);

  /** The payments of an order that the desk shows as open. */
  const openPaymentsOf = async (orderId: string, stored: StoredOrder | null): Promise<readonly DeskPayment[]> => {
    if (stored === null) return [];
    const elsewhere = (await paymentPlaces.elsewhere(new Map([[orderId, stored.commits]]))).get(orderId);
    const payments = [...deskPaymentsOf(stored.commits, elsewhere, watermarkMs).values()].flatMap((one) => one ?? []);
    return payments.filter(({ state, lookAtMs }) => state === "open" && lookAtMs <= clock.nowMs());
  };

  const deadlineOf = async (
    view: OrderView,
    stored: StoredOrder | null,
    shard: number,
    lags: readonly InboxLag[],
  ): Promise<WhyDeadline | null> => {
    const at = stored?.order.details?.paymentDeadline ?? null;
    if (view.status !== "received" || at === null) return null;
    const watermark = await watermarkOf(shard);
    const expiresFrom = new Date(Date.parse(at) + watermarkMs).toISOString();
    const streams = lags.filter(({ topic }) => topic !== "order-commands");
    const waitsFor = streams.filter(({ oldestUnreadMs }) => oldestUnreadMs !== null).map(({ topic }) => topic);
    return { at, expiresFrom, watermark: watermark === null ? null : new Date(watermark).toISOString(), waitsFor };
  };

  const shardFacts = (shard: number, lags: readonly InboxLag[]): WhyShard => {
    const oldestMs = lags.flatMap(({ oldestUnreadMs }) => oldestUnreadMs ?? []);
    const seconds = Math.max(0, Math.round((clock.nowMs() - Math.min(...oldestMs)) / 100) / 10);
    return {
      shard,
      unreadMessages: lags.reduce((sum, lag) => sum + Math.max(0, lag.endOffset - lag.committedOffset), 0),
      oldestUnreadSeconds: oldestMs.includes(0) ? null : oldestMs.length === 0 ? 0 : seconds,
    };
  };

  return {
    async read(orderId) {
      const found = await orderReader.get(orderId);
      if (found === null) return null;
      const shard = shardOf(orderId, shards);
      const [stored, lag, mailHistory, parked] = await Promise.all([
        found.status === "accepted" ? null : orderReader.loadStored(orderId),
        inboxLag(),
        orderReader.mails(orderId).then((mails) => mails ?? []),
        parkedMessages.of(orderId),
      ]);
      const lags = lag.filter((other) => other.shard === shard);
      // Somebody let a mail be sent again of which the order knows only that it was refused or dropped.
      const isSentAgain = found.status === "confirmed" && mailHistory.some(({ state }) => !MAIL_ENDS.has(state));
      const view = isSentAgain ? { ...found, reason: null } : found;
      const mails = mailHistory.map(mailFacts);
      const deskPayments = await openPaymentsOf(orderId, stored);
      const isUnderWay = !isSettled(view) || view.money === "refundDue";
      const timed: TimedState = isSettled(view) && view.money === "refundDue" ? "refundDue" : view.status;
      const facts: WhyFacts = {
        orderId,
        status: view.status,
        money: view.money,
        since: sinceOf(view, stored, timed),
        waits: isUnderWay || deskPayments.length > 0 || parked.length > 0,
        waitsFor: moversOf(view, { paymentsOnDesk: deskPayments.length, mails }),
        deadline: await deadlineOf(view, stored, shard, lags),
        shard: shardFacts(shard, lags),
        mails,
        parkedMessages: parked.length,
        paymentsOnDesk: deskPayments.length,
        usually: isUnderWay ? await usualTimes.of(timed) : null,
      };
      const owner = lags.find((other) => other.owner !== null)?.owner ?? null;
      return { ...facts, ...sayWhy(facts, view, clock.nowMs()), owner, mailHistory, parked, deskPayments };
    },
  };
}

const MAIL_ENDS: ReadonlySet<MailState> = new Set(["accepted", "refused", "dropped"]);

/** When the order came to where it is. */
function sinceOf(view: OrderView, stored: StoredOrder | null, timed: TimedState): string {
  const stateOf = (order: Order): string => (timed === "refundDue" ? moneyStatusOf(order) : order.status);
  let since = view.receivedAt;
  let order = NO_ORDER;
  for (const { events, recordedAt } of stored?.commits ?? []) {
    const before = order.version === 0 ? null : stateOf(order);
    order = events.reduce(evolve, order);
    if (stateOf(order) !== before) since = recordedAt;
  }
  return since;
}

function mailFacts(entry: MailEntry): WhyMail {
  const { state, attempts, retryAtMs } = entry;
  const nextTryAt = retryAtMs === null ? null : new Date(retryAtMs).toISOString();
  return { state, attempts: attempts.length, nextTryAt, isHeld: isHeld(entry) };
}

/** Lets calls within a short time have one result. */
function kept<Result>(read: () => Promise<Result>, clock: Clock): () => Promise<Result> {
  let latest: { readonly atMs: number; readonly result: Promise<Result> } | null = null;
  return () => {
    const nowMs = clock.nowMs();
    if (latest === null || Math.abs(nowMs - latest.atMs) > LAG_KEPT_MS) {
      const result = read();
      latest = { atMs: nowMs, result };
      result.catch(() => {
        latest = null;
      });
    }
    return latest.result;
  };
}
