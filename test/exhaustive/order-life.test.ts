/**
 * Everything that can happen to one order, in every sequence, with every repeat and with a crash before and after each
 * commit: not sampled, but walked through to the end, and every state and step checked.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { orderMachine } from "../../src/actors/order-machine.ts";
import type { ErrorCode } from "../../src/domain/error-codes.ts";
import type { RefundReason, RejectionReason } from "../../src/domain/events.ts";
import type { Order } from "../../src/domain/order.ts";
import { EVERY_KIND, FEW_KINDS, type Letter, MONEY_DECISIONS, QUARANTINE_DECISIONS, REFUNDS } from "./alphabet.ts";
import { createEqualStates } from "./equal-states.ts";
import { explore, type Figures, type MachineSnapshot, type Place, type Visitor } from "./explore.ts";
import { createForger } from "./forged-events.ts";
import { checkPlace, checkStep, INVARIANTS, type Invariant } from "./invariants.ts";
import { deadEndsOf, unannouncedMovesOf } from "./leads-on.ts";
import { createMachineCoverage } from "./machine-coverage.ts";

/** With every kind of payment, so many for one order; with few kinds, any number. */
const MOST_PAYMENTS = 2;
const TIMEOUT_MS = 300_000;

const coverage = createMachineCoverage();
const forger = createForger(coverage);
const equalStates = createEqualStates();
const violations = new Map<Invariant, string>();
const deadEnds = new Set<string>();
const facts = new Set<string>();
const restedIn = new Set<string>();
const figures = new Map<string, Figures>();

let cpuS = 0;

beforeAll(() => {
  const before = process.cpuUsage();
  const few = (order: Order, { message }: Letter): boolean =>
    message.type !== "ReceivePayment" ||
    order.payments.length < MOST_PAYMENTS ||
    order.payments.some(({ paymentId }) => paymentId === message.paymentId);
  figures.set(`every kind of payment, at most ${MOST_PAYMENTS}`, explore(EVERY_KIND, few, visitor));
  for (const [what, alphabet] of [
    ["few kinds of payments, any number", FEW_KINDS],
    ["refunds of whatever an order has", REFUNDS],
    ["what people decide about quarantined money", QUARANTINE_DECISIONS],
    ["what people decide about other money", MONEY_DECISIONS],
  ] as const) {
    figures.set(
      what,
      explore(alphabet, () => true, visitor),
    );
  }
  const { user, system } = process.cpuUsage(before);
  cpuS = (user + system) / 1e6;
}, TIMEOUT_MS);

const visitor: Visitor = {
  place(place, replayed, answers) {
    const { value } = place.snapshot;
    restedIn.add(value.lifecycle).add(value.money);
    checkPlace(place, replayed, answers, (invariant, detail) => note(invariant, detail, place));
    for (const deadEnd of deadEndsOf(place, replayed)) deadEnds.add(deadEnd);
    for (const { decision } of answers) if (decision.type === "refusal") facts.add(decision.code);
    const difference = equalStates.difference(place, answers);
    if (difference !== null) note("states that count as equal have one future", difference, place);
    forger.at(place.snapshot);
  },
  step(step, known) {
    if (known !== null) equalStates.met(known, step.to);
    const { from, letter, commit, snapshots } = step;
    checkStep(step, (invariant, detail) => note(invariant, `${letter.name}: ${detail}`, from));
    for (const move of unannouncedMovesOf(step)) deadEnds.add(move);
    for (const [index, event] of commit.events.entries()) {
      coverage.took(index === 0 ? from.snapshot : (snapshots[index - 1] as MachineSnapshot), event);
      facts.add(event.type);
      if ("reason" in event.data && event.data.reason !== null) facts.add(`${event.type}: ${event.data.reason}`);
    }
    for (const snapshot of snapshots.slice(0, -1)) forger.at(snapshot);
  },
};

/** Keeps the first counterexample to each invariant, with the messages that lead to it. */
function note(invariant: Invariant, detail: string, { names }: Place): void {
  if (!violations.has(invariant)) violations.set(invariant, `${detail}, after: ${names.join("; ")}`);
}

describe("an order, after any messages in any sequence", () => {
  test.each(INVARIANTS)("%s", (invariant) => {
    expect(violations.get(invariant)).toBeUndefined();
  });

  test("leads on from every state that is not an end, by the messages that its meta names", () => {
    expect([...deadEnds]).toEqual([]);
  });

  test("lets no forged event take its money or undo its end", () => {
    expect([...forger.wronglyAllowed]).toEqual([]);
  });
});

describe("what was walked through", () => {
  const REFUND_REASONS: Readonly<Record<RefundReason, true>> = {
    amountMismatch: true,
    currencyMismatch: true,
    paidLate: true,
    notAwaitingPayment: true,
    overpaid: true,
    cancelled: true,
    expired: true,
    decided: true,
    paidBack: true,
  };
  const REJECTION_REASONS: Readonly<Record<RejectionReason, true>> = { amountMismatch: true, currencyMismatch: true };
  const REFUSALS: readonly ErrorCode[] = [
    "idempotency_key_reused",
    "order_not_found",
    "payment_not_found",
    "refund_exceeds_received",
    "refund_id_reused",
    "total_too_large",
    "webhook_id_reused",
  ];

  test("is every state in which an order can rest", () => {
    const states = Object.values(orderMachine.root.states).flatMap((region) => Object.keys(region.states));
    const passedThrough = ["paid", "validated"];
    expect([...restedIn].toSorted()).toEqual(states.filter((state) => !passedThrough.includes(state)).toSorted());
  });

  test("is every transition of the machine, and both answers of each guard", () => {
    expect(coverage.missing()).toEqual([]);
  });

  test("is every type of event, every reason and every refusal", () => {
    expect([...facts]).toEqual(
      expect.arrayContaining([
        ...orderMachine.events,
        ...Object.keys(REFUND_REASONS).map((reason) => `RefundDue: ${reason}`),
        ...Object.keys(REJECTION_REASONS).map((reason) => `OrderRejected: ${reason}`),
        "OrderTurnedAway: unknownItem",
        "OrderTurnedAway: priceChanged",
        ...REFUSALS,
      ]),
    );
  });

  test("is as much as the rules need", () => {
    for (const [what, { states, transitions, paths, depth }] of figures) {
      console.log(
        `${what}: ${states.toLocaleString("en")} states, ${transitions.toLocaleString("en")} transitions, ` +
          `${paths.toLocaleString("en")} paths of up to ${depth} effective messages`,
      );
    }
    console.log(
      `${coverage.all} transitions and guard answers covered, ${forger.thrown().toLocaleString("en")} forged events`,
    );
    console.log(`${cpuS.toFixed(1)} s of CPU time`);
    const all = [...figures.values()];
    expect(all.reduce((sum, { states }) => sum + states, 0)).toBeGreaterThan(10_000);
    expect(all.reduce((sum, { transitions }) => sum + transitions, 0)).toBeGreaterThan(30_000);
    expect(all.reduce((sum, { paths }) => sum + paths, 0n)).toBeGreaterThan(2_000_000n);
  });
});
