/** Who sends each message, and what it says, for people who ask what an order waits for. */
import type { Message } from "../domain/messages.ts";

export interface Sender {
  readonly from: "shopper" | "payment provider" | "service" | "support";
  /** Ends the sentence "It is moved by …". */
  readonly meaning: string;
}

/** The record keeps it complete: a new message does not compile without its sender. */
export const SENDERS: Readonly<Record<Message["type"], Sender>> = {
  SubmitOrder: { from: "shopper", meaning: "the order itself, from the storefront or a point of sale" },
  ReceivePayment: { from: "payment provider", meaning: "a payment of what is outstanding" },
  RecordRefund: { from: "payment provider", meaning: "word that the money went back" },
  CancelOrder: { from: "shopper", meaning: "a cancellation" },
  RecordMail: { from: "service", meaning: "what became of the confirmation mail" },
  ReachDeadline: { from: "service", meaning: "the end of the time to pay" },
  DecidePayment: { from: "support", meaning: "a decision at the payment desk" },
  TakeMovedPayment: { from: "support", meaning: "money that support moves here from another order" },
};
