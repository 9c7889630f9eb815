/**
 * The coordinator of the consumer group: gives each shard to one member, and tells the members when it pleases. Old
 * and new owner of a shard may so work at once, and a member that was silent for too long goes on until it hears.
 */
import type { Coverage } from "../engine/coverage.ts";
import type { Timeline } from "../engine/kernel.ts";
import type { Life } from "../engine/life.ts";
import type { Luck } from "../engine/luck.ts";
import type { Network } from "./network.ts";

/** How often a member asks whether it is still one. */
const HEARTBEAT_MS = 1_000;

export interface GroupMember {
  readonly life: Life;
  /** The shard is its own from now on, under this generation of the group. */
  assigned(shard: number, generation: number): void;
  /** The shard is not its own any more since this generation. */
  revoked(shard: number, generation: number): void;
}

export interface ConsumerGroup {
  join(member: GroupMember): void;
  leave(member: GroupMember): void;
  /** Gives the shards out anew; `eager` takes every shard away before. */
  rebalance(eager?: boolean): void;
  /** The member is silent from now on: after the session's time it is out, unless it is heard of again. */
  silent(life: Life): void;
  /** Who owns a shard now; null when nobody does. */
  ownerOf(shard: number): GroupMember | null;
}

export function createConsumerGroup(deps: {
  readonly kernel: Timeline;
  readonly luck: Luck;
  readonly network: Network;
  readonly coverage: Coverage;
  readonly shards: number;
  readonly sessionMs: number;
  readonly maxNoticeMs: number;
  readonly eager: boolean;
}): ConsumerGroup {
  const { kernel, luck, network, coverage, shards, sessionMs, maxNoticeMs, eager } = deps;
  const members: GroupMember[] = [];
  const owners: (GroupMember | null)[] = Array.from({ length: shards }, () => null);
  let generation = 0;

  const tell = (member: GroupMember, what: string, callback: () => void): void =>
    network.notify(member.life, maxNoticeMs, what, callback);

  const rebalance = (isEager = eager): void => {
    generation += 1;
    const current = generation;
    const first = luck.between(0, Math.max(0, members.length - 1), "first member", "group");
    kernel.changed(`the group of ${members.map(({ life }) => life.name).join(", ")} shares the shards`);
    for (let shard = 0; shard < shards; shard++) {
      const before = owners[shard] ?? null;
      const after = members[(shard + first) % Math.max(1, members.length)] ?? null;
      owners[shard] = after;
      if (before === after && !isEager) continue;
      if (before !== null) tell(before, `loses ${shard}`, () => before.revoked(shard, current - 0.5));
      if (after !== null) tell(after, `gets ${shard}`, () => after.assigned(shard, current));
      if (before !== after && before?.life.isAlive()) coverage.hit("group: a shard moves between living processes");
    }
  };

  const remove = (member: GroupMember): void => {
    if (!members.includes(member)) return;
    members.splice(members.indexOf(member), 1);
    rebalance();
  };

  /** A member that was put out hears of it at its next heartbeat, and comes in again. */
  const comeBack = (member: GroupMember): void => {
    network.notify(member.life, HEARTBEAT_MS, "heartbeat", () => {
      coverage.hit("group: a silent member comes back");
      if (members.includes(member)) return;
      members.push(member);
      rebalance();
    });
  };

  return {
    join(member) {
      members.push(member);
      rebalance();
    },
    leave: remove,
    rebalance,
    silent(life) {
      kernel.after(sessionMs, () => {
        const member = members.find((candidate) => candidate.life === life);
        if (member === undefined || (life.isAlive() && !life.isStalled())) return;
        remove(member);
        if (life.isAlive()) comeBack(member);
      });
    },
    ownerOf: (shard) => owners[shard] ?? null,
  };
}
