/** A mail sender without room: every mail is only queued. It counts how often it is told of new ones. */
import type { MailSender } from "../../../src/actors/mail-sender.ts";

export function createFullMailSender(): Pick<MailSender, "reserve" | "wake"> & { wakeUps(): number } {
  let wakeUps = 0;
  return {
    reserve: async () => ({ mails: 0, claim: { owner: "nobody", nowMs: 0, leaseUntilMs: 0 }, send() {}, release() {} }),
    wake() {
      wakeUps += 1;
    },
    wakeUps: () => wakeUps,
  };
}
