/** Tells an order what became of its mail. */
import type { RecordMail } from "../domain/messages.ts";
import type { FinishedMail } from "./ports.ts";

/** The message; the same for the same outcome, so that telling twice has no effect. */
export function reportOf({ mail, outcome, round }: FinishedMail): RecordMail {
  const { orderId, kind, messageId } = mail;
  const { type, response } = outcome;
  const report = { type: "RecordMail", orderId, kind, messageId, outcome: type, response } as const;
  return round === 0 ? report : { ...report, round };
}
