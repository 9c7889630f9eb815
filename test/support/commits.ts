/** Commits as the shard worker would make them, from messages, for tests of what comes after the worker. */
import { createOrderActor, type OrderActor } from "../../src/actors/order-actor.ts";
import type { Commit } from "../../src/actors/ports.ts";
import { causeOf, type Message } from "../../src/domain/messages.ts";
import { TEST_EPOCH } from "./memory/manual-clock.ts";
import { TERMS } from "./order-messages.ts";

export interface ShardHistory {
  /** All commits so far, in order. */
  readonly commits: readonly Commit[];
  /** Lets the orders decide; returns the commits that followed, each recorded a second after the one before. */
  add(...messages: readonly Message[]): readonly Commit[];
}

export function createShardHistory(shard = 0): ShardHistory {
  const actors = new Map<string, OrderActor>();
  const commits: Commit[] = [];

  const commitOf = (message: Message): Commit | null => {
    const { orderId } = message;
    const actor = actors.get(orderId) ?? createOrderActor([]);
    actors.set(orderId, actor);
    const decision = actor.decide(message, TERMS);
    if (decision.type !== "events") return null;
    const commit: Commit = {
      shard,
      position: commits.length + 1,
      orderId,
      sequence: actor.order().version + 1,
      causeId: decision.causeId ?? causeOf(message),
      events: decision.events,
      recordedAt: new Date(Date.parse(TEST_EPOCH) + commits.length * 1_000).toISOString(),
    };
    actor.record(commit);
    return commit;
  };

  return {
    commits,
    add(...messages) {
      const before = commits.length;
      for (const message of messages) {
        const commit = commitOf(message);
        if (commit !== null) commits.push(commit);
      }
      return commits.slice(before);
    },
  };
}

/** The commits of one shard that follow from these messages. */
export function commitsOf(...messages: readonly Message[]): readonly Commit[] {
  return createShardHistory().add(...messages);
}
