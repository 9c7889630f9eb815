/** What an order can make of a message: the events that follow, nothing (a repeat), or a refusal. */
import type { ErrorCode } from "./error-codes.ts";
import type { OrderEvent } from "./events.ts";

export type Decision =
  /** `causeId` only where it is not the message's own: a message that contradicts an earlier one of the same id. */
  | { readonly type: "events"; readonly events: readonly [OrderEvent, ...OrderEvent[]]; readonly causeId?: string }
  | { readonly type: "nothing" }
  | { readonly type: "refusal"; readonly code: ErrorCode; readonly detail: string };

export const NOTHING: Decision = { type: "nothing" };

export function events(first: OrderEvent, ...rest: readonly OrderEvent[]): Extract<Decision, { type: "events" }> {
  return { type: "events", events: [first, ...rest] };
}

export function refusal(code: ErrorCode, detail: string): Decision {
  return { type: "refusal", code, detail };
}
