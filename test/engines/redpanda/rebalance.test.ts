/** Several processes share the shards of one consumer group; here each is a log of its own. */
import { expect, test, vi } from "vitest";
import type { NewRecord } from "../../../src/actors/ports.ts";
import { shardOf } from "../../../src/actors/sharding.ts";
import type { RedpandaLog } from "../../../src/infra/redpanda/redpanda-log.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { probeInbox, WAIT } from "./inbox-probe.ts";
import { NO_METRICS, openLog, SHARDS } from "./redpanda-fixture.ts";

describeWithEngines(
  "a group of consumers",
  ({ brokers }) => {
    test("processes every record while members come and go, and each shard has one owner at a time", async () => {
      const { log: first, open, errors } = await openLog(brokers, { clientId: "first" });
      const second = open({ clientId: "second" });
      const producing = produceUntilStopped(first);
      const one = await probeInbox(first);
      await vi.waitFor(() => expect([...one.shards]).toHaveLength(SHARDS), WAIT);
      const two = await probeInbox(second);
      await vi.waitFor(() => expect([one.shards.size, two.shards.size]).toEqual([2, 2]), WAIT);
      expect(new Set([...one.shards, ...two.shards])).toEqual(ALL_SHARDS);
      await vi.waitFor(async () => expect(await ownersOf(first)).toEqual(ownersBy({ first: one, second: two })), WAIT);
      // What stays where it is was assigned first, and both have worked on their own shards only.
      expect(one.calls.slice(0, SHARDS)).toEqual(["assigned 0", "assigned 1", "assigned 2", "assigned 3"]);
      await vi.waitFor(() => expect(two.records.length).toBeGreaterThan(20), WAIT);
      await one.stop();
      expect([...one.shards]).toEqual([]);
      await vi.waitFor(() => expect(two.shards).toEqual(ALL_SHARDS), WAIT);
      const values = await producing.stop();
      await vi.waitFor(() => {
        const seen = new Set([...one.records, ...two.records].map(({ value }) => value));
        expect(values.filter((value) => !seen.has(value))).toEqual([]);
      }, WAIT);
      expect([...one.strays, ...two.strays]).toEqual([]);
      expect(await ownersOf(second)).toEqual(["second", "second", "second", "second"]);
      expect(errors).toEqual([]);
    });

    test("commits nothing for a batch whose handler ends after its shard was given out anew", async () => {
      const { log: first, open } = await openLog(brokers, { clientId: "first" });
      const second = open({ clientId: "second" });
      const gates = Array.from({ length: 2 }, () => Promise.withResolvers<void>());
      const one = await probeInbox(first, () => gates[0]?.promise ?? Promise.resolve());
      await first.produce([orderIn(0, "1"), orderIn(3, "1")]);
      await vi.waitFor(() => expect(one.calls.filter((call) => call.startsWith("batch"))).toHaveLength(2), WAIT);
      const two = await probeInbox(second, () => gates[1]?.promise ?? Promise.resolve());
      await vi.waitFor(() => expect(two.shards.size).toBe(2), WAIT);
      const [moved = 0] = [...two.shards].filter((shard) => shard === 0 || shard === 3);
      await vi.waitFor(() => expect(two.calls).toContain(`batch ${moved}`), WAIT);
      gates[0]?.resolve();
      await one.received(2);
      // Committing takes 25 ms. The shard that stayed comes again, and is committed then.
      const stayed = 3 - moved;
      await vi.waitFor(async () => expect(await committedOf(first, stayed)).toBe(1), WAIT);
      expect(await committedOf(first, moved)).toBe(0);
      gates[1]?.resolve();
      await vi.waitFor(async () => expect(await committedOf(first, moved)).toBe(1), WAIT);
    });

    test("leaves a shard with a member whose handler takes longer than the session timeout", async () => {
      let heartbeats = 0;
      const { log, errors } = await openLog(brokers, {
        sessionTimeoutMs: 2_000,
        metrics: {
          ...NO_METRICS,
          roundTrip(_, operation) {
            if (operation === "heartbeat") heartbeats += 1;
          },
        },
      });
      const gate = Promise.withResolvers<void>();
      const inbox = await probeInbox(log, () => gate.promise);
      await log.produce([orderIn(0, "1")]);
      await vi.waitFor(() => expect(inbox.calls).toContain("batch 0"), WAIT);
      const before = inbox.calls.length;
      heartbeats = 0;
      // There are two a second at most, so this is at least twice the session timeout.
      await vi.waitFor(() => expect(heartbeats).toBeGreaterThan(8), WAIT);
      expect(inbox.calls).toHaveLength(before);
      gate.resolve();
      await vi.waitFor(async () => expect(await committedOf(log, 0)).toBe(1), WAIT);
      expect(errors).toEqual([]);
    });
  },
  { engines: ["brokers"] },
);

const ALL_SHARDS = new Set(Array.from({ length: SHARDS }, (_, shard) => shard));

interface Producing {
  /** Ends producing. @returns the values that were acknowledged. */
  stop(): Promise<readonly string[]>;
}

function produceUntilStopped(log: RedpandaLog): Producing {
  const values: string[] = [];
  let stopping = false;
  const work = async (): Promise<void> => {
    for (let i = 0; !stopping; i++) {
      await log.produce([orderIn(i % SHARDS, `value ${i}`)]);
      values.push(`value ${i}`);
    }
  };
  const done = work();
  return {
    async stop() {
      stopping = true;
      await done;
      return values;
    },
  };
}

function orderIn(shard: number, value: string): NewRecord {
  let i = 0;
  while (shardOf(`key-${i}`, SHARDS) !== shard) i += 1;
  return { topic: "orders", key: `key-${i}`, value, headers: {} };
}

async function ownersOf(log: RedpandaLog): Promise<(string | null)[]> {
  return (await log.inboxLag()).filter(({ topic }) => topic === "orders").map(({ owner }) => owner);
}

function ownersBy(members: Record<string, { readonly shards: ReadonlySet<number> }>): (string | null)[] {
  return Array.from({ length: SHARDS }, (_, shard) => {
    return Object.keys(members).find((name) => members[name]?.shards.has(shard)) ?? null;
  });
}

async function committedOf(log: RedpandaLog, shard: number): Promise<number | undefined> {
  const lag = await log.inboxLag();
  return lag.find((one) => one.topic === "orders" && one.shard === shard)?.committedOffset;
}
