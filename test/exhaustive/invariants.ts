/**
 * What must hold in every state of an order and for every message that takes effect. The money is counted here once
 * more, from payments and refunds alone, so that a mistake in the domain's own sums shows.
 */
import { isDeepStrictEqual } from "node:util";
import { createOrderActor, type OrderActor } from "../../src/actors/order-actor.ts";
import { viewOf } from "../../src/actors/order-view.ts";
import { decide } from "../../src/domain/decide.ts";
import type { Message } from "../../src/domain/messages.ts";
import {
  creditedMinor,
  evolve,
  isFinal,
  moneyStatusOf,
  NO_ORDER,
  type Order,
  parkedMinorOf,
} from "../../src/domain/order.ts";
import { DEADLINE, TERMS } from "../support/order-messages.ts";
import { answerOf } from "./equal-states.ts";
import { expectedStatus } from "./expected-status.ts";
import { type Answer, keyOf, type MachineSnapshot, type Place, type Step } from "./explore.ts";

export const INVARIANTS = [
  "replay gives the live state",
  "deciding changes nothing",
  "the machine's regions tell the status and the money",
  "a message leads where the rules say",
  "all money is accounted for, and no part is negative",
  "a message moves the money that it is about, and no other",
  "it is confirmed only with exactly its total, in its currency and in time",
  "a refund takes what is due first, then what is parked, then what is credited",
  "a mail of a kind is asked for at most once",
  "a cause takes effect once",
  "a repeat has no effect, after a crash as well",
  "an order never rests between its payment and its confirmation",
  "an end is final",
  "an end is honest about its money",
  "known money is never parked",
  "money that came first ends as if it had come after its order",
  "states that count as equal have one future",
] as const;

export type Invariant = (typeof INVARIANTS)[number];
/** Notes that an invariant does not hold for what is being looked at. */
export type Violated = (invariant: Invariant, detail: string) => void;

interface Sums {
  readonly receivedMinor: number;
  readonly appliedMinor: number;
  readonly dueMinor: number;
  readonly refundedMinor: number;
  readonly parkedMinor: number;
}

/** The money of one currency, by the plainest count. Parts of a payment that no event named are parked. */
function sumsOf({ payments, refunds }: Order, currency: string): Sums {
  let [receivedMinor, appliedMinor, owedMinor, refundedMinor] = [0, 0, 0, 0];
  for (const payment of payments) {
    if (payment.amount.currency !== currency) continue;
    receivedMinor += payment.amount.amountMinor - payment.movedMinor;
    appliedMinor += payment.appliedMinor;
    owedMinor += payment.dueMinor;
  }
  for (const { amount } of refunds) if (amount.currency === currency) refundedMinor += amount.amountMinor;
  const parkedMinor = receivedMinor - appliedMinor - owedMinor;
  return { receivedMinor, appliedMinor, dueMinor: owedMinor - refundedMinor, refundedMinor, parkedMinor };
}

const CURRENCIES = ["EUR", "USD"];
const PAID = ["paid", "validated", "confirmed", "emailed"];

/** What must hold where an order rests. */
export function checkPlace(place: Place, replayed: OrderActor, answers: readonly Answer[], violated: Violated): void {
  const { order, commits } = place;
  if (!isDeepStrictEqual(replayed.order(), order)) violated("replay gives the live state", "the actor differs");
  if (!isDeepStrictEqual(commits.flatMap(({ events }) => events).reduce(evolve, NO_ORDER), order)) {
    violated("replay gives the live state", "the fold differs");
  }
  if (replayed.order().version !== order.version) violated("deciding changes nothing", "the order moved");
  if (order.status === "paid" || order.status === "validated") {
    violated("an order never rests between its payment and its confirmation", order.status);
  }
  checkMailIntents(place, violated);
  const again = answers.find(({ letter }) => letter.name === place.names.at(-1))?.decision ?? { type: "nothing" };
  if (again.type !== "nothing") violated("a repeat has no effect, after a crash as well", `it led to ${again.type}`);
  if (order.details === null) checkParkedMoney(place, answers, violated);
  else if (CURRENCIES.some((currency) => sumsOf(order, currency).parkedMinor !== 0)) {
    violated("known money is never parked", order.status);
  }
  if (isFinal(order.status)) checkEnd(order, violated);
}

function checkMailIntents({ order, commits }: Place, violated: Violated): void {
  const confirmations = commits.flatMap(({ events }) => events).filter(({ type }) => type === "OrderConfirmed").length;
  const expected = order.status === "confirmed" || order.status === "emailed" ? 1 : 0;
  if (confirmations !== expected) {
    violated("a mail of a kind is asked for at most once", `${confirmations} confirmations, ${order.status}`);
  }
}

/** Whoever reads an order that is over must see what became of its money. */
function checkEnd(order: Order, violated: Violated): void {
  const sums = CURRENCIES.map((currency) => sumsOf(order, currency));
  const owes = sums.some(({ dueMinor }) => dueMinor > 0);
  const gaveBack = sums.some(({ refundedMinor }) => refundedMinor > 0);
  const keepsAny = sums.some(({ appliedMinor, parkedMinor }) => appliedMinor + parkedMinor > 0);
  const honest = owes ? "refundDue" : !gaveBack ? "settled" : keepsAny ? "partlyRefunded" : "refunded";
  const view = viewOf("order-1", order, { receivedAt: "", updatedAt: "" });
  const shownMinor = view.refundDue.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const dueMinor = sums.reduce((sum, part) => sum + part.dueMinor, 0);
  if (moneyStatusOf(order) !== honest || view.money !== honest || shownMinor !== dueMinor) {
    violated("an end is honest about its money", `it reads ${view.money} with ${shownMinor}, and is ${honest}`);
  }
  const keeps = sums.some(({ appliedMinor }) => appliedMinor > 0);
  if (keeps && !PAID.includes(order.status)) violated("an end is honest about its money", "it keeps money");
}

/** The submission after its payments must lead where it leads before them. */
function checkParkedMoney({ order, causes }: Place, answers: readonly Answer[], violated: Violated): void {
  // Money about which a person has decided is not parked any more, and it does not come again after the order.
  if (order.payments.some((payment) => payment.quarantinedAs !== undefined || payment.decided !== undefined)) return;
  for (const { letter, decision } of answers) {
    if (letter.message.type !== "SubmitOrder" || decision.type !== "events") continue;
    const after = createOrderActor([]);
    const take = (message: Answer["letter"]["message"]): void => {
      const answer = after.decide(message, TERMS);
      if (answer.type === "events") after.record({ ...answer, causeId: "", recordedAt: DEADLINE });
    };
    take(letter.message);
    const left = order.payments.filter((payment) => parkedMinorOf(payment) > 0);
    for (const payment of left) take(messageOf(payment));
    const late = { ...after.order(), quarantined: order.quarantined };
    const early = decision.events.reduce(evolve, order);
    // An order whose money was paid back in part ends as if only what was left had come.
    const isSame =
      order.refunds.length === 0
        ? keyOf(late, causes) === keyOf(early, causes)
        : late.status === early.status && creditedMinor(late) === creditedMinor(early);
    if (!isSame) violated("money that came first ends as if it had come after its order", letter.name);
  }
}

function messageOf(payment: Order["payments"][number]): Message {
  const { paymentId, paidAt, partial, webhookId, movedFrom } = payment;
  const amount = { ...payment.amount, amountMinor: parkedMinorOf(payment) };
  const orderId = "order-1";
  if (movedFrom !== undefined) {
    return { type: "TakeMovedPayment", orderId, transferId: paymentId, amount, paidAt, movedFrom };
  }
  const told = webhookId === undefined ? {} : { webhookId };
  return { type: "ReceivePayment", orderId, paymentId, amount, paidAt, partial, ...told };
}

/** What must hold for a message that takes effect, after each of its events. */
export function checkStep(step: Step, violated: Violated): void {
  const { from, letter, commit, snapshots, to } = step;
  if (from.causes.has(commit.causeId)) violated("a cause takes effect once", commit.causeId);
  let before = from.order;
  for (const [i, snapshot] of snapshots.entries()) {
    checkSnapshot(before, snapshot, violated);
    if (BECOMES_PAID.has(commit.events[i]?.type ?? "")) checkPaid(snapshot.context, violated);
    before = snapshot.context;
  }
  if (to.order.version !== from.order.version + commit.events.length) {
    violated("the machine's regions tell the status and the money", "the machine ignored an event");
  }
  checkMoneyMoved(step, violated);
  const expected = expectedStatus(from.order, letter.message);
  if (expected !== null && expected !== to.order.status) {
    violated("a message leads where the rules say", `${to.order.status} instead of ${expected}`);
  }

  // The worker may die before the commit is stored: then the message comes again to what was stored before. The commit is
  // what a replayed actor decided, so the order that never died must decide the same.
  const decision = decide(from.order, letter.message, TERMS);
  const isSame = decision.type === "events" && isDeepStrictEqual(decision.events, commit.events);
  if (!isSame) violated("a repeat has no effect, after a crash as well", "another decision before the commit");
  // Or after it is stored and before its offset is: then it comes again to what is stored now. The actor that is replayed
  // from that is asked where the state is walked through; the other ways to it are asked here, without a replay for each.
  const again = answerOf(to, letter);
  if (again.type !== "nothing") violated("a repeat has no effect, after a crash as well", `it led to ${again.type}`);
  // Money is recognised by its own id, too, so that a forgotten cause costs nothing.
  const { message } = letter;
  const isMoney =
    message.type === "ReceivePayment" || message.type === "TakeMovedPayment" || message.type === "RecordRefund";
  if (isMoney && decide(to.order, message, TERMS).type === "events") {
    violated("a repeat has no effect, after a crash as well", "only its cause keeps it from taking effect again");
  }
}

function checkSnapshot(before: Order, { value, context: order }: MachineSnapshot, violated: Violated): void {
  if (value.lifecycle !== order.status || value.money !== moneyStatusOf(order)) {
    violated("the machine's regions tell the status and the money", JSON.stringify(value));
  }
  for (const currency of CURRENCIES) {
    const { receivedMinor, ...parts } = sumsOf(order, currency);
    const amounts = Object.values(parts);
    const isWhole = amounts.every((amount) => Number.isSafeInteger(amount) && amount >= 0);
    if (!isWhole || amounts.reduce((sum, amount) => sum + amount, 0) !== receivedMinor) {
      violated("all money is accounted for, and no part is negative", JSON.stringify({ currency, ...parts }));
    }
  }
  if (isFinal(before.status) && order.status !== before.status) violated("an end is final", order.status);
}

const BECOMES_PAID: ReadonlySet<string> = new Set(["OrderPaid", "OrderValidated", "OrderConfirmed"]);

function checkPaid({ status, details, payments }: Order, violated: Violated): void {
  const applied = payments.filter(({ appliedMinor }) => appliedMinor > 0);
  const appliedMinor = applied.reduce((sum, payment) => sum + payment.appliedMinor, 0);
  const { total = null, paymentDeadline = null } = details ?? {};
  const isProper = applied.every(
    ({ amount, paidAt }) =>
      amount.currency === total?.currency && Date.parse(paidAt) <= Date.parse(paymentDeadline ?? ""),
  );
  if (!isProper || appliedMinor !== total?.amountMinor) {
    violated("it is confirmed only with exactly its total, in its currency and in time", `${status}, ${appliedMinor}`);
  }
}

/** Double entry: the message says what came in or went back, and the order must have taken exactly that. */
function checkMoneyMoved({ from, letter, commit, to }: Step, violated: Violated): void {
  const { message } = letter;
  for (const currency of CURRENCIES) {
    const [before, after] = [sumsOf(from.order, currency), sumsOf(to.order, currency)];
    const cameMinor = cameByMinor(letter, commit, currency) - gaveMinor(commit, currency);
    const wentMinor =
      message.type === "RecordRefund" && message.amount.currency === currency ? message.amount.amountMinor : 0;
    const isRight =
      after.receivedMinor - before.receivedMinor === cameMinor &&
      after.refundedMinor - before.refundedMinor === wentMinor;
    // What a paid order keeps only refunds can take.
    const isKept = after.appliedMinor === before.appliedMinor || !PAID.includes(from.order.status) || wentMinor > 0;
    if (!isRight || !isKept) violated("a message moves the money that it is about, and no other", currency);
    if (wentMinor > 0) checkRefund(wentMinor, before, after, violated);
  }
  const apart = to.order.quarantined.length - from.order.quarantined.length;
  const expected = isIncoming(message) && isQuarantine(message, commit.causeId) ? 1 : 0;
  if (apart !== expected) violated("a message moves the money that it is about, and no other", "quarantine");
}

function checkRefund(wentMinor: number, before: Sums, after: Sums, violated: Violated): void {
  const ofDue = Math.min(wentMinor, before.dueMinor);
  const ofParked = Math.min(wentMinor - ofDue, before.parkedMinor);
  const isInTurn =
    after.dueMinor === before.dueMinor - ofDue &&
    after.parkedMinor === before.parkedMinor - ofParked &&
    after.appliedMinor === before.appliedMinor - (wentMinor - ofDue - ofParked);
  if (!isInTurn)
    violated("a refund takes what is due first, then what is parked, then what is credited", `${wentMinor}`);
}

/** What the message brought: a payment, money from another order, or a quarantined payment that a person set free. */
function cameByMinor({ message }: Step["letter"], { causeId, events }: Step["commit"], currency: string): number {
  if (isIncoming(message)) {
    const isTaken = message.amount.currency === currency && !isQuarantine(message, causeId);
    return isTaken ? message.amount.amountMinor : 0;
  }
  const [decided] = events;
  if (decided?.type !== "PaymentDecided" || decided.data.amount.currency !== currency) return 0;
  const isFreed = decided.data.source === "quarantined" && decided.data.decision !== "reject";
  return isFreed ? decided.data.amount.amountMinor : 0;
}

function gaveMinor({ events }: Step["commit"], currency: string): number {
  const [decided] = events;
  if (decided?.type !== "PaymentDecided" || decided.data.amount.currency !== currency) return 0;
  return decided.data.toOrderId === undefined ? 0 : decided.data.amount.amountMinor;
}

type Incoming = Extract<Message, { type: "ReceivePayment" | "TakeMovedPayment" }>;

function isIncoming(message: Message): message is Incoming {
  return message.type === "ReceivePayment" || message.type === "TakeMovedPayment";
}

function isQuarantine(message: Incoming, causeId: string): boolean {
  return causeId !== `payment:${message.type === "ReceivePayment" ? message.paymentId : message.transferId}`;
}
