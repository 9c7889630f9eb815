/**
 * Compares a run with what had to come of it: every order by its kind, the money of all of them, and the mails. It
 * believes nothing but what the public API shows, and knows the expected outcome from the plan alone.
 */
import { compareOrder } from "./compare-order.ts";
import { expectationOf } from "./expectation.ts";
import { forEachConcurrently } from "./for-each-concurrently.ts";
import type { SentOrder } from "./generate.ts";
import { addMails, countMails, type MailTotals, mailProblems, NO_MAILS } from "./mail-totals.ts";
import { ORDER_KINDS, type OrderKind } from "./mix.ts";
import { createMoneyTotals, type MoneyTotal } from "./money-totals.ts";
import { type ObservingClient, observe } from "./observe.ts";
import { settle } from "./settle.ts";

const LISTING_LAG_MS = 10_000;

export interface KindTally {
  readonly kind: OrderKind;
  readonly sent: number;
  readonly asExpected: number;
  /** How many orders are in which status; `missing` for those that the service does not have. */
  readonly observed: Readonly<Record<string, number>>;
}

export interface OrderDifference {
  readonly orderId: string;
  readonly kind: OrderKind;
  readonly problems: readonly string[];
}

export interface Scoreboard {
  readonly kinds: readonly KindTally[];
  readonly money: readonly MoneyTotal[];
  /** Null when the service has no dev inbox, so that nobody can say. */
  readonly mails: MailTotals | null;
  /** Orders that are not as expected, in the order in which they were sent. */
  readonly differences: readonly OrderDifference[];
  /** How many orders and money totals are not as expected, and mails that had to be checked and could not be. */
  readonly unexplained: number;
}

export interface ScoreboardOptions {
  readonly client: ObservingClient;
  readonly sent: readonly SentOrder[];
  readonly concurrency: number;
  /** How long to wait for orders to become final while none does. */
  readonly quietMs: number;
  /** How far the listing may lag behind the orders when the last of them is final. */
  readonly listingLagMs?: number;
  /** Counts it as a difference when the service has no dev inbox. */
  readonly requiresInbox?: boolean;
  /** Aborted: no more waiting, and the orders are compared as they are. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (stage: "waiting" | "comparing", done: number) => void;
}

export async function createScoreboard(options: ScoreboardOptions): Promise<Scoreboard> {
  const { client, sent, concurrency, quietMs, listingLagMs = LISTING_LAG_MS, signal, onProgress } = options;
  const { requiresInbox = false } = options;
  const orders = sent.map(({ order }) => {
    const { status, money: moneyInTheEnd } = expectationOf(order);
    const money = order.refund === null ? {} : { money: moneyInTheEnd };
    return { orderId: order.orderId, until: status, ...money };
  });
  const onWaited = (settled: number): void => onProgress("waiting", settled);
  await settle({ client, orders, concurrency, quietMs, signal, onProgress: onWaited });

  const listedByMs = performance.now() + listingLagMs;
  const money = createMoneyTotals();
  const statuses = new Map<OrderKind, Record<string, number>>();
  const differences: (OrderDifference & { readonly number: number })[] = [];
  let mails: MailTotals | null = NO_MAILS;
  let compared = 0;
  await forEachConcurrently(sent, concurrency, async (sentOrder) => {
    const { order, paid } = sentOrder;
    const { number, orderId, kind } = order;
    const observed = await observe(client, order, listedByMs);
    money.addPaid(paid);
    money.addEvents(observed.events);
    const mailCount = observed.mails && countMails(expectationOf(order).mails, observed.mails, observed.unknownIds);
    mails = mails && mailCount && addMails(mails, mailCount);
    const problems = [...compareOrder(sentOrder, observed), ...(mailCount ? mailProblems(mailCount) : [])];
    if (problems.length > 0) differences.push({ number, orderId, kind, problems });
    const tally = statuses.get(kind) ?? {};
    const status = observed.view?.status ?? "missing";
    statuses.set(kind, { ...tally, [status]: (tally[status] ?? 0) + 1 });
    compared += 1;
    onProgress("comparing", compared);
  });

  const totals = money.list();
  const wrongTotals = totals.filter(({ addsUp }) => !addsUp).length;
  return {
    kinds: ORDER_KINDS.filter((kind) => statuses.has(kind)).map((kind) => {
      const count = sent.filter(({ order }) => order.kind === kind).length;
      const different = differences.filter((difference) => difference.kind === kind).length;
      return { kind, sent: count, asExpected: count - different, observed: statuses.get(kind) ?? {} };
    }),
    money: totals,
    mails,
    differences: differences
      .toSorted((a, b) => a.number - b.number)
      .map(({ orderId, kind, problems }) => ({ orderId, kind, problems })),
    unexplained: differences.length + wrongTotals + (requiresInbox && mails === null ? 1 : 0),
  };
}
