/** A mail server that answers what a test wrote down, and remembers what it was handed. */
import type { ConfirmationMail, Mailer } from "../../../src/actors/ports.ts";

export type MailAnswer = Awaited<ReturnType<Mailer["send"]>>;

export interface ScriptedMailer extends Mailer {
  /** Every mail that was handed over, in order. */
  readonly sent: readonly ConfirmationMail[];
  /** Mails that are handed over and not answered. */
  openNow(): number;
  /** The most mails that were ever open at once. */
  mostOpen(): number;
  isStopped(): boolean;
}

/** @param script the answers in order, each at once or as a promise; after the last one every mail is accepted. */
export function createScriptedMailer(script: readonly (MailAnswer | Promise<MailAnswer>)[] = []): ScriptedMailer {
  const sent: ConfirmationMail[] = [];
  let open = 0;
  let mostOpen = 0;
  let stopped = false;
  return {
    sent,
    async send(mail) {
      const answer = script[sent.length] ?? { type: "accepted", response: "250 OK" };
      sent.push(mail);
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      try {
        return await answer;
      } finally {
        open -= 1;
      }
    },
    async stop() {
      stopped = true;
    },
    openNow: () => open,
    mostOpen: () => mostOpen,
    isStopped: () => stopped,
  };
}
