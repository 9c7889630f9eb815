/** The words for where an order is, as the API shows and filters them. The record keeps them complete: a new status does not compile without one. */
import type { MoneyStatus, OrderStatus } from "../domain/order.ts";
import { oneOf } from "./one-of.ts";

type ShownStatus = "accepted" | OrderStatus;

const ORDER_STATUSES: Readonly<Record<OrderStatus, string>> = {
  awaitingOrder: "money came, and the order has not",
  received: "stored and priced, waiting for its payment",
  paid: "the payment matches the total",
  validated: "checked",
  confirmed: "the confirmation mail is on its way",
  emailed: "the confirmation mail was accepted by the mail server",
  rejected: "turned away, or its payment did not match",
  expired: "no payment came in time",
  cancelled: "cancelled before it was paid",
};

const SHOWN_STATUSES: Readonly<Record<ShownStatus, string>> = {
  accepted: "stored in the log, and its shard has not come to it yet",
  ...ORDER_STATUSES,
};

const MONEY_STATUSES: Readonly<Record<MoneyStatus | "parked", string>> = {
  parked: "money came before the order and waits for it",
  settled: "the order owes nothing",
  refundDue: "money has to go back",
  partlyRefunded: "some of the money that came went back, and the order keeps the rest",
  refunded: "all money that came went back",
};

export const OrderStatusWord = oneOf(ORDER_STATUSES);
export const ShownStatusWord = oneOf(SHOWN_STATUSES);
export const MoneyStatusWord = oneOf(MONEY_STATUSES);
