/** Who sends each message, and what that does for an order, for people who ask what it waits for. */
import type { Message } from "../domain/messages.ts";

export interface Sender {
  readonly from: "shopper" | "payment provider" | "service" | "support";
  /** A sentence, in which "it" is the order. */
  readonly meaning: string;
}

/** The record keeps it complete: a new message does not compile without its sender. */
export const SENDERS: Readonly<Record<Message["type"], Sender>> = {
  SubmitOrder: { from: "shopper", meaning: "The shopper can still send it, from the storefront or a point of sale." },
  ReceivePayment: { from: "payment provider", meaning: "The payment provider can send what is still to be paid." },
  RecordRefund: { from: "payment provider", meaning: "The payment provider can confirm that the money was paid back." },
  CancelOrder: { from: "shopper", meaning: "The shopper can cancel it." },
  RecordMail: { from: "service", meaning: "The service records what became of its confirmation mail." },
  ReachDeadline: { from: "service", meaning: "The service lets it expire once the time to pay has run out." },
  DecidePayment: { from: "support", meaning: "Support can decide about its money at the payment desk." },
  TakeMovedPayment: { from: "support", meaning: "Support can move money to it from another order." },
};
