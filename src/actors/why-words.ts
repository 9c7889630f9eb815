/**
 * Says in plain words why an order waits, for its customer, on the command line and for support. Times are told as spans
 * from now, which read the same everywhere.
 */
import { formatMoney } from "../domain/money.ts";
import type { OrderView } from "./order-view.ts";
import type { WhyFacts, WhyMail } from "./why-facts.ts";

export interface WhyWords {
  readonly headline: string;
  readonly reasons: readonly string[];
}

/** Puts the facts into words. */
export function sayWhy(facts: WhyFacts, view: OrderView, nowMs: number): WhyWords {
  return { headline: headlineOf(facts, view), reasons: reasonsOf(facts, view, nowMs) };
}

function headlineOf({ mails }: WhyFacts, view: OrderView): string {
  switch (view.status) {
    case "accepted":
      return "The order is stored, and will be processed in a moment.";
    case "awaitingOrder":
      return "The payment arrived before the order, and is kept for it.";
    case "received":
      return view.paid === null
        ? "The order is waiting for its payment."
        : "The order is waiting for the rest of its payment.";
    case "paid":
    case "validated":
      return "The payment is being checked.";
    case "confirmed":
      return view.reason === null
        ? mailHeadline(mails)
        : endOf(view, "The order is confirmed, but its confirmation mail was not delivered");
    case "emailed":
      return endOf(view, "The order is confirmed, and the mail server has accepted its confirmation");
    case "rejected":
      return endOf(view, "The order was not accepted");
    case "expired":
      return endOf(view, "No payment arrived in time");
    case "cancelled":
      return endOf(view, "The order was cancelled");
  }
}

function endOf({ money }: OrderView, what: string): string {
  return money === "refundDue" ? `${what}. Money has to go back.` : `${what}. Nothing is left to do.`;
}

function mailHeadline(mails: readonly WhyMail[]): string {
  const [mail] = mails;
  if (mail?.isHeld) return "The order is waiting for a person: nobody knows whether its confirmation mail arrived.";
  switch (mail?.state) {
    case "attempting":
      return "The confirmation mail is being sent.";
    case "deferred":
      return "The order is waiting for its confirmation mail, which the mail server has not accepted yet.";
    case "unknown":
      return "The confirmation mail will be sent again, because nobody knows whether it arrived.";
    case "accepted":
    case "refused":
    case "dropped":
      return "The confirmation mail has been dealt with, and the order is about to show it.";
    case "queued":
    case undefined:
      return "The order is waiting for its confirmation mail, which has not been sent yet.";
  }
}

function reasonsOf(facts: WhyFacts, view: OrderView, nowMs: number): readonly string[] {
  const since = spanOf(nowMs - Date.parse(facts.since));
  return [
    `It has been like this for ${since}.`,
    ...moneyReasons(view),
    ...moverReasons(facts),
    ...deadlineReasons(facts, nowMs),
    ...facts.mails.flatMap((mail) => mailReasons(mail, nowMs)),
    ...parkedReasons(facts),
    ...(facts.waits ? shardReasons(facts) : []),
    ...usualReasons(facts),
  ];
}

function moneyReasons({ status, total, paid, money, refundDue, reason }: OrderView): string[] {
  const outstandingMinor = (total?.amountMinor ?? 0) - (paid?.amountMinor ?? 0);
  const isOwed = status === "received" && total !== null;
  return [
    ...(isOwed ? [`${formatMoney({ ...total, amountMinor: outstandingMinor })} is still to be paid.`] : []),
    ...(money === "refundDue" ? [`${refundDue.map(formatMoney).join(" and ")} must go back to the customer.`] : []),
    ...(status === "confirmed" && reason !== null ? [`The reason given for the mail: ${reason}`] : []),
  ];
}

function moverReasons({ waitsFor }: WhyFacts): string[] {
  return waitsFor.map(({ meaning }) => meaning);
}

function deadlineReasons({ deadline, shard }: WhyFacts, nowMs: number): string[] {
  if (deadline === null) return [];
  const leftMs = Date.parse(deadline.at) - nowMs;
  const graceMs = Date.parse(deadline.expiresFrom) - nowMs;
  if (leftMs > 0) {
    return [
      `It can be paid for another ${spanOf(leftMs)}.`,
      `A payment made by then may arrive a little later, so it expires in ${spanOf(graceMs)} at the earliest.`,
    ];
  }
  const over = `The time to pay ended ${spanOf(-leftMs)} ago; a payment made before that still counts.`;
  if (graceMs > 0) return [over, `Such a payment has another ${spanOf(graceMs)} to arrive before the order expires.`];
  if (deadline.waitsFor.length === 0) return [over, "The order expires in a moment."];
  return [
    over,
    `The order cannot expire until the ${deadline.waitsFor.join(" and ")} of shard ${shard.shard} have been read.`,
  ];
}

function mailReasons({ state, attempts, nextTryAt, isHeld }: WhyMail, nowMs: number): string[] {
  const isOpen = state === "deferred" || state === "unknown";
  if (!isOpen) return [];
  const tried = `The mail has been tried ${attempts === 1 ? "once" : `${attempts} times`}`;
  if (isHeld) return [`${tried}. Support decides whether to send it once more.`];
  if (nextTryAt === null) return [`${tried}.`];
  const leftMs = Date.parse(nextTryAt) - nowMs;
  return [
    leftMs > 0
      ? `${tried}, and will be tried again in ${spanOf(leftMs)}.`
      : `${tried}, and is about to be tried again.`,
  ];
}

function parkedReasons({ parkedMessages }: WhyFacts): string[] {
  if (parkedMessages === 0) return [];
  return [
    parkedMessages === 1
      ? "A message about the order could not be processed, and is waiting for a person."
      : `${parkedMessages} messages about the order could not be processed, and are waiting for a person.`,
  ];
}

function shardReasons({ shard: { unreadMessages, oldestUnreadSeconds } }: WhyFacts): string[] {
  if (unreadMessages === 0) return [];
  const age = oldestUnreadSeconds === null ? "" : `, the oldest for ${spanOf(oldestUnreadSeconds * 1_000)}`;
  return [`${unreadMessages} ${unreadMessages === 1 ? "message is" : "messages are"} waiting in its queue${age}.`];
}

function usualReasons({ usually }: WhyFacts): string[] {
  if (usually === null) return [];
  const { p50Seconds, p95Seconds, orders, from } = usually;
  const half = spanOf(p50Seconds * 1_000);
  const nearlyAll = spanOf(p95Seconds * 1_000);
  const day = from.slice(0, 16).replace("T", " ");
  return [
    `This usually takes ${half}, and at most ${nearlyAll} in 19 cases out of 20 (${orders} orders since ${day} UTC).`,
  ];
}

/** A span of time as people say it. */
export function spanOf(spanMs: number): string {
  const seconds = Math.round(Math.max(0, spanMs) / 1_000);
  if (seconds < 1) return "less than a second";
  const units: readonly [number, string][] = [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
    [1, "second"],
  ];
  // Below twice a unit the smaller one says more.
  const [size, name] = units.find(([unit]) => seconds >= (unit === 1 ? 1 : 2 * unit)) ?? [1, "second"];
  const count = Math.round(seconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
