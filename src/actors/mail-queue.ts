/**
 * Queues the mails that follow from commits. It is a reactor of its own, because a shopper waits for the mail and nobody
 * waits for a list. While the sender has room, a mail's first attempt is stored as it is queued, and the mail leaves at
 * once. It bears a repeat: a mail that the ledger has stays as it is, so a replay sends nothing again, and the checkpoint
 * need not be stored with every mail.
 */
import type { OrderConfirmed } from "../domain/events.ts";
import type { MailRoom, MailSender } from "./mail-sender.ts";
import type { Checkpoint, Commit, ConfirmationMail, QueuedMail, ViewStore } from "./ports.ts";
import type { HandleCommits } from "./reactor.ts";

export const MAIL_QUEUE = "mail-queue";

/** How often the checkpoint is stored: a restart reads the commits of so long a time again. */
export const MAIL_QUEUE_STORE_EVERY_MS = 1_000;

/** Not the sender's domain: with another MAIL_FROM a replay would give every mail another id, and send it again. */
const MESSAGE_ID_DOMAIN = "orderloom.local";

/** The same order and kind always give the same Message-ID, so that a repeated mail is recognised as one. */
export function messageIdOf(orderId: string, kind: ConfirmationMail["kind"]): string {
  return `<${orderId}.${kind}@${MESSAGE_ID_DOMAIN}>`;
}

/** The mail queue's work on a batch of commits. */
export function createMailQueue(deps: {
  viewStore: Pick<ViewStore, "apply">;
  mailSender: Pick<MailSender, "reserve" | "wake">;
}): HandleCommits {
  const { viewStore, mailSender } = deps;
  /** Puts mails in, and sends those that there is room for at once. */
  const enqueue = async (mails: readonly QueuedMail[], room: MailRoom, checkpoint: Checkpoint | undefined) => {
    try {
      const writes = mails.map((mail, index) =>
        index < room.mails
          ? { type: "enqueueMail" as const, mail, claim: room.claim }
          : { type: "enqueueMail" as const, mail },
      );
      const result = await viewStore.apply(writes, checkpoint);
      if (result.type === "applied") {
        room.send(result.attempts);
        if (mails.length > room.mails) mailSender.wake();
      }
      return result.type;
    } finally {
      room.release();
    }
  };

  return async (commits, checkpoint) => {
    let mails = commits.flatMap(mailsOf);
    if (mails.length === 0 && checkpoint === undefined) return "applied";
    for (;;) {
      const room = await mailSender.reserve(mails.length);
      // Without any room the mails wait in the ledger, where people can see them.
      const isLast = room.mails === 0 || room.mails >= mails.length;
      const now = isLast ? mails : mails.slice(0, room.mails);
      const result = await enqueue(now, room, isLast ? checkpoint : undefined);
      if (isLast || result !== "applied") return result;
      mails = mails.slice(room.mails);
    }
  };
}

/** The mails that a commit makes due. */
export function mailsOf(commit: Commit): QueuedMail[] {
  const confirmed = commit.events.find((event): event is OrderConfirmed => event.type === "OrderConfirmed");
  if (confirmed === undefined) return [];
  const { shard, orderId, recordedAt } = commit;
  const messageId = messageIdOf(orderId, "confirmation");
  const mail: ConfirmationMail = { kind: "confirmation", messageId, orderId, ...confirmed.data };
  return [{ shard, queuedAtMs: Date.parse(recordedAt), mail }];
}
