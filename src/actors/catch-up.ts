/**
 * Tells when everything that waited in the inbox at the start has been processed. Until then the event store may
 * lack orders that were acknowledged before a restart, so "not in the store" does not mean "never seen".
 */
import { OperationalError } from "./errors.ts";
import type { Clock, MessageLog } from "./ports.ts";

/** How often the log is asked: at first, and once it has been behind for a while. */
const POLL = { firstMs: 50, longestMs: 800 };

export interface CatchUp {
  /** True from then on. */
  isDone(): boolean;
  stop(): void;
}

/** Starts to watch; call it before the inbox is consumed. */
export async function watchCatchUp(deps: { log: Pick<MessageLog, "inboxLag">; clock: Clock }): Promise<CatchUp> {
  const { log, clock } = deps;
  let waiting = (await log.inboxLag()).filter(({ committedOffset, endOffset }) => committedOffset < endOffset);
  let cancel = (): void => {};
  let pauseMs = POLL.firstMs;

  const look = async (): Promise<void> => {
    try {
      const now = await log.inboxLag();
      waiting = waiting.filter(
        ({ shard, topic, endOffset }) =>
          !now.some((lag) => lag.shard === shard && lag.topic === topic && lag.committedOffset >= endOffset),
      );
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
    }
    if (waiting.length > 0) schedule();
  };
  const schedule = (): void => {
    cancel = clock.schedule(pauseMs, () => void look());
    pauseMs = Math.min(2 * pauseMs, POLL.longestMs);
  };

  if (waiting.length > 0) schedule();
  return { isDone: () => waiting.length === 0, stop: () => cancel() };
}
