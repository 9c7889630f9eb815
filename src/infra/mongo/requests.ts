/** Every request to the store goes through here: it is counted, and its errors are told in the words of the ports. */
import type { EngineMetrics } from "../engine-metrics.ts";
import { translated } from "./mongo-errors.ts";

export type Operation = "find" | "aggregate" | "insert" | "update" | "delete" | "commit" | "admin";

export interface Requests {
  /** Where the store is, for messages. */
  readonly hosts: string;
  /** Sends a request; its errors come as the driver has them. */
  send<Result>(operation: Operation, request: () => Promise<Result>): Promise<Result>;
  /** Sends a request that changes nothing. @throws OperationalError `store_unavailable`. */
  read<Result>(operation: Operation, request: () => Promise<Result>): Promise<Result>;
  /** Sends a request that bears a repeat. @throws OperationalError `outcome_unknown`. */
  write<Result>(operation: Operation, request: () => Promise<Result>): Promise<Result>;
  /** How many requests wait for an answer. */
  pending(): number;
}

export function createRequests({ hosts, metrics }: { hosts: string; metrics: EngineMetrics }): Requests {
  let pending = 0;
  const send: Requests["send"] = async (operation, request) => {
    metrics.roundTrip("mongodb", operation);
    pending += 1;
    try {
      return await request();
    } finally {
      pending -= 1;
    }
  };
  const told =
    (kind: "read" | "write"): Requests["read"] =>
    async (operation, request) => {
      try {
        return await send(operation, request);
      } catch (error) {
        throw translated(error, hosts, kind);
      }
    };
  return { hosts, send, read: told("read"), write: told("write"), pending: () => pending };
}
