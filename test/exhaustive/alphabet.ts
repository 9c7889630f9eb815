/**
 * The messages that the exhaustive check sends, in every sequence: at least one for each rule of `decide`, with few ids
 * and few amounts, so that they repeat, collide, add up and come too late.
 */
import type { Message } from "../../src/domain/messages.ts";
import {
  cancelOrder,
  DEADLINE,
  decidePayment,
  euros,
  OTHER_ORDER_ID,
  reachDeadline,
  receivePayment,
  recordMail,
  recordRefund,
  submitOrder,
  TOTAL,
  takeMovedPayment,
} from "../support/order-messages.ts";

export interface Letter {
  /** How counterexamples call it. */
  readonly name: string;
  readonly message: Message;
}

const PART_A_MINOR = 1_000;
const PART_B_MINOR = TOTAL.amountMinor - PART_A_MINOR;
const AFTER_DEADLINE = new Date(Date.parse(DEADLINE) + 1).toISOString();
const DOLLARS = { amountMinor: TOTAL.amountMinor, currency: "USD" };

const SUBMIT: Letter = { name: "submit", message: submitOrder() };
const CANCEL: Letter = { name: "cancel", message: cancelOrder() };
const MAILED: Letter = { name: "mail accepted", message: recordMail() };
const REACH_DEADLINE: Letter = { name: "deadline", message: reachDeadline() };
const refund = (name: string, amountMinor: number): Letter => ({
  name: `refund ${name}`,
  message: recordRefund({ refundId: name, amount: euros(amountMinor) }),
});
/** Refunds take what is due, parked or credited, so each of them makes the states many more. */
const REFUND_PART = refund("part", PART_A_MINOR);
const REFUND_ALL = refund("all", TOTAL.amountMinor);

/** What the large alphabets share: submissions, a cancellation, the mail's two outcomes and the deadline. */
const ALWAYS: readonly Letter[] = [
  SUBMIT,
  { name: "submit something else", message: submitOrder({ items: [{ sku: "tiramisu", quantity: 1 }] }) },
  { name: "submit what is not sold", message: submitOrder({ items: [{ sku: "pizza-hawaii", quantity: 1 }] }) },
  CANCEL,
  MAILED,
  { name: "mail refused", message: recordMail({ outcome: "refused", response: "550 no such mailbox" }) },
  REACH_DEADLINE,
];

const pay = (name: string, changes: Parameters<typeof receivePayment>[0]): Letter => ({
  name: `pay ${name}`,
  message: receivePayment({ paymentId: name, ...changes }),
});

const EXACT = pay("exact", {});
const WEBHOOK = { webhookId: "msg_1" };
const PART_A = pay("part a", { amount: euros(PART_A_MINOR), partial: true, ...WEBHOOK });
/** Under the id of the first part, with other money. */
const CONTRADICTION: Letter = {
  name: "pay part a, with another amount",
  message: receivePayment({ paymentId: "part a", amount: euros(PART_A_MINOR - 1), partial: true }),
};
const PART_B = pay("part b", { amount: euros(PART_B_MINOR), partial: true });
const TOO_LARGE_PART = pay("too large a part", { amount: euros(PART_B_MINOR + 1), partial: true });

/** Every kind of payment there is. With few of them at a time, all their combinations can be explored. */
export const EVERY_KIND: readonly Letter[] = [
  ...ALWAYS,
  REFUND_PART,
  { name: "submit at a price of yesterday", message: submitOrder({ quotedTotal: euros(TOTAL.amountMinor - 50) }) },
  EXACT,
  { name: "pay exact, in dollars", message: receivePayment({ paymentId: "exact", amount: DOLLARS }) },
  PART_A,
  CONTRADICTION,
  PART_B,
  {
    name: "pay part b, by the webhook of part a",
    message: receivePayment({ paymentId: "part b", amount: euros(PART_B_MINOR), partial: true, ...WEBHOOK }),
  },
  TOO_LARGE_PART,
  pay("the rest, as a whole", { amount: euros(PART_B_MINOR) }),
  pay("at the deadline", { paidAt: DEADLINE }),
  pay("after the deadline", { paidAt: AFTER_DEADLINE }),
  pay("dollars", { amount: DOLLARS }),
  pay("dollars in part", { amount: DOLLARS, partial: true }),
  pay("more than can be counted", { amount: euros(Number.MAX_SAFE_INTEGER) }),
  {
    name: "refund the part, with another amount",
    message: recordRefund({ refundId: "part", amount: euros(PART_A_MINOR + 1) }),
  },
  {
    name: "refund the part, by the webhook of a payment",
    message: recordRefund({ refundId: "part", amount: euros(PART_A_MINOR), ...WEBHOOK }),
  },
  { name: "refund dollars", message: recordRefund({ refundId: "dollars", amount: DOLLARS }) },
];

/** Few kinds of payments: all that can be reached with any number of them, and with mails about which people decide. */
export const FEW_KINDS: readonly Letter[] = [
  ...ALWAYS,
  {
    name: "mail dropped by a person",
    message: recordMail({ outcome: "dropped", response: "the customer phoned", round: 1 }),
  },
  { name: "mail accepted after all", message: recordMail({ round: 2 }) },
  REFUND_ALL,
  EXACT,
  PART_A,
  PART_B,
  TOO_LARGE_PART,
];

/** Refunds of all that an order can have: parked, deposits, credited and too much, in whole and in parts. */
export const REFUNDS: readonly Letter[] = [
  SUBMIT,
  EXACT,
  PART_A,
  PART_B,
  TOO_LARGE_PART,
  REFUND_PART,
  refund("rest", PART_B_MINOR),
  REFUND_ALL,
  refund("too much", 10 * TOTAL.amountMinor),
  CANCEL,
  MAILED,
  REACH_DEADLINE,
];

const QUARANTINED = `part a~${PART_A_MINOR - 1}EUR`;
const decide = (name: string, changes: Parameters<typeof decidePayment>[0]): Letter => ({
  name: `decide: ${name}`,
  message: decidePayment(changes),
});
const MOVED = { transferId: "moved~order-2~1", amount: euros(PART_B_MINOR) };

const UNTIL_PAID: readonly Letter[] = [SUBMIT, REFUND_PART, REACH_DEADLINE, EXACT];

/** What people decide about quarantined money. Decisions of one command exclude each other, which keeps the states few. */
export const QUARANTINE_DECISIONS: readonly Letter[] = [
  ...UNTIL_PAID,
  PART_A,
  CONTRADICTION,
  decide("accept what is quarantined", { commandId: "apart", paymentId: QUARANTINED }),
  decide("move what is quarantined", { commandId: "apart", paymentId: QUARANTINED, toOrderId: OTHER_ORDER_ID }),
  decide("refund what is quarantined", { commandId: "apart", paymentId: QUARANTINED, decision: "refund" }),
  decide("reject what is quarantined", { commandId: "apart", paymentId: QUARANTINED, decision: "reject" }),
  decide("accept it again", { commandId: "again", paymentId: QUARANTINED }),
];

/** What people decide about money that is parked or due, and money that comes from another order. */
export const MONEY_DECISIONS: readonly Letter[] = [
  ...UNTIL_PAID,
  pay("dollars", { amount: DOLLARS }),
  { name: "take moved money", message: takeMovedPayment(MOVED) },
  {
    name: "take moved money, with another amount",
    message: takeMovedPayment({ ...MOVED, amount: euros(PART_B_MINOR - 1) }),
  },
  decide("move the exact payment", { commandId: "money", paymentId: "exact", toOrderId: OTHER_ORDER_ID }),
  decide("refund the exact payment", { commandId: "money", paymentId: "exact", decision: "refund" }),
  decide("reject the exact payment", { commandId: "money", paymentId: "exact", decision: "reject" }),
  decide("keep the exact payment", { commandId: "money", paymentId: "exact" }),
  decide("move dollars", { commandId: "dollars", paymentId: "dollars", toOrderId: OTHER_ORDER_ID }),
  decide("move dollars to where they are", { commandId: "dollars", paymentId: "dollars", toOrderId: "order-1" }),
];
