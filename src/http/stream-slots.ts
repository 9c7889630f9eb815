/** Counts the live streams of this process and of each address, and ends them all when the service stops. */
import { isLoopback } from "./limits.ts";
import { Problem } from "./problems.ts";

export interface StreamSlots {
  /**
   * Takes a slot for a stream to `address`; the returned function gives it back and is idempotent.
   * @throws Problem when no slot is free or the service stops.
   */
  take(address: string): StreamSlot;
  /** Ends every stream; no further one is opened. Idempotent. */
  endAll(): void;
}

export interface StreamSlot {
  /** Called when the service stops; at most one, and only once the stream is open. */
  onStop(end: () => void): void;
  release(): void;
}

const RETRY_AFTER_S = 5;

export function createStreamSlots(limits: {
  readonly streams: number;
  readonly streamsPerAddress: number;
}): StreamSlots {
  const open = new Map<StreamSlot, () => void>();
  const perAddress = new Map<string, number>();
  let stopped = false;

  return {
    take(address) {
      const held = perAddress.get(address) ?? 0;
      if (stopped) throw new Problem("stopping", "The service is stopping; ask again in a moment.", { retryAfterS: 2 });
      if (open.size >= limits.streams) {
        throw new Problem("too_many_streams", `${limits.streams} live streams are open.`, {
          retryAfterS: RETRY_AFTER_S,
        });
      }
      if (held >= limits.streamsPerAddress && !isLoopback(address)) {
        throw new Problem("rate_limited", `${held} live streams are open from this address.`, {
          retryAfterS: RETRY_AFTER_S,
        });
      }
      const slot: StreamSlot = {
        onStop(end) {
          if (stopped) end();
          else open.set(slot, end);
        },
        release() {
          if (!open.delete(slot)) return;
          const left = (perAddress.get(address) ?? 1) - 1;
          if (left > 0) perAddress.set(address, left);
          else perAddress.delete(address);
        },
      };
      perAddress.set(address, held + 1);
      open.set(slot, () => {});
      return slot;
    },
    endAll() {
      stopped = true;
      for (const end of [...open.values()]) end();
    },
  };
}
