/** Shows instants in the reader's own time zone and locale. */

/** The time of day, with the date before it unless that is today. */
export function formatInstant(iso: string, now: Date = new Date(), locale?: string): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  const isToday = instant.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(
    locale,
    isToday ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" },
  ).format(instant);
}

/** The time of day without seconds, with the date before it unless that is today. */
export function formatMinute(iso: string, now: Date = new Date(), locale?: string): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  const isToday = instant.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(
    locale,
    isToday ? { timeStyle: "short" } : { dateStyle: "short", timeStyle: "short" },
  ).format(instant);
}
