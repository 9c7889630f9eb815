/**
 * Every request to the store goes through here: it is counted, it has an end, and its errors are told in the words of the
 * ports.
 */
import { MongoNetworkTimeoutError } from "mongodb";
import type { Clock } from "../../actors/ports.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import { withDeadline } from "../waiting.ts";
import { translated } from "./mongo-errors.ts";

/**
 * More than the driver's own limits come to in all but the worst case. It is needed: a connection that is closed while the
 * driver waits for its socket to take a large request leaves that request without an answer for ever.
 */
const DEADLINE_MS = 30_000;
/** What has not ended after so long may wait for a transaction that somebody left open. */
const SLOW_AFTER_MS = 2_000;

export type Operation = "find" | "aggregate" | "insert" | "update" | "delete" | "commit" | "session" | "admin";

export interface Requests {
  /** Where the store is, for messages. */
  readonly hosts: string;
  /** Sends a request; its errors come as the driver has them. */
  send<Result>(operation: Operation, request: () => Promise<Result>): Promise<Result>;
  /** Sends a request that changes nothing. @throws OperationalError `store_unavailable`. */
  read<Result>(operation: Operation, request: () => Promise<Result>): Promise<Result>;
  /** Sends a request that bears a repeat. @throws OperationalError `outcome_unknown`. */
  write<Result>(operation: Operation, request: () => Promise<Result>): Promise<Result>;
  /** Tells of what is slow, again and again until it is cancelled. `write` does so by itself. */
  watch(): () => void;
  /** How many requests wait for an answer. */
  pending(): number;
}

export function createRequests(deps: {
  readonly hosts: string;
  readonly metrics: EngineMetrics;
  readonly clock: Pick<Clock, "schedule">;
  /** Called every two seconds while a write or a transaction does not come to its end. */
  readonly onSlow: () => void;
}): Requests {
  const { hosts, metrics, clock, onSlow } = deps;
  let pending = 0;

  const watch = (): (() => void) => {
    let cancel = (): void => {};
    const again = (): void => {
      cancel = clock.schedule(SLOW_AFTER_MS, () => {
        again();
        onSlow();
      });
    };
    again();
    return () => cancel();
  };

  const late = () => new MongoNetworkTimeoutError(`no answer within ${DEADLINE_MS / 1_000} s`);
  const send: Requests["send"] = async (operation, request) => {
    metrics.roundTrip("mongodb", operation);
    pending += 1;
    try {
      // Indexes of a large collection take as long as they take.
      return await (operation === "admin" ? request() : withDeadline(clock, DEADLINE_MS, request(), late));
    } finally {
      pending -= 1;
    }
  };
  const read: Requests["read"] = async (operation, request) => {
    try {
      return await send(operation, request);
    } catch (error) {
      throw translated(error, hosts, "read");
    }
  };
  const write: Requests["write"] = async (operation, request) => {
    // What is done about a slow write is itself done by writes about sessions.
    const stopWatching = operation === "session" ? () => {} : watch();
    try {
      return await send(operation, request);
    } catch (error) {
      throw translated(error, hosts, "write");
    } finally {
      stopWatching();
    }
  };
  return { hosts, send, read, write, watch, pending: () => pending };
}
