/**
 * Walks through everything that can happen to one order: from each state every message, until no new state is found.
 * A state is what decides about the future: the order, with the money of a known order in any sequence, and the causes
 * that took effect. Equal states are walked through once, so the depth has no bound.
 */
import { initialTransition, type SnapshotFrom } from "xstate";
import { createOrderActor, type OrderActor } from "../../src/actors/order-actor.ts";
import { orderMachine } from "../../src/actors/order-machine.ts";
import type { Commit } from "../../src/actors/ports.ts";
import type { Decision } from "../../src/domain/decision.ts";
import { causeOf } from "../../src/domain/messages.ts";
import { NO_ORDER, type Order, type Payment, parkedMinorOf } from "../../src/domain/order.ts";
import { ORDER_ID, TERMS } from "../support/order-messages.ts";
import { afterEvent } from "./after-event.ts";
import type { Letter } from "./alphabet.ts";

export type MachineSnapshot = SnapshotFrom<typeof orderMachine>;

/** A reachable state in which an order can rest, with one of the ways to it. */
export interface Place {
  readonly key: string;
  /** The commits of that way: what a crash leaves. */
  readonly commits: readonly Commit[];
  /** The names of the messages that caused them. */
  readonly names: readonly string[];
  readonly causes: ReadonlySet<string>;
  /** The live state; `snapshot` is the machine's, `order` its context. */
  readonly order: Order;
  readonly snapshot: MachineSnapshot;
  /** How many sequences of effective messages lead here. */
  paths: bigint;
}

/** A message that took effect. */
export interface Step {
  readonly from: Place;
  readonly letter: Letter;
  readonly commit: Commit;
  /** The machine after each event of the commit. */
  readonly snapshots: readonly MachineSnapshot[];
  readonly to: Place;
}

export interface Visitor {
  /** A state, with an actor that was replayed from its commits, and what that actor made of each message. */
  place(place: Place, replayed: OrderActor, answers: readonly Answer[]): void;
  /** A message took effect. `known` is the state of the same key, where it was found before by another way. */
  step(step: Step, known: Place | null): void;
}

export interface Answer {
  readonly letter: Letter;
  readonly decision: Decision;
}

export interface Figures {
  readonly states: number;
  readonly transitions: number;
  /** Sequences of effective messages, from the empty one on. */
  readonly paths: bigint;
  /** The most messages that can take effect on one order. */
  readonly depth: number;
}

/**
 * @param isWithin bounds the exploration: a message that it refuses in a state is not sent there.
 * @param visitor sees every state and every step once.
 */
export function explore(
  alphabet: readonly Letter[],
  isWithin: (order: Order, letter: Letter) => boolean,
  visitor: Visitor,
): Figures {
  const start = startingPlace();
  let level = new Map<string, Place>([[start.key, start]]);
  const figures = { states: 0, transitions: 0, paths: 0n, depth: 0 };
  // Every effective message adds a cause, so the states of one level are never reached from a later one.
  while (level.size > 0) {
    const next = new Map<string, Place>();
    for (const place of level.values()) {
      figures.states += 1;
      figures.paths += place.paths;
      figures.depth = place.commits.length;
      try {
        figures.transitions += walkOn(place, next, { alphabet, isWithin, visitor });
      } catch (error) {
        throw new Error(`an order crashes after: ${place.names.join("; ")}`, { cause: error });
      }
    }
    level = next;
  }
  return figures;
}

interface Exploration {
  readonly alphabet: readonly Letter[];
  readonly isWithin: (order: Order, letter: Letter) => boolean;
  readonly visitor: Visitor;
}

/** Sends every message to a state; puts what follows into `next`. @returns how many of them took effect. */
function walkOn(place: Place, next: Map<string, Place>, { alphabet, isWithin, visitor }: Exploration): number {
  const replayed = createOrderActor(place.commits);
  const answers = alphabet
    .filter((letter) => isWithin(place.order, letter))
    .map((letter) => ({ letter, decision: replayed.decide(letter.message, TERMS) }));
  visitor.place(place, replayed, answers);
  let effective = 0;
  for (const { letter, decision } of answers) {
    if (decision.type !== "events") continue;
    effective += 1;
    const step = stepOf(place, letter, decision);
    const known = next.get(step.to.key) ?? null;
    visitor.step(step, known);
    // A cause that takes effect again leads in circles, and the visitor has seen that it does.
    if (place.causes.has(step.commit.causeId)) continue;
    if (known === null) next.set(step.to.key, step.to);
    else known.paths += place.paths;
  }
  return effective;
}

function startingPlace(): Place {
  const [snapshot] = initialTransition(orderMachine);
  return { key: "", commits: [], names: [], causes: new Set(), order: NO_ORDER, snapshot, paths: 1n };
}

/** Takes the events of a decision, one after the other. */
function stepOf(from: Place, letter: Letter, decision: Extract<Decision, { type: "events" }>): Step {
  const commit: Commit = {
    shard: 0,
    position: from.commits.length + 1,
    orderId: ORDER_ID,
    sequence: from.order.version + 1,
    causeId: decision.causeId ?? causeOf(letter.message),
    events: decision.events,
    recordedAt: "2026-01-05T12:00:00.000Z",
  };
  const snapshots: MachineSnapshot[] = [];
  for (const event of commit.events) {
    snapshots.push(afterEvent(snapshots.at(-1) ?? from.snapshot, event));
  }
  const snapshot = snapshots.at(-1) as MachineSnapshot;
  const order = snapshot.context;
  const causes = new Set(from.causes).add(commit.causeId);
  const to: Place = {
    key: keyOf(order, causes),
    commits: [...from.commits, commit],
    names: [...from.names, letter.name],
    causes,
    order,
    snapshot,
    paths: from.paths,
  };
  return { from, letter, commit, snapshots, to };
}

/**
 * Two orders of one key have one future. The version only counts events. Parked money is settled in the sequence in
 * which it came, and a refund takes what is credited in that sequence; the sequence of other money no longer matters.
 */
export function keyOf(order: Order, causes: ReadonlySet<string>): string {
  const { status, details, payments, quarantined, refunds, reason } = order;
  const holds = (payment: Payment): boolean => parkedMinorOf(payment) + payment.appliedMinor > 0;
  const apart = quarantined.map(({ paymentId, amount, webhookId, decided }) =>
    [paymentId, amount.amountMinor, amount.currency, webhookId, decided].join(),
  );
  const back = refunds.map(({ refundId, amount, webhookId }) =>
    [refundId, amount.amountMinor, amount.currency, webhookId].join(),
  );
  return JSON.stringify([
    status,
    reason,
    details?.items.map(({ sku }) => sku) ?? null,
    payments.filter(holds).map(wordsOf),
    payments
      .filter((payment) => !holds(payment))
      .map(wordsOf)
      .toSorted(),
    apart.toSorted(),
    back.toSorted(),
    [...causes].toSorted(),
  ]);
}

function wordsOf(payment: Payment): string {
  const { paymentId, amount, paidAt, partial, appliedMinor, dueMinor, paidBackMinor, movedMinor, webhookId } = payment;
  const parts = [appliedMinor, dueMinor, paidBackMinor, movedMinor];
  return [paymentId, amount.amountMinor, amount.currency, paidAt, partial, ...parts, webhookId, payment.decided].join();
}
