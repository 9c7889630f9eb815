/** Checks one order by its commits alone: they are whole, each message took effect once, and its money adds up. */
import type { PaymentMoved, PaymentReceived } from "../domain/events.ts";
import { sumMinor } from "../domain/money.ts";
import { balancesOf, type Order } from "../domain/order.ts";
import type { Discrepancy, DiscrepancyKind } from "./discrepancy.ts";
import { foldCommits } from "./fold-commits.ts";
import { createOrderActor } from "./order-actor.ts";
import type { Commit } from "./ports.ts";
import { shardOf } from "./sharding.ts";

export interface StoredOrder {
  readonly orderId: string;
  readonly shard: number;
  /** Oldest first; at least one. */
  readonly commits: readonly Commit[];
}

/** The order that its commits make, null where its money is beyond reckoning, and everything that is wrong with them. */
export function checkOrder(
  { orderId, shard, commits }: StoredOrder,
  shards: number,
): { readonly order: Order | null; readonly found: readonly Discrepancy[] } {
  const found: Discrepancy[] = [];
  const report = (kind: DiscrepancyKind, subject: string, detail: string): void => {
    found.push({ kind, shard, orderId, subject, detail });
  };
  if (shardOf(orderId, shards) !== shard) {
    report("wrong_shard", orderId, `it is stored in shard ${shard} and belongs to ${shardOf(orderId, shards)}`);
  }
  checkSequence(commits, report);
  for (const id of repeatedOf(commits.map(({ causeId }) => causeId))) {
    report("cause_repeated", `${orderId} ${id}`, `${id} is the cause of more than one commit`);
  }
  const payments = commits.flatMap(({ events }) => events.filter((event) => event.type === "PaymentReceived"));
  for (const id of repeatedOf(payments.map(({ data }) => data.paymentId))) {
    report("payment_repeated", `${orderId} ${id}`, `payment ${id} was received more than once`);
  }
  const order = foldCommits(commits);
  try {
    createOrderActor(commits);
  } catch (error) {
    report("illegal_event", orderId, error instanceof Error ? error.message : String(error));
  }
  try {
    const moved = commits.flatMap(({ events }) => events.filter((event) => event.type === "PaymentMoved"));
    checkMoney(orderId, order, { payments, moved }, report);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report("money_differs", orderId, error.message);
    return { order: null, found };
  }
  return { order, found };
}

/** @throws RangeError when a sum of money is below zero or beyond what is counted exactly. */
function checkMoney(
  orderId: string,
  order: Order,
  { payments, moved }: { readonly payments: readonly PaymentReceived[]; readonly moved: readonly PaymentMoved[] },
  report: (kind: DiscrepancyKind, subject: string, detail: string) => void,
): void {
  for (const balance of balancesOf(order)) {
    const { currency, receivedMinor, appliedMinor, refundDueMinor, refundedMinor, parkedMinor } = balance;
    const sumOf = (events: readonly (PaymentReceived | PaymentMoved)[]): number =>
      sumMinor(
        events.filter(({ data }) => data.amount.currency === currency).map(({ data }) => data.amount.amountMinor),
      );
    // The order answers no longer for what it gave to another one.
    const toldMinor = sumOf(payments) - sumOf(moved);
    const parts = [appliedMinor, refundDueMinor, refundedMinor, parkedMinor];
    const isEven = receivedMinor === toldMinor && parts.reduce((sum, part) => sum + part, 0) === toldMinor;
    if (isEven && parts.every((part) => part >= 0)) continue;
    const names = ["applied", "refund due", "refunded", "parked"].map((name, i) => `${name} ${parts[i]}`);
    report("money_differs", `${orderId} ${currency}`, `received ${toldMinor} in minor units, ${names.join(", ")}`);
  }
}

function checkSequence(
  commits: readonly Commit[],
  report: (kind: DiscrepancyKind, subject: string, detail: string) => void,
): void {
  let next = 1;
  let position = 0;
  for (const commit of commits) {
    const subject = `${commit.orderId}:${commit.sequence}`;
    if (commit.sequence !== next) report("sequence_gap", subject, `event ${next} of the order should come next`);
    if (commit.position <= position) report("sequence_gap", subject, "it stands before an earlier event of the order");
    next = commit.sequence + commit.events.length;
    position = commit.position;
  }
}

function repeatedOf(ids: readonly string[]): ReadonlySet<string> {
  return new Set(ids.filter((id, index) => ids.indexOf(id) !== index));
}
