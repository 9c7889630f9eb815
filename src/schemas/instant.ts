/** Instants as they arrive: RFC 3339 with any offset. Inside there is one spelling, UTC with milliseconds. */
import Type from "typebox";

const INSTANT_PATTERN = "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?(?:Z|[+-]\\d{2}:\\d{2})$";
const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-](\d{2}):(\d{2}))$/;
const END_OF_YEAR_9999_MS = 253_402_300_799_999;

/** The spelling only: `normaliseInstant` also checks that the date exists. */
export const Instant = (description: string) =>
  Type.String({ pattern: INSTANT_PATTERN, maxLength: 35, description, examples: ["2026-11-21T09:30:00.000Z"] });

/** The instant in the one spelling used inside, for example `2026-11-21T09:30:00.000Z`; null when it does not exist. */
export function normaliseInstant(text: string): string | null {
  const timeMs = Date.parse(text);
  if (!(timeMs >= 0 && timeMs <= END_OF_YEAR_9999_MS)) return null;
  const inside = new Date(timeMs).toISOString();
  return inside === text || namesRealTime(text) ? inside : null;
}

/** `Date.parse` takes 30 February for 2 March, and 24:00 for the next day: both are somebody's mistake. */
function namesRealTime(text: string): boolean {
  const match = parts.exec(text);
  if (match === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, offsetHour = 0, offsetMinute = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  const date = new Date(Date.UTC(year, month - 1, day));
  return (
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && offsetHour < 24 && offsetMinute < 60
  );
}
