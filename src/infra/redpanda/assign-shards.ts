/**
 * Which member of the consumer group gets which shards. A pure function: whoever leads the group comes to the same
 * result. Shards stay where they were as far as balance allows, so a member that comes or goes moves as few as possible.
 */

export interface ShardMember {
  readonly id: string;
  /** The shards it had; what it says of itself may be stale, and two members may claim the same one. */
  readonly claims: readonly number[];
}

/** The shards of each member. Their numbers differ by one at most, and every shard has exactly one member. */
export function assignShards(members: readonly ShardMember[], shards: number): ReadonlyMap<string, readonly number[]> {
  const sorted = members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const share = Math.floor(shards / Math.max(1, sorted.length));
  /** So many members have one shard more than the others. */
  let larger = shards - share * sorted.length;
  const free = new Set(Array.from({ length: shards }, (_, shard) => shard));
  const assigned = new Map<string, number[]>(sorted.map(({ id }) => [id, []]));

  const keep = (member: ShardMember, limit: number): void => {
    const own = assigned.get(member.id) as number[];
    for (const shard of member.claims) if (own.length < limit && free.delete(shard)) own.push(shard);
  };
  for (const member of sorted) keep(member, share);
  for (const member of sorted) {
    if (larger === 0) break;
    keep(member, share + 1);
    if ((assigned.get(member.id) as number[]).length > share) larger -= 1;
  }
  const rest = [...free].toSorted((a, b) => a - b);
  for (const own of assigned.values()) own.push(...rest.splice(0, Math.max(0, share - own.length)));
  for (const own of assigned.values()) if (own.length === share) own.push(...rest.splice(0, 1));
  for (const own of assigned.values()) own.sort((a, b) => a - b);
  return assigned;
}
