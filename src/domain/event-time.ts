/**
 * When the thing happened that a message tells of, as its sender says. A sender's clock may be wrong, so a time is
 * believed only near that of the log, which stored the message: the same record then means the same at every replay.
 */
import type { Message } from "./messages.ts";

/** So far ahead of ours may the clock of a sender be. */
export const MAX_AHEAD_MS = 5 * 60_000;
/** So late may be told what happened: long enough for every outage and every bank, too short for the wrong year. */
export const MAX_BEHIND_MS = 366 * 24 * 3_600_000;

/** `future` and `past`: too far from the reference to be true. */
export function plausibilityOf(timeMs: number, referenceMs: number): "plausible" | "future" | "past" {
  if (timeMs > referenceMs + MAX_AHEAD_MS) return "future";
  return timeMs < referenceMs - MAX_BEHIND_MS ? "past" : "plausible";
}

/** The event time of a message, as an ISO 8601 instant; null for messages that tell of no time of their own. */
export function eventTimeOf(message: Message): string | null {
  if (message.type === "SubmitOrder") return message.submittedAt;
  return message.type === "ReceivePayment" ? message.paidAt : null;
}

/**
 * The message with an event time that can be believed: one that cannot is no time at all, and the message counts as of
 * when the log stored it. It is never refused for it, since it may be an acknowledged order, or money.
 */
export function withPlausibleTime(message: Message, storedAtMs: number): Message {
  const eventTime = eventTimeOf(message);
  if (eventTime === null || plausibilityOf(Date.parse(eventTime), storedAtMs) === "plausible") return message;
  const storedAt = new Date(storedAtMs).toISOString();
  if (message.type === "SubmitOrder") return { ...message, submittedAt: storedAt };
  return message.type === "ReceivePayment" ? { ...message, paidAt: storedAt } : message;
}
