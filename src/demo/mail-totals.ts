/** Counts the mails of a run: one for every confirmed order, none for any other, and whether one came twice. */
import type { MailAnswer } from "./answers.ts";

export interface MailTotals {
  /** How many mails there have to be. */
  readonly expected: number;
  /** How many different mails there are. */
  readonly delivered: number;
  readonly missing: number;
  /** Mails that should not be: of an order that gets none, or a second one under another Message-ID. */
  readonly surplus: number;
  /** Deliveries of a mail that had been delivered under the same Message-ID before, and that nothing explains. */
  readonly repeated: number;
  /** The same, of mails that the service's ledger says it may have sent twice. */
  readonly explainedRepeats: number;
}

export const NO_MAILS: MailTotals = {
  expected: 0,
  delivered: 0,
  missing: 0,
  surplus: 0,
  repeated: 0,
  explainedRepeats: 0,
};

/** The Message-ID of every delivery that was not the first under it. */
export function repeatedIds(mails: readonly MailAnswer[]): readonly string[] {
  const ids = mails.map(({ messageId }) => messageId);
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}

/**
 * Counts the mails of one order.
 * @param unknownIds the Message-IDs of which the ledger says that an attempt's outcome is unknown.
 */
export function countMails(expected: 0 | 1, mails: readonly MailAnswer[], unknownIds: ReadonlySet<string>): MailTotals {
  const repeats = repeatedIds(mails);
  const explained = repeats.filter((id) => unknownIds.has(id)).length;
  const delivered = mails.length - repeats.length;
  return {
    expected,
    delivered,
    missing: Math.max(0, expected - delivered),
    surplus: Math.max(0, delivered - expected),
    repeated: repeats.length - explained,
    explainedRepeats: explained,
  };
}

export function addMails(a: MailTotals, b: MailTotals): MailTotals {
  return {
    expected: a.expected + b.expected,
    delivered: a.delivered + b.delivered,
    missing: a.missing + b.missing,
    surplus: a.surplus + b.surplus,
    repeated: a.repeated + b.repeated,
    explainedRepeats: a.explainedRepeats + b.explainedRepeats,
  };
}

/** What is wrong with the mails of one order, in words. */
export function mailProblems({ missing, surplus, repeated, expected, delivered }: MailTotals): readonly string[] {
  return [
    ...(missing > 0 ? ["its confirmation mail is not in the inbox"] : []),
    ...(surplus > 0 ? [`mails: expected ${expected}, observed ${delivered}`] : []),
    ...(repeated > 0 ? [`its mail was delivered more than once: ${repeated} repeats under the same Message-ID`] : []),
  ];
}
