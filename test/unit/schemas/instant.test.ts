import { describe, expect, test } from "vitest";
import { normaliseInstant } from "../../../src/schemas/instant.ts";

describe("an instant", () => {
  test.each([
    ["2026-11-21T09:30:00.000Z", "2026-11-21T09:30:00.000Z"],
    ["2026-11-21T09:30:00Z", "2026-11-21T09:30:00.000Z"],
    ["2026-11-21T09:30:00.123456789Z", "2026-11-21T09:30:00.123Z"],
    ["2026-11-21T11:30:00+02:00", "2026-11-21T09:30:00.000Z"],
    ["2026-11-21T00:15:00-09:45", "2026-11-21T10:00:00.000Z"],
    ["2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"],
    ["2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00.000Z"],
  ])("%s is %s", (text, expected) => {
    expect(normaliseInstant(text)).toBe(expected);
  });

  test.each([
    ["a day that does not exist", "2026-02-30T00:00:00Z"],
    ["a leap day of another year", "2026-02-29T00:00:00.000Z"],
    ["a month that does not exist", "2026-13-01T00:00:00Z"],
    ["the hour 24", "2026-11-21T24:00:00Z"],
    ["a minute 60", "2026-11-21T09:60:00Z"],
    ["a second 60", "2026-11-21T09:30:60Z"],
    ["an offset of 24 hours", "2026-11-21T09:30:00+24:00"],
    ["an offset of 60 minutes", "2026-11-21T09:30:00+01:60"],
    ["no offset", "2026-11-21T09:30:00"],
    ["a date alone", "2026-11-21"],
    ["a space between date and time", "2026-11-21 09:30:00Z"],
    ["a year of five digits", "+12026-11-21T09:30:00Z"],
    ["a time before 1970", "1969-12-31T23:59:59Z"],
    ["words", "Saturday"],
    ["nothing", ""],
  ])("%s is refused", (_what, text) => {
    expect(normaliseInstant(text)).toBeNull();
  });
});
