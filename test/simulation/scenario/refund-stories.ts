/** What the payment provider pays back, of all that an order can have: owed, parked, a deposit, kept; and too much of it. */
import type { Story } from "./story.ts";

export const REFUND_STORIES: Readonly<Record<string, Story>> = {
  refunded: ({ submit, pay, refund, totalMinor, later }) => [
    submit(),
    pay(totalMinor + 100),
    refund(100, { atMs: later(4_000), refundId: "back-1" }),
    refund(totalMinor, { atMs: later(6_000) }),
    refund(100, { atMs: later(7_000), refundId: "back-1" }),
  ],
  refundedTooMuch: ({ submit, pay, refund, totalMinor, later }) => [
    submit(),
    pay(totalMinor - 1),
    refund(totalMinor * 2, { atMs: later(4_000) }),
    refund(50, { atMs: later(5_000), refundId: "back-1" }),
    refund(60, { atMs: later(6_000), refundId: "back-1" }),
  ],
  refundedKept: ({ submit, pay, refund, totalMinor, later, chance }) => [
    submit(),
    pay(totalMinor),
    refund(chance.between(1, totalMinor - 1), { atMs: later(4_000), refundId: "back-1" }),
    pay(100, { atMs: later(5_000) }),
    refund(totalMinor, { atMs: later(6_000) }),
    refund(100, { atMs: later(7_000), refundId: "back-2" }),
  ],
  refundedDeposit: ({ submit, pay, refund, cancel, totalMinor, later, chance }) => {
    const back = chance.of([100, 300, 400]);
    return [
      submit(),
      pay(300, { partial: true }),
      pay(200, { partial: true }),
      refund(back, { atMs: later(4_000) }),
      chance.happens(0.3) ? cancel({ atMs: later(6_000) }) : pay(totalMinor - 500 + back, { atMs: later(6_000) }),
      refund(300, { atMs: later(8_000) }),
    ];
  },
  refundedParked: ({ submit, pay, refund, decide, totalMinor, submitMs, chance }) => {
    const back = chance.of([100, totalMinor, totalMinor + 100]);
    return [
      submit({ atMs: submitMs + 6_000 }),
      pay(totalMinor + 100, { paymentId: "early", partial: chance.happens(0.3) }),
      refund(back, { atMs: submitMs + 4_000 }),
      ...(chance.happens(0.3) ? [decide("early", { decision: "refund", atMs: submitMs + 5_000 })] : []),
      pay(totalMinor, { atMs: submitMs + 8_000 }),
    ];
  },
  refundedBeyondReceived: ({ submit, pay, refund, totalMinor, later }) => [
    submit(),
    pay(totalMinor),
    refund(totalMinor - 100, { atMs: later(4_000), refundId: "back-1" }),
    refund(101, { atMs: later(8_000), refundId: "back-2" }),
    refund(100, { atMs: later(12_000), refundId: "back-3" }),
  ],
  refundedEarly: ({ submit, pay, refund, totalMinor, later }) => [
    submit(),
    refund(100),
    pay(totalMinor, { atMs: later(2_000) }),
    refund({ amountMinor: 100, currency: "USD" }, { atMs: later(4_000) }),
  ],
};
