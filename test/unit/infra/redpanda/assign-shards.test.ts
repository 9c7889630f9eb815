/** How the consumer group's shards are shared out. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { assignShards, type ShardMember } from "../../../../src/infra/redpanda/assign-shards.ts";

/** Members with distinct ids and any claims, stale and contradictory ones included. */
const anyMembers = fc.uniqueArray(
  fc.record({ id: fc.string({ minLength: 1, maxLength: 8 }), claims: fc.array(fc.integer({ min: -3, max: 70 })) }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 12 },
);

test("every shard goes to exactly one member, and their numbers differ by one at most", () => {
  fc.assert(
    fc.property(anyMembers, fc.integer({ min: 1, max: 64 }), (members, shards) => {
      const assigned = [...assignShards(members, shards).values()];
      expect(assigned).toHaveLength(members.length);
      expect(assigned.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: shards }, (_, shard) => shard));
      const sizes = assigned.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test("the order in which members are listed does not matter", () => {
  fc.assert(
    fc.property(anyMembers, (members) => {
      expect(new Map(assignShards(members.toReversed(), 16))).toEqual(new Map(assignShards(members, 16)));
    }),
  );
});

test("nothing moves while the members stay", () => {
  fc.assert(
    fc.property(anyMembers, fc.integer({ min: 1, max: 64 }), (members, shards) => {
      const first = assignShards(members, shards);
      expect([...assignShards(claiming(first), shards)]).toEqual([...first]);
    }),
  );
});

test("a member that comes takes its share from the others, and nothing else moves", () => {
  const before = assignShards([member("a"), member("b")], 8);
  const after = assignShards([...claiming(before), member("c")], 8);
  expect(counts(after)).toEqual([3, 3, 2]);
  for (const id of ["a", "b"]) expect(before.get(id)).toEqual(expect.arrayContaining([...(after.get(id) ?? [])]));
});

test("the shards of a member that goes are shared out, and nothing else moves", () => {
  const before = assignShards([member("a"), member("b"), member("c")], 8);
  const after = assignShards(claiming(before).slice(1), 8);
  expect(counts(after)).toEqual([4, 4]);
  for (const id of ["b", "c"]) expect(after.get(id)).toEqual(expect.arrayContaining([...(before.get(id) ?? [])]));
});

test("a shard that two members claim stays with the first of them", () => {
  const assigned = assignShards([member("b", [0, 1]), member("a", [0, 3])], 4);
  expect(assigned.get("a")).toEqual([0, 3]);
  expect(assigned.get("b")).toEqual([1, 2]);
});

test("more members than shards leave some without any", () => {
  expect(counts(assignShards([member("a"), member("b"), member("c")], 2))).toEqual([1, 1, 0]);
});

function member(id: string, claims: readonly number[] = []): ShardMember {
  return { id, claims };
}

/** The members, each claiming what it was assigned. */
function claiming(assigned: ReadonlyMap<string, readonly number[]>): ShardMember[] {
  return [...assigned].map(([id, claims]) => ({ id, claims }));
}

function counts(assigned: ReadonlyMap<string, readonly number[]>): number[] {
  return [...assigned.values()].map(({ length }) => length);
}
