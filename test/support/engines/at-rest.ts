/** Tells when an installation has nothing left to do: everything read, stored, shown, published, mailed and reported. */
import { setTimeout as pause } from "node:timers/promises";
import { PAYMENT_DESK } from "../../../src/actors/payment-desk.ts";
import { activeOrdersVersion } from "../../../src/actors/pipeline.ts";
import { projectorName } from "../../../src/actors/projector.ts";
import { PUBLISHER } from "../../../src/actors/publisher.ts";
import type { AuditedStores } from "../audit.ts";

const POLL_MS = 250;

/** Waits until nothing is left to do; throws with what is left after `timeoutMs`. */
export async function atRest(stores: AuditedStores, shards: number, timeoutMs: number): Promise<void> {
  const giveUpMs = performance.now() + timeoutMs;
  for (let left = await whatIsLeft(stores, shards); left.length > 0; left = await whatIsLeft(stores, shards)) {
    if (performance.now() > giveUpMs) throw new Error(`after ${timeoutMs} ms there is still work: ${left.join("; ")}`);
    await pause(POLL_MS);
  }
}

/** Everything that is not done, in words. */
export async function whatIsLeft(stores: AuditedStores, shards: number): Promise<string[]> {
  return [
    ...(await openMails(stores, shards)),
    ...(await unreadRecords(stores)),
    ...(await openCommits(stores, shards)),
  ];
}

async function openMails({ ledger }: AuditedStores, shards: number): Promise<string[]> {
  const unreported = await ledger.unreported(range(shards), 1);
  const { accepted: _accepted, refused: _refused, ...open } = await ledger.counts();
  return [
    ...Object.entries(open).flatMap(([state, count]) => (count > 0 ? [`${count} mails are ${state}`] : [])),
    ...unreported.map(({ mail }) => `order ${mail.orderId} does not know of its mail`),
  ];
}

async function unreadRecords({ log }: AuditedStores): Promise<string[]> {
  return (await log.inboxLag()).flatMap(({ topic, shard, committedOffset, endOffset, owner }) =>
    committedOffset < endOffset
      ? [`${endOffset - committedOffset} records of ${topic}[${shard}] are unread, owner ${owner}`]
      : [],
  );
}

async function openCommits({ eventStore, viewStore }: AuditedStores, shards: number): Promise<string[]> {
  const projector = projectorName(await activeOrdersVersion(viewStore));
  const left: string[] = [];
  for (const reactor of [projector, PUBLISHER, PAYMENT_DESK]) {
    const reached = await viewStore.checkpoint(reactor);
    const behind = await eventStore.changedShards(
      new Map(range(shards).map((shard) => [shard, reached.get(shard) ?? 0])),
    );
    for (const shard of behind) left.push(`${reactor} is at ${reached.get(shard) ?? 0} of shard ${shard}`);
  }
  return left;
}

function range(shards: number): number[] {
  return Array.from({ length: shards }, (_, shard) => shard);
}
