/**
 * What the tracker knows of one order. It can be told the same thing twice, late or out of order (a resumed
 * stream repeats, a reload races with the stream): the newest version of the order wins, and each event counts once.
 */
import type { Problem } from "../api/problem.ts";
import type { OrderStatus, OrderView, StreamMessage, TimelineEvent } from "../api/wire.ts";

/** `live`: the stream is open. `lost`: it broke and is being opened again. `ended`: the order will not move any more. */
export type Connection = "connecting" | "live" | "lost" | "ended";

export interface TrackerState {
  readonly order: OrderView | null;
  /** Oldest first, without gaps in what the service has sent. */
  readonly events: readonly TimelineEvent[];
  readonly connection: Connection;
  /** The service says that there is no such order. */
  readonly isMissing: boolean;
  /** Why nothing could be read; null once something was. */
  readonly problem: Problem | null;
}

export type TrackerAction =
  | { readonly type: "loaded"; readonly order: OrderView; readonly events: readonly TimelineEvent[] }
  | { readonly type: "streamed"; readonly message: StreamMessage }
  | { readonly type: "connection"; readonly connection: Connection }
  | { readonly type: "missing" }
  | { readonly type: "failed"; readonly problem: Problem };

export const NOTHING_KNOWN: TrackerState = {
  order: null,
  events: [],
  connection: "connecting",
  isMissing: false,
  problem: null,
};

const FINAL: ReadonlySet<OrderStatus> = new Set(["emailed", "rejected", "expired", "cancelled"]);

/** True once nothing more will happen to the order by itself: it is done, or its mail was refused for good. */
export function isFinal({ status, reason }: Pick<OrderView, "status" | "reason">): boolean {
  return FINAL.has(status) || (status === "confirmed" && reason !== null);
}

/** True while the order waits for anything: its next state, or money that has to go back. */
export function isWaiting({ status, money }: Pick<OrderView, "status" | "money">): boolean {
  return !FINAL.has(status) || money === "refundDue";
}

export function trackerReducer(state: TrackerState, action: TrackerAction): TrackerState {
  switch (action.type) {
    case "loaded":
      return known(state, action.order, action.events);
    case "streamed":
      return { ...known(state, action.message.order, [action.message.event]), connection: "live" };
    case "connection":
      return state.connection === action.connection ? state : { ...state, connection: action.connection };
    case "missing":
      return { ...state, isMissing: true, connection: "ended" };
    case "failed":
      return { ...state, problem: action.problem, connection: "lost" };
  }
}

/** Reads the data of a stream message; null when it is not one. */
export function streamMessageOf(data: string): StreamMessage | null {
  try {
    const message = JSON.parse(data) as Partial<StreamMessage> | null;
    return message?.type === "timeline" && message.event && message.order ? (message as StreamMessage) : null;
  } catch {
    return null;
  }
}

function known(state: TrackerState, order: OrderView, events: readonly TimelineEvent[]): TrackerState {
  const isNewer = state.order === null || order.version >= state.order.version;
  return {
    ...state,
    order: isNewer ? order : state.order,
    events: merged(state.events, events),
    isMissing: false,
    problem: null,
  };
}

function merged(have: readonly TimelineEvent[], come: readonly TimelineEvent[]): readonly TimelineEvent[] {
  const fresh = come.filter(({ sequence }) => !have.some((event) => event.sequence === sequence));
  return fresh.length === 0 ? have : [...have, ...fresh].toSorted((a, b) => a.sequence - b.sequence);
}
