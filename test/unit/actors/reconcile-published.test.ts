import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { Discrepancy } from "../../../src/actors/discrepancy.ts";
import type { Commit, LogRecord } from "../../../src/actors/ports.ts";
import { cloudEventsOf } from "../../../src/actors/publisher.ts";
import { createPublishedCheck } from "../../../src/actors/reconcile-published.ts";
import { TEST_EPOCH } from "../../support/memory/manual-clock.ts";
import { CONFIRMATION_EMAILED } from "../../support/order-events.ts";

const PAGE = 500;
/** What a heap may grow by for other reasons: a page, and what the compiler keeps. */
const SLACK_BYTES = 4 * 1_024 * 1_024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** One commit of one event of an order of its own for each position. */
function commitAt(position: number): Commit {
  const event = CONFIRMATION_EMAILED;
  const orderId = `order-${position}`;
  return { shard: 0, position, orderId, sequence: 1, causeId: "mail:1", events: [event], recordedAt: TEST_EPOCH };
}

function commitsFrom(position: number): readonly Commit[] {
  return Array.from({ length: PAGE }, (_, i) => commitAt(position + i));
}

/** A shard of which only as much is made as is asked for: so many commits, and what is published of each. */
function endlessShard(published: (commit: Commit) => LogRecord["value"] | null, length: number) {
  const log = {
    async read(_topic: string, _shard: number, fromOffset: number): Promise<readonly LogRecord[]> {
      const records: LogRecord[] = [];
      for (let offset = fromOffset; offset < length && records.length < PAGE; offset++) {
        const value = published(commitAt(offset + 1));
        if (value !== null) {
          const place = { topic: "order-events", shard: 0, offset, timestampMs: 0 } as const;
          records.push({ ...place, key: `order-${offset + 1}`, value, headers: {} });
        }
      }
      return records;
    },
  };
  const eventStore = {
    readOrders: async (_shard: number, orderIds: readonly string[]) =>
      new Map(orderIds.map((orderId) => [orderId, [commitAt(Number(orderId.slice("order-".length)))]])),
  };
  return { log, eventStore };
}

/** Compares such a shard; `onPage` hears how many discrepancies were told by then. */
async function compare(
  published: (commit: Commit) => LogRecord["value"] | null,
  length: number,
  onPage: (told: number, position: number) => void = () => {},
): Promise<ReadonlyMap<Discrepancy["kind"], number>> {
  const kinds = new Map<Discrepancy["kind"], number>();
  let told = 0;
  const check = createPublishedCheck({
    ...endlessShard(published, length),
    shard: 0,
    published: length,
    nowMs: Date.parse(TEST_EPOCH),
    onDiscrepancy({ kind }) {
      told += 1;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    },
  });
  for (let position = 1; position <= length; position += PAGE) {
    await check.take(commitsFrom(position));
    onPage(told, position + PAGE - 1);
  }
  await check.end();
  return kinds;
}

const withOtherData = (commit: Commit): string => String(cloudEventsOf(commit)[0]?.value).replace("250 OK", "250 NO");

describe("the comparison of published events", () => {
  test("tells of each event that differs at once, and counts all of them", async () => {
    const kinds = await compare(withOtherData, 25_000, (told, position) => expect(told).toBe(position));
    expect([...kinds]).toEqual([["event_differs", 25_000]]);
  });

  test("needs no more memory when every event of a shard differs", async () => {
    let early = 0;
    let late = 0;
    await compare(withOtherData, 60_000, (_, position) => {
      if (position === 10_000) early = heapBytes();
      if (position === 60_000) late = heapBytes();
    });
    expect(late - early).toBeLessThan(SLACK_BYTES);
  });

  test("counts every event that is missing, more than it keeps among them", async () => {
    // One record at the end shows that retention deleted nothing in between.
    const published = (commit: Commit): string | null =>
      commit.position === 1 ? String(cloudEventsOf(commit)[0]?.value) : null;
    expect([...(await compare(published, 25_000))]).toEqual([["event_not_published", 24_999]]);
  });

  test("tells an event that came behind later ones from one that is missing", async () => {
    const published = (commit: Commit): LogRecord["value"] | null => {
      const moved = commit.position === 2 ? 3 : commit.position === 3 ? 2 : commit.position;
      return String(cloudEventsOf(commitAt(moved))[0]?.value);
    };
    expect([...(await compare(published, PAGE))]).toEqual([["event_out_of_order", 1]]);
  });
});
