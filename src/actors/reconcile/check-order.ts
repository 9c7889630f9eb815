/** Checks one order by its commits alone: they are whole, each message took effect once, and its money adds up. */
import { balancesOf, type Order } from "../../domain/order.ts";
import { createOrderActor } from "../order-actor.ts";
import { foldCommits } from "../order-reader.ts";
import type { Commit } from "../ports.ts";
import { shardOf } from "../sharding.ts";
import type { Discrepancy, DiscrepancyKind } from "./discrepancy.ts";

export interface StoredOrder {
  readonly orderId: string;
  readonly shard: number;
  /** Oldest first; at least one. */
  readonly commits: readonly Commit[];
}

/** The order that its commits make, and everything that is wrong with them. */
export function checkOrder(
  { orderId, shard, commits }: StoredOrder,
  shards: number,
): { readonly order: Order; readonly found: readonly Discrepancy[] } {
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
  for (const { currency, receivedMinor, appliedMinor, refundDueMinor, refundedMinor, parkedMinor } of balancesOf(
    order,
  )) {
    const toldMinor = payments
      .filter(({ data }) => data.amount.currency === currency)
      .reduce((sum, { data }) => sum + data.amount.amountMinor, 0);
    const isEven =
      receivedMinor === toldMinor && receivedMinor === appliedMinor + refundDueMinor + refundedMinor + parkedMinor;
    const isNegative = [appliedMinor, refundDueMinor, refundedMinor, parkedMinor].some((part) => part < 0);
    if (isEven && !isNegative) continue;
    const parts = `applied ${appliedMinor}, refund due ${refundDueMinor}, refunded ${refundedMinor}, parked ${parkedMinor}`;
    report("money_differs", `${orderId} ${currency}`, `received ${toldMinor} ${currency} in minor units; ${parts}`);
  }
  return { order, found };
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
