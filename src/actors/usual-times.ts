/**
 * How long orders usually spend in a state, as the stored commits of some hundred of them tell. It needs no memory of its
 * own, so that it is the same in every process and after every restart. The orders are those received last, and as many
 * from half an hour, six hours and a day before: the latest alone would be those that were quick. Only orders that have
 * left the state count, and the answer says over how many and over which time.
 */
import { evolve, moneyStatusOf, NO_ORDER } from "../domain/order.ts";
import type { ShownStatus } from "./order-view.ts";
import type { Clock, Commit, EventStore, ViewStore } from "./ports.ts";
import { readOrders } from "./read-orders.ts";
import { ORDERS_VIEW } from "./views.ts";

export type TimedState = ShownStatus | "refundDue";

export interface UsualTime {
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  /** How many orders were looked at that have left the state. */
  readonly orders: number;
  /** When the first and the last of all orders that were looked at were received: ISO 8601 instants in UTC. */
  readonly from: string;
  readonly to: string;
}

export interface UsualTimes {
  /** Null when no order that was looked at has left the state. */
  of(state: TimedState): Promise<UsualTime | null>;
}

const SAMPLE_AGES_MS = [0, 30 * 60_000, 6 * 3_600_000, 24 * 3_600_000];
const ORDERS_PER_AGE = 100;
/** The answer is so old at most. */
const KEPT_MS = 60_000;

interface Sample {
  readonly takenAtMs: number;
  readonly times: ReadonlyMap<TimedState, UsualTime>;
}

export function createUsualTimes(deps: {
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly viewStore: Pick<ViewStore, "list" | "activeVersion">;
  readonly clock: Clock;
  readonly shards: number;
}): UsualTimes {
  const { eventStore, viewStore, clock, shards } = deps;
  let latest: Promise<Sample> | null = null;
  let latestAtMs = 0;

  const ordersBefore = async (version: number, beforeMs: number): Promise<readonly string[]> => {
    const found = await viewStore.list(
      { view: ORDERS_VIEW.name, version },
      {
        where: {},
        sortBy: "listedAtMs",
        direction: "descending",
        limit: ORDERS_PER_AGE,
        after: { value: beforeMs, id: "" },
      },
    );
    return found.map(({ id }) => id);
  };

  const takeSample = async (takenAtMs: number): Promise<Sample> => {
    const version = (await viewStore.activeVersion(ORDERS_VIEW.name)) ?? 1;
    const pages = await Promise.all(SAMPLE_AGES_MS.map((ageMs) => ordersBefore(version, takenAtMs + 1 - ageMs)));
    const stored = await readOrders(eventStore, pages.flat(), shards);
    return { takenAtMs, times: timesOf([...stored.values()]) };
  };

  return {
    async of(state) {
      const nowMs = clock.nowMs();
      if (latest === null || Math.abs(nowMs - latestAtMs) > KEPT_MS) {
        latestAtMs = nowMs;
        latest = takeSample(nowMs).catch((error: unknown) => {
          latest = null;
          throw error;
        });
      }
      return (await latest).times.get(state) ?? null;
    },
  };
}

function timesOf(orders: readonly (readonly Commit[])[]): ReadonlyMap<TimedState, UsualTime> {
  const durationsMs = new Map<TimedState, number[]>();
  for (const commits of orders) {
    for (const { state, durationMs } of staysOf(commits)) {
      durationsMs.set(state, [...(durationsMs.get(state) ?? []), durationMs]);
    }
  }
  const receivedMs = orders.flatMap(([first]) => (first === undefined ? [] : [Date.parse(first.recordedAt)]));
  const from = new Date(Math.min(...receivedMs, Number.MAX_SAFE_INTEGER / 2)).toISOString();
  const to = new Date(Math.max(...receivedMs, 0)).toISOString();
  return new Map(
    [...durationsMs].map(([state, all]) => {
      const sorted = all.toSorted((a, b) => a - b);
      const quantileS = (share: number): number =>
        (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1_000;
      return [state, { p50Seconds: quantileS(0.5), p95Seconds: quantileS(0.95), orders: sorted.length, from, to }];
    }),
  );
}

/** The states that an order has left, with how long it was in each. */
function staysOf(commits: readonly Commit[]): readonly { state: TimedState; durationMs: number }[] {
  const stays: { state: TimedState; durationMs: number }[] = [];
  let order = NO_ORDER;
  let sinceMs: number | null = null;
  let dueSinceMs: number | null = null;
  for (const { events, recordedAt } of commits) {
    const atMs = Date.parse(recordedAt);
    const leave = (state: TimedState, enteredMs: number): void => {
      stays.push({ state, durationMs: Math.max(0, atMs - enteredMs) });
    };
    for (const event of events) {
      const before = order;
      order = evolve(order, event);
      if (order.details !== null && before.details === null) leave("accepted", Date.parse(order.details.submittedAt));
      if (order.status !== before.status || sinceMs === null) {
        if (sinceMs !== null) leave(before.status, sinceMs);
        sinceMs = atMs;
      }
    }
    // What becomes due and goes back in one commit has not waited.
    const isDue = moneyStatusOf(order) === "refundDue";
    if (!isDue && dueSinceMs !== null) leave("refundDue", dueSinceMs);
    dueSinceMs = isDue ? (dueSinceMs ?? atMs) : null;
  }
  return stays;
}
