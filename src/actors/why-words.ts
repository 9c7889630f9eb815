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
      return "It is stored, and its turn to be read has not come yet.";
    case "awaitingOrder":
      return "Its money came first, and waits for the order.";
    case "received":
      return view.paid === null ? "It waits for its payment." : "It waits for the rest of its payment.";
    case "paid":
    case "validated":
      return "Its payment is being checked.";
    case "confirmed":
      return view.reason === null
        ? mailHeadline(mails)
        : endOf(view, "It is confirmed, and its confirmation mail is not delivered");
    case "emailed":
      return endOf(view, "It is confirmed and its mail was accepted");
    case "rejected":
      return endOf(view, "It was not taken");
    case "expired":
      return endOf(view, "No payment came in time");
    case "cancelled":
      return endOf(view, "It was cancelled");
  }
}

function endOf({ money }: OrderView, what: string): string {
  return money === "refundDue" ? `${what}. Money has to go back.` : `${what}. It waits for nothing.`;
}

function mailHeadline(mails: readonly WhyMail[]): string {
  const [mail] = mails;
  if (mail?.isHeld) return "It waits for a person: nobody can tell whether its confirmation mail arrived.";
  switch (mail?.state) {
    case "attempting":
      return "Its confirmation mail is being sent.";
    case "deferred":
      return "It waits for its confirmation mail, which the mail server did not take yet.";
    case "unknown":
      return "It waits for its confirmation mail, which is sent again: nobody can tell whether it arrived.";
    case "accepted":
    case "refused":
    case "dropped":
      return "What became of its confirmation mail is about to be noted.";
    case "queued":
    case undefined:
      return "It waits for its confirmation mail, which waits for its turn.";
  }
}

function reasonsOf(facts: WhyFacts, view: OrderView, nowMs: number): readonly string[] {
  const since = spanOf(nowMs - Date.parse(facts.since));
  return [
    ...(facts.waits ? [`It has been so for ${since}.`] : [`It came to this ${since} ago.`]),
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
    ...(isOwed ? [`${formatMoney({ ...total, amountMinor: outstandingMinor })} are outstanding.`] : []),
    ...(money === "refundDue" ? [`${refundDue.map(formatMoney).join(" and ")} must go back to the customer.`] : []),
    ...(money === "partlyRefunded" && paid !== null
      ? [`Some of the money went back; the order keeps ${formatMoney(paid)}.`]
      : []),
    ...(money === "refunded" ? ["All money that came for it went back."] : []),
    ...(status === "confirmed" && reason !== null ? [`About the mail it was said: ${reason}`] : []),
  ];
}

function moverReasons({ waitsFor }: WhyFacts): string[] {
  return waitsFor.map(({ from, meaning }) =>
    from === "service" ? `By itself comes ${meaning}.` : `From the ${from} can come ${meaning}.`,
  );
}

function deadlineReasons({ deadline, shard }: WhyFacts, nowMs: number): string[] {
  if (deadline === null) return [];
  const leftMs = Date.parse(deadline.at) - nowMs;
  const graceMs = Date.parse(deadline.expiresFrom) - nowMs;
  if (leftMs > 0) {
    return [
      `It can be paid for another ${spanOf(leftMs)}.`,
      `Payments made until then have time to arrive: unpaid, it expires in ${spanOf(graceMs)} at the earliest.`,
    ];
  }
  const over = `The time to pay ended ${spanOf(-leftMs)} ago; a payment made before that still counts.`;
  if (graceMs > 0) return [over, `Such payments have another ${spanOf(graceMs)} to arrive; then it expires.`];
  if (deadline.waitsFor.length === 0) return [over, "It expires in a moment."];
  return [over, `It does not expire before ${deadline.waitsFor.join(" and ")} of shard ${shard.shard} have been read.`];
}

function mailReasons({ state, attempts, nextTryAt, isHeld }: WhyMail, nowMs: number): string[] {
  const isOpen = state === "deferred" || state === "unknown";
  if (!isOpen) return [];
  const tried = `The mail was tried ${attempts === 1 ? "once" : `${attempts} times`}`;
  if (isHeld) return [`${tried}. Support decides whether it is sent once more.`];
  if (nextTryAt === null) return [`${tried}.`];
  const leftMs = Date.parse(nextTryAt) - nowMs;
  return [
    leftMs > 0 ? `${tried}, and is tried again in ${spanOf(leftMs)}.` : `${tried}, and is about to be tried again.`,
  ];
}

function parkedReasons({ parkedMessages }: WhyFacts): string[] {
  if (parkedMessages === 0) return [];
  return [
    parkedMessages === 1
      ? "A message for it could not be processed, and waits for a person."
      : `${parkedMessages} messages for it could not be processed, and wait for a person.`,
  ];
}

function shardReasons({ shard: { unreadMessages, oldestUnreadSeconds } }: WhyFacts): string[] {
  if (unreadMessages === 0) return [];
  const age = oldestUnreadSeconds === null ? "" : `, the oldest for ${spanOf(oldestUnreadSeconds * 1_000)}`;
  return [`${unreadMessages} ${unreadMessages === 1 ? "message waits" : "messages wait"} to be read there${age}.`];
}

function usualReasons({ usually }: WhyFacts): string[] {
  if (usually === null) return [];
  const { p50Seconds, p95Seconds, orders, from } = usually;
  const half = spanOf(p50Seconds * 1_000);
  const nearlyAll = spanOf(p95Seconds * 1_000);
  const day = from.slice(0, 16).replace("T", " ");
  return [`Usually this takes ${half}, and 19 times of 20 at most ${nearlyAll} (${orders} orders since ${day} UTC).`];
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
