/**
 * What writes come to when they are applied in their order: the last write of each document, the mails that come in,
 * and those that are closed before and after. A plan needs one request per collection, however many writes it has.
 */
import type { MailClaim, QueuedMail, ViewDocument, ViewVersion, ViewWrite } from "../../actors/ports.ts";
import { assertNever } from "../../domain/assert-never.ts";

export interface NewMail {
  readonly mail: QueuedMail;
  readonly claim: MailClaim | null;
}

/** A mail whose order knows what came of so many decisions. */
export interface ClosedMail {
  readonly messageId: string;
  readonly round: number;
}

export interface ViewPlan {
  /** For each version the documents by their ids; null stands for a document that is deleted. */
  readonly views: readonly {
    readonly target: ViewVersion;
    readonly documents: ReadonlyMap<string, ViewDocument | null>;
  }[];
  /** Closed before a mail of the same id came in: only one that is in the ledger already can be meant. */
  readonly closedFirst: readonly ClosedMail[];
  readonly mails: readonly NewMail[];
  readonly closed: readonly ClosedMail[];
}

export function planOf(writes: readonly ViewWrite[]): ViewPlan {
  const views = new Map<string, { target: ViewVersion; documents: Map<string, ViewDocument | null> }>();
  const mails = new Map<string, NewMail>();
  const closedFirst = new Map<string, ClosedMail>();
  const closed = new Map<string, ClosedMail>();
  const documentsOf = (target: ViewVersion): Map<string, ViewDocument | null> => {
    const key = `${target.view}/${target.version}`;
    const documents = views.get(key)?.documents ?? new Map<string, ViewDocument | null>();
    views.set(key, { target, documents });
    return documents;
  };
  for (const write of writes) {
    switch (write.type) {
      case "put":
        documentsOf(write.target).set(write.id, write.document);
        break;
      case "delete":
        documentsOf(write.target).set(write.id, null);
        break;
      case "enqueueMail": {
        const { messageId } = write.mail.mail;
        if (!mails.has(messageId)) mails.set(messageId, { mail: write.mail, claim: write.claim ?? null });
        break;
      }
      case "closeMail":
        noteClosed(mails.has(write.messageId) ? closed : closedFirst, write);
        break;
      default:
        assertNever(write);
    }
  }
  return {
    views: [...views.values()],
    closedFirst: [...closedFirst.values()],
    mails: [...mails.values()],
    closed: [...closed.values()],
  };
}

/** What an order knows of the latest decision is all it needs to know. */
function noteClosed(closed: Map<string, ClosedMail>, { messageId, round }: ClosedMail): void {
  closed.set(messageId, { messageId, round: Math.max(round, closed.get(messageId)?.round ?? 0) });
}

/** True when mails come in, and nothing else happens. */
export function hasOnlyMails({ views, closedFirst, mails, closed }: ViewPlan): boolean {
  return mails.length > 0 && views.length === 0 && closedFirst.length === 0 && closed.length === 0;
}

export function isEmpty({ views, closedFirst, mails, closed }: ViewPlan): boolean {
  return views.length === 0 && closedFirst.length === 0 && mails.length === 0 && closed.length === 0;
}
