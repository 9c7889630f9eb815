/** The store dies, steps down and falls silent under appends: what was acknowledged is there, once, without gaps. */
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import type { Commit, EventStore } from "../../../src/actors/ports.ts";
import type { EngineControl } from "../../support/engines/engine-control.ts";
import { describeWithEngines, engineControl } from "../../support/engines/engines.ts";
import { commit, createMongoFixture, type MongoFixture, SHARDS } from "./mongo-fixture.ts";

const STEP_DOWN_S = 5;
const SILENCE_MS = 20_000;
/** Above the sum of what a request may wait for. */
const MAX_APPEND_MS = 60_000;

interface Load {
  /** Commits that were answered with `appended`, of all shards. */
  readonly acknowledged: Commit[];
  readonly longestAppendMs: number;
  /** Resolves when so many more commits are acknowledged. */
  moved(commits: number): Promise<void>;
  stop(): Promise<void>;
}

/** Appends to every shard as workers do: after a failure, each begins again from the head. */
function startLoad(store: EventStore): Load {
  const load = { acknowledged: [] as Commit[], longestAppendMs: 0 };
  let stopping = false;
  const writeShard = async (shard: number): Promise<void> => {
    let head: number | null = null;
    for (let number = 1; !stopping; number++) {
      const startedMs = performance.now();
      try {
        head ??= await store.head(shard);
        const from: number = head;
        const batch = [1, 2].map((i) =>
          commit({ shard, position: from + i, orderId: `order-${shard}-${number}-${i}` }),
        );
        const result = await store.append(batch);
        if (result.type === "appended") {
          load.acknowledged.push(...batch);
          head += batch.length;
        } else {
          head = null;
        }
      } catch (error) {
        if (!(error instanceof OperationalError && error.retryable)) throw error;
        head = null;
        await pause(100);
      }
      load.longestAppendMs = Math.max(load.longestAppendMs, performance.now() - startedMs);
    }
  };
  const writers = Promise.all(Array.from({ length: SHARDS }, (_, shard) => writeShard(shard)));
  return {
    get acknowledged() {
      return load.acknowledged;
    },
    get longestAppendMs() {
      return load.longestAppendMs;
    },
    async moved(commits) {
      const target = load.acknowledged.length + commits;
      await expect.poll(() => load.acknowledged.length, { timeout: 90_000 }).toBeGreaterThanOrEqual(target);
    },
    async stop() {
      stopping = true;
      await writers;
    },
  };
}

describeWithEngines(
  "a MongoDB that fails under appends",
  ({ mongoUrl }) => {
    const setUp = async () => {
      const fixture = createMongoFixture(mongoUrl);
      const { eventStore } = await fixture.open();
      return { ...fixture, load: startLoad(eventStore), control: engineControl() as EngineControl };
    };

    const verify = async (fixture: MongoFixture & { load: Load }): Promise<void> => {
      await fixture.load.stop();
      const { eventStore } = await fixture.open();
      const stored: Commit[] = [];
      for (let shard = 0; shard < SHARDS; shard++) {
        const commits = await eventStore.readShard(shard, 0, 100_000);
        expect(commits.map(({ position }) => position)).toEqual(commits.map((_, i) => i + 1));
        stored.push(...commits);
      }
      const byOrder = Map.groupBy(stored, ({ orderId }) => orderId);
      expect([...byOrder.values()].filter((commits) => commits.length > 1)).toEqual([]);
      const lost = fixture.load.acknowledged.filter(
        ({ orderId, position }) => byOrder.get(orderId)?.[0]?.position !== position,
      );
      expect(lost).toEqual([]);
      expect(fixture.load.longestAppendMs).toBeLessThan(MAX_APPEND_MS);
    };

    test(`loses and doubles nothing when it is killed and started`, async () => {
      const fixture = await setUp();
      for (let kill = 0; kill < 2; kill++) {
        await fixture.load.moved(100);
        await fixture.control.kill("mongo");
        await fixture.control.start("mongo");
      }
      await fixture.load.moved(100);
      await verify(fixture);
    });

    test(`loses and doubles nothing when it steps down for ${STEP_DOWN_S} s`, async () => {
      const fixture = await setUp();
      await fixture.load.moved(100);
      const client = await fixture.client();
      await client.db("admin").command({ replSetStepDown: STEP_DOWN_S, secondaryCatchUpPeriodSecs: 0, force: true });
      await fixture.load.moved(100);
      await verify(fixture);
    });

    test(`loses and doubles nothing when it is silent for ${SILENCE_MS / 1_000} s`, async () => {
      const fixture = await setUp();
      const other = await fixture.open();
      await fixture.load.moved(100);
      await fixture.control.pause("mongo");
      const silence = pause(SILENCE_MS);
      try {
        const checkpoint = { reactor: "projector", positions: bothAt(1) };
        await Promise.all([
          expect(other.viewStore.apply([], checkpoint)).rejects.toMatchObject({ retryable: true }),
          expect(other.ledger.counts()).rejects.toMatchObject({ code: "store_unavailable", retryable: true }),
        ]);
        await silence;
      } finally {
        await fixture.control.resume("mongo");
      }
      await fixture.load.moved(100);
      const again = { reactor: "projector", positions: bothAt(2) };
      const apply = () => other.viewStore.apply([], again).catch((error: OperationalError) => error.code);
      await expect.poll(apply, { timeout: 60_000 }).toMatchObject({ type: "applied" });
      await verify(fixture);
    });
  },
  { engines: ["mongoUrl"], control: true },
);

/** Two positions, so that a transaction is needed. */
function bothAt(position: number): Map<number, number> {
  return new Map([
    [0, position],
    [1, position],
  ]);
}
