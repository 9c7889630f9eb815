/** How far everything is behind, for operators: the inbox with the owner of each shard, and each reactor. */
import { MAIL_QUEUE } from "./mail-queue.ts";
import { PAYMENT_DESK } from "./payment-desk.ts";
import type { EventStore, InboxLag, MessageLog, ViewStore } from "./ports.ts";
import { projectorName } from "./projector.ts";
import { PUBLISHER } from "./publisher.ts";
import { ORDERS_VIEW } from "./views.ts";

export interface LagRow {
  /** The consumer group, or the reactor. */
  readonly group: string;
  readonly shard: number;
  /** The process that has the shard; null when nobody does, or when there is only one. */
  readonly owner: string | null;
  /** Inbox records, or commits, that are stored and not handled. */
  readonly records: number;
  /** The age of the oldest of them; 0 when there is none, null when it cannot be told. */
  readonly seconds: number | null;
}

/** Reads the lag of every shard, the inbox first. A reactor is as far as its stored checkpoint says. */
export async function readLagReport(deps: {
  readonly log: Pick<MessageLog, "inboxLag">;
  readonly eventStore: Pick<EventStore, "head" | "readShard">;
  readonly viewStore: Pick<ViewStore, "checkpoint" | "activeVersion">;
  readonly group: string;
  readonly shards: number;
  readonly nowMs: number;
}): Promise<readonly LagRow[]> {
  const { log, eventStore, viewStore, group, shards, nowMs } = deps;
  const shardNumbers = Array.from({ length: shards }, (_, shard) => shard);
  const lags = Map.groupBy(await log.inboxLag(), ({ shard }) => shard);
  const heads = await Promise.all(shardNumbers.map((shard) => eventStore.head(shard)));
  const secondsSince = (sinceMs: number): number => Math.max(0, Math.round((nowMs - sinceMs) / 100) / 10);

  const inboxRow = (shard: number): LagRow => {
    const ofShard = lags.get(shard) ?? [];
    const oldestMs = ofShard.flatMap(({ oldestUnreadMs }) => oldestUnreadMs ?? []);
    return {
      group,
      shard,
      owner: ofShard.find(({ owner }) => owner !== null)?.owner ?? null,
      records: ofShard.reduce((sum, lag) => sum + unread(lag), 0),
      seconds: oldestMs.includes(0) ? null : oldestMs.length === 0 ? 0 : secondsSince(Math.min(...oldestMs)),
    };
  };
  const reactorRows = async (reactor: string): Promise<LagRow[]> => {
    const checkpoint = await viewStore.checkpoint(reactor);
    return Promise.all(
      shardNumbers.map(async (shard) => {
        const position = checkpoint.get(shard) ?? 0;
        const behind = Math.max(0, (heads[shard] ?? 0) - position);
        const [oldest] = behind > 0 ? await eventStore.readShard(shard, position, 1) : [];
        const seconds = oldest === undefined ? 0 : secondsSince(Date.parse(oldest.recordedAt));
        return { group: reactor, shard, owner: null, records: behind, seconds };
      }),
    );
  };

  const ordersVersion = (await viewStore.activeVersion(ORDERS_VIEW.name)) ?? 1;
  const reactors = [MAIL_QUEUE, projectorName(ordersVersion), PUBLISHER, PAYMENT_DESK];
  return [...shardNumbers.map(inboxRow), ...(await Promise.all(reactors.map(reactorRows))).flat()];
}

function unread({ endOffset, committedOffset }: InboxLag): number {
  return Math.max(0, endOffset - committedOffset);
}
