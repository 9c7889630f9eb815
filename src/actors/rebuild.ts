/**
 * Makes the orders view again from the shard logs: a new version is written beside the one that is read, and
 * takes its place when it is complete. Mails are not sent again, because the ledger knows every one of them.
 */
import { createCommitTail } from "./commit-tail.ts";
import { createOwnedShards } from "./owned-shards.ts";
import type { PipelineMetrics } from "./pipeline-metrics.ts";
import type { Clock, EventStore, Random, ViewStore } from "./ports.ts";
import { createProjector, projectorName } from "./projector.ts";
import { createReactor } from "./reactor.ts";
import { ORDERS_VIEW, TIMERS, TIMERS_VIEW, WEBHOOKS, WEBHOOKS_VIEW } from "./views.ts";

export interface RebuildDeps {
  readonly eventStore: EventStore;
  readonly viewStore: ViewStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: PipelineMetrics;
  readonly shards: number;
  /** Told how many commits are handled, and how many there are. */
  readonly onProgress: (handledCommits: number, allCommits: number) => void;
}

/** Rebuilds the orders view; nothing else may write the view meanwhile. @returns the version that is read now. */
export async function rebuildOrdersView(deps: RebuildDeps): Promise<number> {
  const { eventStore, viewStore, clock, random, metrics, shards, onProgress } = deps;
  const shardNumbers = Array.from({ length: shards }, (_, shard) => shard);
  const version = ((await viewStore.activeVersion(ORDERS_VIEW.name)) ?? 0) + 1;
  // A rebuild that was cut off left its checkpoint behind; its documents are simply written again.
  await viewStore.resetCheckpoint(projectorName(version));
  await viewStore.define(ORDERS_VIEW, version);
  await viewStore.define(TIMERS_VIEW, TIMERS.version);
  await viewStore.define(WEBHOOKS_VIEW, WEBHOOKS.version);
  const heads = await Promise.all(shardNumbers.map((shard) => eventStore.head(shard)));
  const allCommits = heads.reduce((sum, head) => sum + head, 0);
  const handle = createProjector({
    eventStore,
    viewStore,
    ordersVersion: version,
    capacity: 10_000,
  });
  const reactor = createReactor({
    name: projectorName(version),
    shards: createOwnedShards(shardNumbers),
    eventStore,
    tail: createCommitTail({ eventStore, shards }),
    loadCheckpoint: (name) => viewStore.checkpoint(name),
    handle,
    clock,
    random,
    metrics,
  });
  await reactor.runToEnd((handled) => onProgress(handled, allCommits));
  await viewStore.activate({ view: ORDERS_VIEW.name, version });
  return version;
}
