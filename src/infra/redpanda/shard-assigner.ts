/**
 * The group's partition assigner: partition p of every inbox topic goes to one member, which is what makes it a shard.
 * Members tell in their metadata which shards they had. The assigners of kafkajs know neither.
 */
import kafkajs, { type Assigner, type GroupMember } from "kafkajs";
import { assignShards, type ShardMember } from "./assign-shards.ts";
import { readWith } from "./assignment.ts";

const NAME = "orderloom-shards";
const VERSION = 1;
const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

export interface ShardAssignerDeps {
  /** The names of the inbox topics in the log. */
  readonly topics: readonly string[];
  readonly shards: number;
  /** The partitions that a topic has in the log now. */
  readonly partitionsOf: (topic: string) => readonly number[];
  /** The shards that this process has or had last. */
  readonly claims: () => readonly number[];
  /** This process is about to join the group (again): whatever it was assigned before has ended. */
  readonly onJoining: () => void;
}

export function createShardAssigner(deps: ShardAssignerDeps): Assigner {
  const { topics, shards, claims, onJoining, partitionsOf } = deps;
  /** The partitions of a topic that go with some shards: those of the same numbers, and what it has beyond all shards. */
  const partitionsWith = (own: readonly number[], topic: string): number[] => {
    const extra = partitionsOf(topic).filter((partition) => partition >= shards);
    return [...own, ...extra.filter((partition) => own.includes(readWith(partition, shards)))];
  };
  return {
    name: NAME,
    version: VERSION,
    protocol() {
      // kafkajs asks for this each time just before it joins, on every path that leads there; its events skip some.
      onJoining();
      const userData = Buffer.from(JSON.stringify(claims()));
      return { name: NAME, metadata: MemberMetadata.encode({ version: VERSION, topics: [...topics], userData }) };
    },
    async assign({ members }) {
      const assigned = assignShards(
        members.filter((member) => subscribesToAll(member, topics)).map(shardMemberOf),
        shards,
      );
      return members.map(({ memberId }) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment: Object.fromEntries(
            topics.map((topic) => [topic, partitionsWith(assigned.get(memberId) ?? [], topic)]),
          ),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  };
}

/** False for a member of another version that cannot take whole shards: it gets none. */
function subscribesToAll({ memberMetadata }: GroupMember, topics: readonly string[]): boolean {
  const subscribed = MemberMetadata.decode(memberMetadata)?.topics ?? [];
  return topics.every((topic) => subscribed.includes(topic));
}

function shardMemberOf({ memberId, memberMetadata }: GroupMember): ShardMember {
  return { id: memberId, claims: claimsIn(MemberMetadata.decode(memberMetadata)?.userData) };
}

/** The shards in a member's metadata; none when it holds anything else. */
function claimsIn(userData: Buffer | undefined): number[] {
  try {
    const claims: unknown = JSON.parse(userData?.toString() ?? "");
    return Array.isArray(claims) ? claims.filter((claim): claim is number => Number.isInteger(claim)) : [];
  } catch {
    return [];
  }
}
