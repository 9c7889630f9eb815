/**
 * The consumer of one process: hands out the records of the shards that it believes are its own, as a client of a real
 * log does. A batch that throws comes again, offsets follow their batch, and what runs on after a shard was taken away
 * runs to its end and commits its offsets, too late.
 */
import { OperationalError } from "../../../src/actors/errors.ts";
import { INBOX_TOPICS, type InboxHandlers, type InboxTopic, type LogRecord } from "../../../src/actors/ports.ts";
import type { Coverage } from "../engine/coverage.ts";
import type { Timeline } from "../engine/kernel.ts";
import type { Life } from "../engine/life.ts";
import type { Luck } from "../engine/luck.ts";
import type { Broker, Offsets } from "./broker.ts";
import type { ConsumerGroup, GroupMember } from "./consumer-group.ts";
import type { Network } from "./network.ts";

const RETRY_MS = 200;
const LONGEST_RETRY_MS = 3_200;
const COMMIT_RETRY_MS = 500;

export interface GroupMemberDeps {
  readonly life: Life;
  readonly handlers: InboxHandlers;
  readonly kernel: Timeline;
  readonly luck: Luck;
  readonly network: Network;
  readonly broker: Broker;
  readonly group: ConsumerGroup;
  readonly coverage: Coverage;
  readonly maxBatchRecords: number;
  /** Whether the log takes offsets of a shard from a member that it was taken from. */
  readonly takesStaleOffsets: () => boolean;
  readonly onBug: (error: unknown) => void;
}

/** A shard that this process holds, from an assignment to the next. */
interface Holding {
  readonly shard: number;
  ended: boolean;
  /** The offsets behind what is processed, and behind what is committed. */
  processed: Map<InboxTopic, number>;
  committed: Map<InboxTopic, number>;
  committing: Promise<void> | null;
  /** Ends the wait for records, or for the time to try again. */
  wake: () => void;
  running: Promise<void>;
}

export interface StartedMember extends GroupMember {
  stop(): Promise<void>;
}

export function createGroupMember(deps: GroupMemberDeps): StartedMember {
  const { life, handlers, kernel, luck, network, broker, group, coverage, maxBatchRecords, onBug } = deps;
  const holdings = new Map<number, Holding>();
  const generations = new Map<number, number>();
  let stopped: Promise<void> | null = null;

  /** Resolves after a time, or as soon as the holding is woken. */
  const pause = (holding: Holding, delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        resolve();
      };
      holding.wake = finish;
      const cancel = kernel.after(delayMs, () => life.deliver(finish));
    });

  /** Tries until it succeeds or the holding has ended; null then. */
  const insist = async <Result>(holding: Holding, ask: () => Promise<Result>): Promise<Result | null> => {
    for (let delayMs = RETRY_MS; !holding.ended; delayMs = Math.min(2 * delayMs, LONGEST_RETRY_MS)) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof OperationalError)) onBug(error);
        await pause(holding, delayMs);
      }
    }
    return null;
  };

  const unreadOf = (holding: Holding, topic: InboxTopic): readonly LogRecord[] =>
    broker.partition(topic, holding.shard).records.slice(holding.processed.get(topic) ?? 0);
  /** Some of what is unread, of all topics as they came or of one alone. */
  const unread = (holding: Holding): LogRecord[] => {
    const topics = INBOX_TOPICS.filter((topic) => hasUnread(holding, topic));
    if (topics.length === 0) return [];
    const asked = luck.happens(0.5, "all topics", life.name) ? topics : [luck.of(topics, "topic", life.name)];
    const records = asked.flatMap((topic) => unreadOf(holding, topic));
    if (asked.length > 1) records.sort((a, b) => a.timestampMs - b.timestampMs);
    return records.slice(0, luck.between(1, maxBatchRecords, "batch", life.name));
  };
  const hasUnread = (holding: Holding, topic: InboxTopic): boolean =>
    broker.partition(topic, holding.shard).records.length > (holding.processed.get(topic) ?? 0);

  const fetch = (holding: Holding): Promise<readonly LogRecord[] | null> =>
    insist(holding, () => network.read(life, "log", { name: "log.fetch", effect: async () => unread(holding) }));

  /** Waits at the broker until there is something to fetch. */
  const arrival = (holding: Holding): Promise<void> =>
    new Promise((resolve) => {
      const finish = (): void => {
        unsubscribe();
        resolve();
      };
      holding.wake = finish;
      const unsubscribe = broker.onArrival((shard) => {
        if (!life.isAlive()) unsubscribe();
        else if (shard === holding.shard) network.notify(life, 1, "arrival", finish);
      });
    });

  const handle = async (holding: Holding, records: readonly LogRecord[]): Promise<void> => {
    try {
      await handlers.onBatch({ shard: holding.shard, records });
    } catch (error) {
      if (!(error instanceof OperationalError)) onBug(error);
      coverage.hit("log: a batch comes again");
      if (!holding.ended) await pause(holding, luck.between(RETRY_MS, LONGEST_RETRY_MS, "redelivery", life.name));
      return;
    }
    if (holding.ended && stopped === null) coverage.hit("log: a zombie finishes its batch");
    for (const { topic, offset } of records) holding.processed.set(topic as InboxTopic, offset + 1);
    commitSoon(holding);
  };

  const commit = async (holding: Holding): Promise<void> => {
    const offsets = new Map(holding.processed);
    const isStale = (): boolean => (holding.ended && stopped === null) || group.ownerOf(holding.shard)?.life !== life;
    await network.write(life, "log", {
      name: "log.commit",
      effect: async () => {
        if (isStale()) coverage.hit("log: a zombie commits offsets");
        if (!isStale() || deps.takesStaleOffsets()) broker.commit(holding.shard, offsets);
      },
    });
    holding.committed = offsets;
  };

  const commitSoon = (holding: Holding): void => {
    if (holding.committing !== null || isSame(holding.processed, holding.committed)) return;
    holding.committing = commit(holding)
      .catch((error: unknown) => {
        if (!(error instanceof OperationalError)) onBug(error);
        return new Promise<void>((resolve) => kernel.after(COMMIT_RETRY_MS, () => life.deliver(resolve)));
      })
      .then(() => {
        holding.committing = null;
        if (!holding.ended) commitSoon(holding);
      });
  };

  const work = async (holding: Holding): Promise<void> => {
    const begin = await insist(holding, () =>
      network.read(life, "log", { name: "log.offsets", effect: async () => broker.committed(holding.shard) }),
    );
    if (begin === null) return;
    holding.processed = new Map(begin);
    holding.committed = new Map(begin);
    while (!holding.ended) {
      if (!INBOX_TOPICS.some((topic) => hasUnread(holding, topic))) await arrival(holding);
      const records = holding.ended ? null : await fetch(holding);
      if (holding.ended || records === null) return;
      if (records.length > 0) await handle(holding, records);
    }
  };

  const end = (holding: Holding): void => {
    holding.ended = true;
    holdings.delete(holding.shard);
    holding.wake();
  };
  /** False for news that later ones have overtaken. */
  const isNews = (shard: number, generation: number): boolean => {
    if (generation <= (generations.get(shard) ?? 0) || stopped !== null) return false;
    generations.set(shard, generation);
    return true;
  };
  const drop = (shard: number): void => {
    const holding = holdings.get(shard);
    if (holding === undefined) return;
    end(holding);
    kernel.changed(`${life.name} has shard ${shard} no more`);
    handlers.onRevoked(shard);
  };

  return {
    life,
    assigned(shard, generation) {
      if (!isNews(shard, generation)) return;
      drop(shard);
      kernel.changed(`${life.name} has shard ${shard}`);
      handlers.onAssigned(shard);
      const holding: Holding = { shard, ended: false, ...NOTHING_READ(), wake() {} };
      holdings.set(shard, holding);
      holding.running = work(holding);
      holding.running.catch(onBug);
    },
    revoked(shard, generation) {
      if (isNews(shard, generation)) drop(shard);
    },
    stop() {
      stopped ??= (async () => {
        const held = [...holdings.values()];
        for (const holding of held) end(holding);
        await Promise.all(held.map(({ running }) => running));
        for (const holding of held) {
          await holding.committing;
          if (!isSame(holding.processed, holding.committed)) await commit(holding).catch(() => {});
          handlers.onRevoked(holding.shard);
        }
      })();
      return stopped;
    },
  };
}

const NOTHING_READ = () => ({
  processed: new Map<InboxTopic, number>(),
  committed: new Map<InboxTopic, number>(),
  committing: null,
  running: Promise.resolve(),
});

function isSame(a: Offsets, b: Offsets): boolean {
  return a.size === b.size && [...a].every(([topic, offset]) => b.get(topic) === offset);
}
