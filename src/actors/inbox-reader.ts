/** Reads the mails of the built-in dev inbox for people. Only an installation without a mail server of its own has one. */

export interface InboxMessage {
  readonly id: string;
  /** With its angle brackets; empty when the mail has none. A repeated mail is here as often as it came. */
  readonly messageId: string;
  readonly orderId: string | null;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** ISO 8601 instant in UTC. */
  readonly receivedAt: string;
}

export interface InboxMail extends InboxMessage {
  readonly text: string;
  /** As it was sent: never to be shown outside a sandbox. Empty when the mail has none. */
  readonly html: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

export interface InboxPage {
  readonly messages: readonly InboxMessage[];
  /** The id after which the next page begins; null on the last page. */
  readonly next: string | null;
}

export interface InboxReader {
  /** Mails, newest first. `after` is an id: the page begins with the next older mail. */
  list(query: { readonly limit: number; readonly after?: string; readonly orderId?: string }): Promise<InboxPage>;
  /** The mail with its content; null when there is none of this id. */
  get(id: string): Promise<InboxMail | null>;
  /** How many mails the inbox holds. */
  count(): Promise<number>;
}
