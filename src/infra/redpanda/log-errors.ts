/** Errors of kafkajs in the words of the port. */
import kafkajs from "kafkajs";
import { OperationalError } from "../../actors/errors.ts";

/** The protocol's name of an error, such as `MESSAGE_TOO_LARGE`; null when it has none. */
export function protocolErrorOf(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { type } = cause as { type?: unknown };
    if (typeof type === "string") return type;
  }
  return null;
}

/** True when the same request may succeed in a moment. */
export function isPassing(error: unknown): boolean {
  return error instanceof kafkajs.KafkaJSError && (error.retriable || isCoordinatorAway(error));
}

/** True when no broker could name the group's coordinator, whatever the reason. kafkajs takes that for final. */
export function isCoordinatorAway(error: unknown): boolean {
  return error instanceof Error && (error.name === "KafkaJSGroupCoordinatorNotFound" || isCoordinatorAway(error.cause));
}

/** @param doing what could not be done, as in "The message log could not <doing>". */
export function logUnavailable(doing: string, cause: unknown): OperationalError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `The message log could not ${doing}: ${reason}. Try again; look at the brokers if it stays.`;
  return new OperationalError("log_unavailable", message, { retryable: true, cause });
}
