/** Money on the wire: whole minor units beside the currency, never a decimal fraction. */
import Type from "typebox";

const amountMinor = (minimum: number) =>
  Type.Integer({
    minimum,
    maximum: Number.MAX_SAFE_INTEGER,
    description: "Whole minor units of the currency, such as cents",
    examples: [2750],
  });

export const Currency = Type.String({
  pattern: "^[A-Z]{3}$",
  description: "An ISO 4217 code in upper case",
  examples: ["EUR"],
});

/** An amount that somebody paid or got back: never zero. */
export const PaidAmountMinor = amountMinor(1);

export const Money = Type.Object(
  { amountMinor: amountMinor(0), currency: Currency },
  { additionalProperties: false, description: "An amount of money in whole minor units" },
);

export const PaidMoney = Type.Object(
  { amountMinor: PaidAmountMinor, currency: Currency },
  { additionalProperties: false, description: "An amount of money that moved" },
);
