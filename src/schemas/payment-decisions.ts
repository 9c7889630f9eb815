/** What a decision about a payment looks like on the wire. */
import Type from "typebox";
import type { PaymentDecision } from "../domain/messages.ts";
import { SEEN } from "./customer.ts";
import { oneOf } from "./one-of.ts";

const DECISIONS: Readonly<Record<PaymentDecision, string>> = {
  accept: "it is money of the order, or of the one that `toOrderId` names",
  refund: "it goes back to the customer",
  reject: "it never was money: an error of the payment provider",
};

export const PaymentDecisionWord = oneOf(DECISIONS);

/** Why something was decided: whoever reads the order later must find it. */
export const DecisionReason = Type.String({
  minLength: 1,
  maxLength: 500,
  pattern: `^(?=[^]*${SEEN})[^\\p{Cs}\\u0000]*$`,
  description: "Why, in words for the people who read the order later",
  examples: ["The customer ordered again and paid for both"],
});

export const DecidingOperator = Type.Object(
  { keyId: Type.String({ minLength: 1, maxLength: 128 }), name: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false, description: "Who decided" },
);
