/** The time at which something happened, as a sender says it: checked, and in the one spelling used inside. */
import { normaliseInstant } from "../schemas/instant.ts";
import { Problem } from "./problems.ts";

/** A message may carry the time of a clock that is a little ahead of ours. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * @param pointer where the time stands in the body.
 * @throws Problem `invalid_request` for a time that does not exist or lies in the future.
 */
export function pastInstant(text: string, pointer: string, nowMs: number): string {
  const instant = normaliseInstant(text);
  if (instant === null) throw wrong(pointer, "is not a date and time that exists");
  if (Date.parse(instant) > nowMs + CLOCK_TOLERANCE_MS) throw wrong(pointer, "lies in the future");
  return instant;
}

function wrong(pointer: string, detail: string): Problem {
  return new Problem("invalid_request", `The body does not match the schema: ${pointer} ${detail}`, {
    errors: [{ pointer, detail }],
  });
}
