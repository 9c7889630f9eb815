/** Walks through a shard log page by page, and finds out whether it is whole. */
import type { Discrepancy } from "./discrepancy.ts";
import type { Commit, EventStore } from "./ports.ts";
import { createTally } from "./tally.ts";

const PAGE_COMMITS = 500;

/** The commits of a shard up to a position, in order, page by page. */
export async function* commitPages(eventStore: Pick<EventStore, "readShard">, shard: number, head: number) {
  for (let position = 0; position < head; ) {
    const page = await eventStore.readShard(shard, position, Math.min(PAGE_COMMITS, head - position));
    const last = page.at(-1);
    if (last === undefined) return;
    const upToHead = page.filter((commit) => commit.position <= head);
    if (upToHead.length > 0) yield upToHead;
    position = last.position;
  }
}

/** Walks along the positions of a shard, and finds out whether every commit belongs to an order that was checked. */
export function createScan(shard: number) {
  const seen = createTally();
  const covered = createTally();
  let next = 1;
  return {
    take(page: readonly Commit[]): Discrepancy[] {
      return page.flatMap((commit): Discrepancy[] => {
        const { position, orderId } = commit;
        const isGap = position !== next;
        const detail = `position ${next} should come next`;
        next = position + 1;
        seen.add(nameOf(commit));
        return isGap
          ? [{ kind: "position_gap", shard, orderId, subject: `shard ${shard}, position ${position}`, detail }]
          : [];
      });
    },
    cover: (commit: Commit) => covered.add(nameOf(commit)),
    isCovered: () => seen.equals(covered),
  };
}

function nameOf({ orderId, sequence, position }: Commit): string {
  return `${orderId}:${sequence}:${position}`;
}

/** Finds the commits of orders that have no first one: the walk never came to those orders. */
export async function checkHeadless(
  eventStore: Pick<EventStore, "readShard" | "readOrders">,
  shard: number,
  head: number,
  add: (found: Discrepancy) => void,
): Promise<void> {
  for await (const page of commitPages(eventStore, shard, head)) {
    const stored = await eventStore.readOrders(shard, [...new Set(page.map(({ orderId }) => orderId))]);
    for (const { orderId, sequence, position } of page) {
      const commits = stored.get(orderId) ?? [];
      if (commits[0]?.sequence === 1 && commits.some((commit) => commit.position === position)) continue;
      const detail = commits.length === 0 ? "the order is not found by its id" : "the order has no first event";
      add({ kind: "sequence_gap", shard, orderId, subject: `${orderId}:${sequence}`, detail });
    }
  }
}
