/** The partition assigner as the consumer group meets it: bytes in, bytes out. */
import kafkajs, { type GroupMember } from "kafkajs";
import { expect, test } from "vitest";
import { createShardAssigner } from "../../../../src/infra/redpanda/shard-assigner.ts";

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const TOPICS = ["orders", "payments", "order-commands"];

test("gives a member the same partitions of every inbox topic", async () => {
  const assigned = await assign([member("a", TOPICS, "[]"), member("b", TOPICS, "[]")]);
  expect(assigned).toEqual({ a: { orders: [0, 1], payments: [0, 1], "order-commands": [0, 1] }, b: all([2, 3]) });
});

test("lets members keep the shards that they say they had", async () => {
  const assigned = await assign([member("a", TOPICS, "[1,3]"), member("b", TOPICS, "[0,2]")]);
  expect(assigned).toEqual({ a: all([1, 3]), b: all([0, 2]) });
});

test("takes a member without readable claims as a new one", async () => {
  for (const userData of ["", "no JSON", "{}", '["x",null,1.5]']) {
    expect(await assign([member("a", TOPICS, userData)])).toEqual({ a: all([0, 1, 2, 3]) });
  }
});

test("gives nothing to a member that does not read every inbox topic", async () => {
  const assigned = await assign([member("a", ["orders"], "[0]"), member("b", [...TOPICS, "more"], "[]")]);
  expect(assigned).toEqual({ a: all([]), b: all([0, 1, 2, 3]) });
});

test("tells the group which shards it had, and this process that it joins again", () => {
  let joins = 0;
  const assigner = createShardAssigner({
    topics: TOPICS,
    shards: 4,
    claims: () => [2, 3],
    partitionsOf: () => [0, 1, 2, 3],
    onJoining: () => {
      joins += 1;
    },
  });
  const { metadata } = assigner.protocol({ topics: TOPICS });
  expect(joins).toBe(1);
  const decoded = MemberMetadata.decode(metadata);
  expect(decoded?.topics).toEqual(TOPICS);
  expect(decoded?.userData.toString()).toBe("[2,3]");
});

test("gives a partition that a topic has beyond the shards to the member with which it is read", async () => {
  const partitions = { payments: [0, 1, 2, 3, 4, 5], "order-commands": [0, 1, 2, 3, 6] };
  const assigned = await assign([member("a", TOPICS, "[0,2]"), member("b", TOPICS, "[1,3]")], partitions);
  expect(assigned).toEqual({
    a: { orders: [0, 2], payments: [0, 2, 4], "order-commands": [0, 2, 6] },
    b: { orders: [1, 3], payments: [1, 3, 5], "order-commands": [1, 3] },
  });
});

async function assign(
  members: GroupMember[],
  partitions: Readonly<Record<string, readonly number[]>> = {},
): Promise<Record<string, unknown>> {
  const assigner = createShardAssigner({
    topics: TOPICS,
    shards: 4,
    claims: () => [],
    partitionsOf: (topic) => partitions[topic] ?? [0, 1, 2, 3],
    onJoining() {},
  });
  const assigned = await assigner.assign({ members, topics: TOPICS });
  return Object.fromEntries(
    assigned.map(({ memberId, memberAssignment }) => [memberId, MemberAssignment.decode(memberAssignment)?.assignment]),
  );
}

function member(memberId: string, topics: string[], userData: string): GroupMember {
  return { memberId, memberMetadata: MemberMetadata.encode({ version: 1, topics, userData: Buffer.from(userData) }) };
}

function all(shards: number[]): Record<string, number[]> {
  return Object.fromEntries(TOPICS.map((topic) => [topic, shards]));
}
