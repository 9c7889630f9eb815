/**
 * What the parts of a hand-written service share: its two messages, and the one document per order whose status says how
 * far the order is. Every write names the status that it expects, so a repeated or late message changes nothing.
 */
import { type Collection, MongoServerError } from "mongodb";
import type { OrderLine } from "../../../src/domain/catalogue.ts";
import type { Customer } from "../../../src/domain/messages.ts";
import { type Money, sameMoney } from "../../../src/domain/money.ts";

export interface OrderMessage {
  readonly orderId: string;
  readonly customer: Customer;
  readonly lines: readonly OrderLine[];
  readonly total: Money;
  readonly submittedAt: string;
}

export interface PaymentMessage {
  readonly orderId: string;
  readonly paymentId: string;
  readonly amount: Money;
  readonly paidAt: string;
}

type OrderDetails = Omit<OrderMessage, "orderId">;
type Payment = Omit<PaymentMessage, "orderId">;

export type OrderDocument =
  | { readonly _id: string; readonly status: "awaitingOrder"; readonly payment: Payment }
  | ({ readonly _id: string; readonly status: "received" } & OrderDetails)
  | PaidDocument
  | ({ readonly _id: string; readonly status: "mismatched"; readonly payment: Payment } & OrderDetails);

/** An order with its money; its mail was sent when it reads `emailed`. */
export type PaidDocument = {
  readonly _id: string;
  readonly status: "confirmed" | "emailed";
  readonly payment: Payment;
} & OrderDetails;

export type OrderCollection = Collection<OrderDocument>;

/** Where an order stands once both its order and its payment are there. */
export function paidStatus(total: Money, payment: Payment): "confirmed" | "mismatched" {
  return sameMoney(total, payment.amount) ? "confirmed" : "mismatched";
}

/** The order when it is paid and its mail is still owed, which a redelivery after a crash may find; else null. */
export function owedMail(order: OrderDocument | null): PaidDocument | null {
  return order?.status === "confirmed" ? order : null;
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11_000;
}

/** The message that a record of a topic of ours holds. */
export function messageOf(value: Buffer | null): unknown {
  return JSON.parse(String(value));
}
