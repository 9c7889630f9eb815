/** What holds for every order, whatever messages come, how often and in which order. */

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createActor } from "xstate";
import { foldCommits } from "../../../src/actors/fold-commits.ts";
import { createOrderActor } from "../../../src/actors/order-actor.ts";
import { orderMachine } from "../../../src/actors/order-machine.ts";
import type { Commit } from "../../../src/actors/ports.ts";
import type { Message } from "../../../src/domain/messages.ts";
import {
  balancesOf,
  creditedMinor,
  evolve,
  isFinal,
  moneyStatusOf,
  NO_ORDER,
  type Order,
} from "../../../src/domain/order.ts";
import { arbitraryMessages, repeatedInAnyOrder } from "../../support/arbitrary-messages.ts";
import { commitsOf, createShardHistory } from "../../support/commits.ts";
import { cancelOrder, euros, receivePayment, submitOrder, TOTAL } from "../../support/order-messages.ts";

const RUNS = { numRuns: 300 };

/** Checks every life of messages by the commits that they lead to. */
function forEveryLife(check: (commits: readonly Commit[], messages: readonly Message[]) => void): void {
  fc.assert(
    fc.property(arbitraryMessages, (messages) => check(commitsOf(...messages), messages)),
    RUNS,
  );
}

/** The same life as if each event had come in a commit of its own. */
function eventByEvent(commits: readonly Commit[]): readonly Commit[] {
  return commits.flatMap((commit) =>
    commit.events.map((event, i) => ({ ...commit, sequence: commit.sequence + i, events: [event] })),
  );
}

/** The state after each event of a life, the empty one first. */
function statesOf(commits: readonly Commit[]): readonly Order[] {
  const states: Order[] = [NO_ORDER];
  for (const event of commits.flatMap(({ events }) => events)) states.push(evolve(states.at(-1) ?? NO_ORDER, event));
  return states;
}

/** Between the event that ends an order and those that make its credited money due, within one commit. */
function isOnTheWayBack({ status, payments }: Order): boolean {
  return isFinal(status) && payments.some(({ partial, appliedMinor }) => partial && appliedMinor > 0);
}

describe("every order, after any messages in any order", () => {
  test.each([
    ["commits", (commits: readonly Commit[]) => commits],
    ["events", eventByEvent],
  ])("is the same live as replayed from any prefix of its %s", (_, cut) => {
    forEveryLife((commits) => {
      const live = createOrderActor([]);
      const pieces = cut(commits);
      for (const [index, piece] of pieces.entries()) {
        live.record(piece);
        const prefix = pieces.slice(0, index + 1);
        const replayed = createOrderActor(prefix);
        expect(replayed.order()).toEqual(live.order());
        expect(foldCommits(prefix)).toEqual(live.order());
      }
    });
  });

  test("survives its way through storage as JSON", () => {
    forEveryLife((commits) => {
      const stored = JSON.parse(JSON.stringify(commits)) as readonly Commit[];
      expect(createOrderActor(stored).order()).toEqual(foldCommits(commits));
    });
  });

  test("has a machine whose regions tell its status and its money, after every single event", () => {
    forEveryLife((commits) => {
      const actor = createActor(orderMachine).start();
      for (const event of commits.flatMap(({ events }) => events)) {
        actor.send(event);
        const { value, context } = actor.getSnapshot();
        expect(value).toEqual({ lifecycle: context.status, money: moneyStatusOf(context) });
      }
    });
  });

  test("accounts for all its money in each currency, after every single event", () => {
    forEveryLife((commits) => {
      for (const balance of statesOf(commits).flatMap(balancesOf)) {
        const { receivedMinor, appliedMinor, refundDueMinor, refundedMinor, parkedMinor } = balance;
        expect(receivedMinor).toBe(appliedMinor + refundDueMinor + refundedMinor + parkedMinor);
        expect(Math.min(appliedMinor, refundDueMinor, refundedMinor, parkedMinor)).toBeGreaterThanOrEqual(0);
      }
    });
  });

  test("parks no money once it is known: at rest all of it is applied or due", () => {
    forEveryLife((commits) => {
      const order = foldCommits(commits);
      if (order.details === null) return;
      expect(balancesOf(order).map(({ parkedMinor }) => parkedMinor)).toEqual(balancesOf(order).map(() => 0));
    });
  });

  test("is paid, validated, confirmed or emailed only with exactly its total applied, less what was paid back since", () => {
    forEveryLife((commits) => {
      const events = commits.flatMap((commit) => commit.events);
      let paidBackMinor = 0;
      for (const [i, order] of statesOf(commits).entries()) {
        const totalMinor = order.details?.total?.amountMinor ?? 0;
        const isPaid = ["paid", "validated", "confirmed", "emailed"].includes(order.status);
        const event = events[i - 1];
        const isPaidBack = event?.type === "RefundDue" && event.data.reason === "paidBack";
        if (isPaid && isPaidBack) paidBackMinor += event.data.amount.amountMinor;
        if (isPaid) expect(creditedMinor(order)).toBe(totalMinor - paidBackMinor);
        else
          expect(
            order.status === "received"
              ? creditedMinor(order) < totalMinor
              : creditedMinor(order) === 0 || isOnTheWayBack(order),
          ).toBe(true);
        for (const { amount, appliedMinor } of order.payments) {
          if (appliedMinor > 0) expect(amount.currency).toBe(order.details?.total?.currency);
        }
      }
    });
  });

  test("keeps no money that it does not take: once it is final without being paid, all of it is due or refunded", () => {
    forEveryLife((commits) => {
      const order = foldCommits(commits);
      if (!["rejected", "expired", "cancelled"].includes(order.status)) return;
      expect(creditedMinor(order)).toBe(0);
    });
  });

  test("gives back at most what it received, what is due first, then what is parked, then what it applied", () => {
    forEveryLife((commits) => {
      for (const [i, { events }] of commits.entries()) {
        const recorded = events.find((event) => event.type === "RefundRecorded");
        if (recorded === undefined) continue;
        const { amountMinor, currency } = recorded.data.amount;
        const balanceAfter = (count: number) =>
          balancesOf(foldCommits(commits.slice(0, count))).find((balance) => balance.currency === currency);
        const [before, after] = [balanceAfter(i), balanceAfter(i + 1)];
        if (before === undefined) throw new Error("money went back that never came in");
        const ofDue = Math.min(amountMinor, before.refundDueMinor);
        const ofParked = Math.min(amountMinor - ofDue, before.parkedMinor);
        expect(after).toEqual({
          ...before,
          refundDueMinor: before.refundDueMinor - ofDue,
          parkedMinor: before.parkedMinor - ofParked,
          appliedMinor: before.appliedMinor - (amountMinor - ofDue - ofParked),
          refundedMinor: before.refundedMinor + amountMinor,
        });
        expect(after?.refundedMinor).toBeLessThanOrEqual(before.receivedMinor);
      }
    });
  });

  test("is confirmed at most once and emailed at most once", () => {
    forEveryLife((commits) => {
      const types = commits.flatMap(({ events }) => events.map(({ type }) => type));
      expect(types.filter((type) => type === "OrderConfirmed").length).toBeLessThanOrEqual(1);
      expect(types.filter((type) => type === "ConfirmationEmailed").length).toBeLessThanOrEqual(1);
    });
  });

  test("never leaves a final status", () => {
    forEveryLife((commits) => {
      const statuses = statesOf(commits).map(({ status }) => status);
      const end = statuses.findIndex(isFinal);
      expect(end < 0 ? [] : [...new Set(statuses.slice(end))]).toHaveLength(end < 0 ? 0 : 1);
    });
  });

  test("never rests between its payment and its confirmation", () => {
    forEveryLife((commits) => {
      const atRest = commits.map((_, index) => foldCommits(commits.slice(0, index + 1)).status);
      expect(atRest.filter((status) => status === "paid" || status === "validated")).toEqual([]);
    });
  });

  test("numbers its events without a gap", () => {
    forEveryLife((commits) => {
      let version = 0;
      for (const { sequence, events } of commits) {
        expect(sequence).toBe(version + 1);
        version += events.length;
      }
      expect(foldCommits(commits).version).toBe(version);
    });
  });

  test("takes every cause once", () => {
    forEveryLife((commits) => {
      expect(new Set(commits.map(({ causeId }) => causeId)).size).toBe(commits.length);
    });
  });
});

describe("messages that come again", () => {
  test("at once, any number of times, change nothing", () => {
    fc.assert(
      fc.property(arbitraryMessages, fc.integer({ min: 2, max: 4 }), (messages, times) => {
        const repeated = messages.flatMap((message) => Array.from({ length: times }, () => message));
        expect(commitsOf(...repeated)).toEqual(commitsOf(...messages));
      }),
      RUNS,
    );
  });

  test("after having taken effect, in any order, change nothing", () => {
    const lifeAndRepeats = arbitraryMessages.chain((messages) => {
      const history = createShardHistory();
      const effective = messages.filter((message) => history.add(message).length > 0);
      return fc.tuple(fc.constant(messages), fc.shuffledSubarray([...effective, ...effective]));
    });
    fc.assert(
      fc.property(lifeAndRepeats, ([messages, repeats]) => {
        const history = createShardHistory();
        history.add(...messages);
        expect(history.add(...repeats)).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe("messages whose order does not matter", () => {
  test("a submission and its payment end in the same order, however often each comes", () => {
    const inOrder = foldCommits(commitsOf(submitOrder(), receivePayment()));
    expect(inOrder.status).toBe("confirmed");
    fc.assert(
      fc.property(repeatedInAnyOrder([submitOrder(), receivePayment()]), (messages) => {
        expect(foldCommits(commitsOf(...messages))).toEqual(inOrder);
      }),
      RUNS,
    );
  });

  test("a submission and a payment that does not match end in the same order", () => {
    const wrongPayment = receivePayment({ amount: euros(1) });
    const inOrder = foldCommits(commitsOf(submitOrder(), wrongPayment));
    expect(inOrder.status).toBe("rejected");
    fc.assert(
      fc.property(repeatedInAnyOrder([submitOrder(), wrongPayment]), (messages) => {
        expect(foldCommits(commitsOf(...messages))).toEqual(inOrder);
      }),
      RUNS,
    );
  });

  test("parts of its total in any order, repeated at will, add up to it exactly once", () => {
    const splits = fc.uniqueArray(fc.integer({ min: 1, max: TOTAL.amountMinor - 1 }), { maxLength: 5 }).map((cuts) => {
      const bounds = [0, ...cuts.toSorted((a, b) => a - b), TOTAL.amountMinor];
      return bounds.slice(1).map((bound, i) => bound - (bounds[i] as number));
    });
    const lives = splits.chain((parts) =>
      repeatedInAnyOrder([
        submitOrder(),
        ...parts.map((part, i) => receivePayment({ paymentId: `part-${i}`, amount: euros(part), partial: true })),
      ]),
    );
    fc.assert(
      fc.property(lives, (messages) => {
        const order = foldCommits(commitsOf(...messages));
        expect([order.status, moneyStatusOf(order)]).toEqual(["confirmed", "settled"]);
        expect(creditedMinor(order)).toBe(TOTAL.amountMinor);
      }),
      RUNS,
    );
  });

  test("a submission and two payments in full keep one payment and owe the other", () => {
    const originals = [submitOrder(), receivePayment(), receivePayment({ paymentId: "payment-2" })];
    const inOrder = foldCommits(commitsOf(...originals));
    fc.assert(
      fc.property(repeatedInAnyOrder(originals), (messages) => {
        const order = foldCommits(commitsOf(...messages));
        expect(order.status).toBe("confirmed");
        expect(balancesOf(order)).toEqual(balancesOf(inOrder));
      }),
      RUNS,
    );
  });
});

test("a cancellation and a payment have one winner, and either way the money is accounted for", () => {
  const received = [submitOrder()];
  const paidFirst = foldCommits(commitsOf(...received, receivePayment(), cancelOrder()));
  const cancelledFirst = foldCommits(commitsOf(...received, cancelOrder(), receivePayment()));
  expect([paidFirst.status, moneyStatusOf(paidFirst)]).toEqual(["confirmed", "settled"]);
  expect([cancelledFirst.status, moneyStatusOf(cancelledFirst)]).toEqual(["cancelled", "refundDue"]);
});

test("the messages of these properties reach every state in which an order can rest", () => {
  const lives = fc
    .sample(arbitraryMessages, { numRuns: 2_000, seed: 1 })
    .map((messages) => foldCommits(commitsOf(...messages)));
  expect(new Set(lives.map(({ status }) => status))).toEqual(
    new Set(["awaitingOrder", "received", "confirmed", "emailed", "rejected", "expired", "cancelled"]),
  );
  expect(new Set(lives.map(moneyStatusOf))).toEqual(new Set(["settled", "refundDue", "partlyRefunded", "refunded"]));
});
