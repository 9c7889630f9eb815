/**
 * Queues the mails that follow from commits, in one transaction with the checkpoint. It is a reactor of its own,
 * because a shopper waits for the mail and nobody waits for a list. It bears a repeat: a mail that the ledger has
 * stays as it is, so a replay sends nothing again.
 */
import type { OrderConfirmed } from "../domain/events.ts";
import type { Commit, ConfirmationMail, ViewStore, ViewWrite } from "./ports.ts";
import type { HandleCommits } from "./reactor.ts";

export const MAIL_QUEUE = "mail-queue";

/** After so many commits without a mail the checkpoint is stored all the same, so that a restart reads little again. */
const MAX_UNSTORED_COMMITS = 1_000;

/** Not the sender's domain: with another MAIL_FROM a replay would give every mail another id, and send it again. */
const MESSAGE_ID_DOMAIN = "orderloom.local";

/** The same order and kind always give the same Message-ID, so that a repeated mail is recognised as one. */
export function messageIdOf(orderId: string, kind: ConfirmationMail["kind"]): string {
  return `<${orderId}.${kind}@${MESSAGE_ID_DOMAIN}>`;
}

/** The mail queue's work on a batch of commits; `onMailQueued` is called once new mails are durable. */
export function createMailQueue(deps: {
  viewStore: Pick<ViewStore, "apply">;
  onMailQueued: () => void;
}): HandleCommits {
  const { viewStore, onMailQueued } = deps;
  let unstoredCommits = 0;
  return async (commits, checkpoint) => {
    const mails = commits.flatMap(mailsOf);
    // Most commits queue nothing. To read them again costs little, so their checkpoint waits for the next mail.
    unstoredCommits += commits.length;
    if (mails.length === 0 && unstoredCommits < MAX_UNSTORED_COMMITS) return;
    await viewStore.apply(mails, checkpoint);
    unstoredCommits = 0;
    if (mails.length > 0) onMailQueued();
  };
}

function mailsOf(commit: Commit): ViewWrite[] {
  const confirmed = commit.events.find((event): event is OrderConfirmed => event.type === "OrderConfirmed");
  if (confirmed === undefined) return [];
  const { shard, orderId, recordedAt } = commit;
  const messageId = messageIdOf(orderId, "confirmation");
  const mail: ConfirmationMail = { kind: "confirmation", messageId, orderId, ...confirmed.data };
  return [{ type: "enqueueMail", mail: { shard, queuedAtMs: Date.parse(recordedAt), mail } }];
}
