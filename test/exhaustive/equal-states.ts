/**
 * The exploration goes on from one state of each key. That is fair only if all states of a key have one future, so
 * wherever two different ones meet, each message must lead both to the same.
 */
import { isDeepStrictEqual } from "node:util";
import { decide } from "../../src/domain/decide.ts";
import { causeOf } from "../../src/domain/messages.ts";
import { evolve } from "../../src/domain/order.ts";
import { TERMS } from "../support/order-messages.ts";
import { type Answer, keyOf, type Place } from "./explore.ts";

export interface EqualStates {
  /** A state was reached whose key is known. */
  met(known: Place, other: Place): void;
  /** How the future of a state differs from that of another of its key; null when it does not. */
  difference(place: Place, answers: readonly Answer[]): string | null;
}

export function createEqualStates(): EqualStates {
  /** For each key that is not walked through yet, a state that is not the one that will be. */
  const others = new Map<string, Place>();
  return {
    met(known, other) {
      if (others.has(known.key)) return;
      if (!isDeepStrictEqual(known.order, other.order)) others.set(known.key, other);
    },
    difference(place, answers) {
      const other = others.get(place.key);
      if (other === undefined) return null;
      others.delete(place.key);
      const differing = answers.find(
        ({ letter, decision }) => futureOf(place, decision) !== futureOf(other, answerOf(other, letter)),
      );
      if (differing === undefined) return null;
      return `${differing.letter.name} differs from the way: ${other.names.join("; ")}`;
    },
  };
}

/** What an order actor in this state would answer: the domain's decision, unless its cause took effect before. */
export function answerOf({ order, causes }: Place, { message }: Answer["letter"]): Answer["decision"] {
  const decision = decide(order, message, TERMS);
  const isRepeat = decision.type === "events" && causes.has(decision.causeId ?? causeOf(message));
  return isRepeat ? { type: "nothing" } : decision;
}

function futureOf({ order, causes }: Place, decision: Answer["decision"]): string {
  if (decision.type === "refusal") return decision.code;
  return decision.type === "nothing" ? "nothing" : keyOf(decision.events.reduce(evolve, order), causes);
}
