/** What tests of faults look at from outside: whether mails still arrive, and what a process says of itself. */
import { expect } from "vitest";
import { MAIL_QUEUE } from "../../../src/actors/mail-queue.ts";
import { PAYMENT_DESK } from "../../../src/actors/payment-desk.ts";
import { activeOrdersVersion } from "../../../src/actors/pipeline.ts";
import { projectorName } from "../../../src/actors/projector.ts";
import { PUBLISHER } from "../../../src/actors/publisher.ts";
import type { MailSink } from "../mail-sink.ts";
import type { Cluster } from "./cluster.ts";
import type { Member } from "./member.ts";

/** Waits until so many more mails have arrived: the pipeline works from end to end. Returns how long that took. */
export async function mailsArrive(sink: MailSink, count: number, timeoutMs: number): Promise<number> {
  const startedMs = performance.now();
  const wanted = sink.deliveries.size + count;
  const notYet = `mails arrive, ${count} more than ${sink.deliveries.size}`;
  await expect.poll(() => sink.deliveries.size, { timeout: timeoutMs, message: notYet }).toBeGreaterThanOrEqual(wanted);
  return performance.now() - startedMs;
}

/** Waits until everything that is in the inbox now has been processed. Returns how long that took. */
export async function inboxIsRead({ stores }: Cluster, timeoutMs: number): Promise<number> {
  const startedMs = performance.now();
  const there = await stores.log.inboxLag();
  const unread = async (): Promise<string[]> => {
    const now = await stores.log.inboxLag();
    const behind = there.filter(({ topic, shard, endOffset }) =>
      now.some((lag) => lag.topic === topic && lag.shard === shard && lag.committedOffset < endOffset),
    );
    return behind.map(({ topic, shard }) => `${topic}[${shard}]`);
  };
  await expect.poll(unread, { timeout: timeoutMs, interval: 200, message: "the inbox is read" }).toEqual([]);
  return performance.now() - startedMs;
}

/**
 * Waits until every reactor is through with every shard, as far as it goes now. Returns how long that took from `sinceMs` on.
 */
export async function reactorsAreThrough(
  { stores, shards }: Cluster,
  sinceMs: number,
  timeoutMs: number,
): Promise<number> {
  const { eventStore, viewStore } = stores;
  const heads = await Promise.all(Array.from({ length: shards }, (_, shard) => eventStore.head(shard)));
  const names = [MAIL_QUEUE, projectorName(await activeOrdersVersion(viewStore)), PUBLISHER, PAYMENT_DESK];
  const behind = async (): Promise<string[]> => {
    const reached = await Promise.all(names.map((name) => viewStore.checkpoint(name)));
    return names.flatMap((name, i) =>
      heads.flatMap((head, shard) => ((reached[i]?.get(shard) ?? 0) < head ? [`${name}[${shard}]`] : [])),
    );
  };
  await expect.poll(behind, { timeout: timeoutMs, interval: 200, message: "reactors are through" }).toEqual([]);
  return performance.now() - sinceMs;
}

/** The sum of a metric's values, of those whose labels include `labels`, such as `result="repeated"`. */
export async function readMetric({ url }: Member, name: string, labels = ""): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => /^[a-z_]+/.exec(line)?.[0] === name && line.includes(labels));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

/** How many shards a process says that it owns. */
export function ownedShards(member: Member): Promise<number> {
  return readMetric(member, "orderloom_owned_shards");
}

/** Waits until a process owns so many shards. Returns how long that took. */
export async function ownsShards(member: Member, count: number, timeoutMs: number): Promise<number> {
  const startedMs = performance.now();
  const message = `${member.name} owns ${count} shards`;
  await expect.poll(() => ownedShards(member), { timeout: timeoutMs, interval: 100, message }).toBe(count);
  return performance.now() - startedMs;
}
