/** The time at which something happened, as a sender says it: checked, and in the one spelling used inside. */
import { MAX_BEHIND_MS, plausibilityOf } from "../domain/event-time.ts";
import { normaliseInstant } from "../schemas/instant.ts";
import { Problem } from "./problems.ts";

const MAX_BEHIND_DAYS = MAX_BEHIND_MS / (24 * 3_600_000);

/**
 * @param pointer where the time stands in the body.
 * @throws Problem `invalid_request` for a time that does not exist, lies in the future or too far in the past.
 */
export function pastInstant(text: string, pointer: string, nowMs: number): string {
  const instant = realInstant(text, pointer);
  const plausibility = plausibilityOf(Date.parse(instant), nowMs);
  if (plausibility === "future") throw wrong(pointer, "lies in the future");
  if (plausibility === "past") throw wrong(pointer, `lies more than ${MAX_BEHIND_DAYS} days in the past`);
  return instant;
}

/** @throws Problem `invalid_request` for a time that does not exist; one that is hard to believe is taken. */
export function realInstant(text: string, pointer: string): string {
  const instant = normaliseInstant(text);
  if (instant === null) throw wrong(pointer, "is not a date and time that exists");
  return instant;
}

function wrong(pointer: string, detail: string): Problem {
  return new Problem("invalid_request", `The body does not match the schema: ${pointer} ${detail}`, {
    errors: [{ pointer, detail }],
  });
}
