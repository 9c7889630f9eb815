/** What a decision about a payment looks like on the wire. */
import Type from "typebox";
import type { PaymentDecision } from "../domain/messages.ts";
import { oneOf } from "./one-of.ts";

const DECISIONS: Readonly<Record<PaymentDecision, string>> = {
  accept: "it is money of the order, or of the one that `toOrderId` names",
  refund: "it goes back to the customer",
  reject: "it never was money: an error of the payment provider",
};

export const PaymentDecisionWord = oneOf(DECISIONS, "What is decided");

export const DecidingOperator = Type.Object(
  { keyId: Type.String({ minLength: 1, maxLength: 128 }), name: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false, description: "Who decided" },
);
