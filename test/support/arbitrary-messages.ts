/** Messages for one order as fast-check makes them: few ids and few values, so that they repeat, collide and match. */
import * as fc from "fast-check";
import type { Message } from "../../src/domain/messages.ts";
import type { Money } from "../../src/domain/money.ts";
import * as messages from "./order-messages.ts";

const money: fc.Arbitrary<Money> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(messages.TOTAL) },
  {
    weight: 2,
    arbitrary: fc.record({ amountMinor: fc.integer({ min: 1, max: 5_000 }), currency: fc.constant("EUR") }),
  },
  fc.record({ amountMinor: fc.constantFrom(1, 2_450, 3_000), currency: fc.constantFrom("USD", "JPY", "KWD") }),
);
const paidAt = fc.constantFrom(messages.PAID_AT, messages.DEADLINE, "2026-01-05T12:10:00.001Z");
const items = fc.constantFrom(
  messages.ITEMS,
  [{ sku: "tiramisu", quantity: 1 }],
  [{ sku: "pizza-hawaii", quantity: 1 }],
);

const submission = fc.oneof(
  { weight: 4, arbitrary: fc.constant(messages.submitOrder()) },
  fc.record({ items, quotedTotal: money }).map(messages.submitOrder),
);
const payment = fc
  .record({ paymentId: fc.constantFrom("p1", "p2", "p3"), amount: money, paidAt, partial: fc.boolean() })
  .map(({ partial, ...rest }) => messages.receivePayment(partial ? { ...rest, partial } : rest));
const refund = fc.record({ refundId: fc.constantFrom("r1", "r2", "r3"), amount: money }).map(messages.recordRefund);
const cancellation = fc.record({ commandId: fc.constantFrom("c1", "c2") }).map(messages.cancelOrder);
const mail = fc
  .record({ outcome: fc.constantFrom("accepted", "refused", "dropped"), round: fc.constantFrom(0, 0, 1, 2) })
  .map(({ outcome, round }) => messages.recordMail(round === 0 ? { outcome } : { outcome, round }));
const decision = fc
  .record({
    paymentId: fc.constantFrom("p1", "p2", "p3", "p1~2450EUR", "p2~2450EUR", "p1~3000USD", "nobody's"),
    commandId: fc.constantFrom("d1", "d2", "d3", "c1"),
    decision: fc.constantFrom("accept" as const, "refund" as const, "reject" as const),
    toOrderId: fc.constantFrom(undefined, messages.ORDER_ID, messages.OTHER_ORDER_ID),
  })
  .map(({ toOrderId, ...rest }) => messages.decidePayment(toOrderId === undefined ? rest : { ...rest, toOrderId }));
const movedMoney = fc
  .record({ transferId: fc.constantFrom("moved~order-2~d1", "moved~order-2~d2"), amount: money, paidAt })
  .map(messages.takeMovedPayment);
const deadline = fc.constant(messages.reachDeadline());

/** Any message that the order may get. */
export const arbitraryMessage: fc.Arbitrary<Message> = fc.oneof(
  { weight: 3, arbitrary: submission },
  { weight: 4, arbitrary: payment },
  { weight: 2, arbitrary: refund },
  cancellation,
  { weight: 2, arbitrary: mail },
  deadline,
  { weight: 3, arbitrary: decision },
  movedMoney,
);

/** A life of messages in any order, many of them repeated. */
export const arbitraryMessages: fc.Arbitrary<readonly Message[]> = fc.array(arbitraryMessage, { maxLength: 25 });

/** Each of these messages at least once, some several times, in any order. */
export function repeatedInAnyOrder(originals: readonly Message[]): fc.Arbitrary<readonly Message[]> {
  return fc.array(fc.constantFrom(...originals), { maxLength: 8 }).chain((repeats) => {
    const all = [...originals, ...repeats];
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  });
}
