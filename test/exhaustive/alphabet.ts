/**
 * The messages that the exhaustive check sends, in every sequence: at least one for each rule of `decide`, with few ids
 * and few amounts, so that they repeat, collide, add up and come too late.
 */
import type { Message } from "../../src/domain/messages.ts";
import {
  cancelOrder,
  DEADLINE,
  euros,
  reachDeadline,
  receivePayment,
  recordMail,
  recordRefund,
  submitOrder,
  TOTAL,
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

/** What the alphabets share: submissions, refunds, a cancellation, the mail's two outcomes and the deadline. */
const ALWAYS: readonly Letter[] = [
  { name: "submit", message: submitOrder() },
  { name: "submit something else", message: submitOrder({ items: [{ sku: "tiramisu", quantity: 1 }] }) },
  { name: "submit what is not sold", message: submitOrder({ items: [{ sku: "pizza-hawaii", quantity: 1 }] }) },
  { name: "refund a part", message: recordRefund({ refundId: "part", amount: euros(PART_A_MINOR) }) },
  { name: "refund all", message: recordRefund({ refundId: "all" }) },
  { name: "cancel", message: cancelOrder() },
  { name: "mail accepted", message: recordMail() },
  { name: "mail refused", message: recordMail({ outcome: "refused", response: "550 no such mailbox" }) },
  {
    name: "mail dropped by a person",
    message: recordMail({ outcome: "dropped", response: "the customer phoned", round: 1 }),
  },
  { name: "mail accepted after all", message: recordMail({ round: 2 }) },
  { name: "deadline", message: reachDeadline() },
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
  { name: "refund too much", message: recordRefund({ refundId: "too much", amount: euros(Number.MAX_SAFE_INTEGER) }) },
  { name: "refund dollars", message: recordRefund({ refundId: "dollars", amount: DOLLARS }) },
];

/** Few kinds of payments: all that can be reached with any number of them. */
export const FEW_KINDS: readonly Letter[] = [...ALWAYS, EXACT, PART_A, CONTRADICTION, PART_B, TOO_LARGE_PART];
