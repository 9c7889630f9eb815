import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { BusinessId, PaymentName } from "../../../src/schemas/identifiers.ts";
import { isOperatorName } from "../../../src/schemas/operators.ts";
import { DecisionReason } from "../../../src/schemas/payment-decisions.ts";

describe("an id that a caller chooses", () => {
  const id = Compile(BusinessId("An id", "pay_1"));
  const name = Compile(PaymentName);

  test.each(["pay_1", ".a", "a.", "1.2", "..."])("names a place in an address, or is refused: %s", (text) => {
    const address = new URL(`http://shop.example/admin/payments/order/${text}/decisions`).pathname;
    const isNamed = address === `/admin/payments/order/${text}/decisions`;
    expect([id.Check(text), name.Check(text)]).toEqual(text === "..." ? [false, false] : [isNamed, isNamed]);
  });

  test.each([".", ".."])("is refused where an address would lose it: %s", (text) => {
    expect([id.Check(text), name.Check(text)]).toEqual([false, false]);
  });
});

describe("what people are to read", () => {
  const reason = Compile(DecisionReason);

  test.each(["\u200b", " \u2060 ", "\u00ad", "\ufeff"])("shows something: not %j", (text) => {
    expect([isOperatorName(text), reason.Check(text)]).toEqual([false, false]);
  });

  test.each(["Ann", "山田", "7", "👍"])("may be in any script: %s", (text) => {
    expect([isOperatorName(text), reason.Check(text)]).toEqual([true, true]);
  });
});
