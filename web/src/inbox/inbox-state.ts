/**
 * The list of the dev inbox as it is polled from above and paged from below. New mails come on top without
 * disturbing what was loaded; when so many came that the list would have a hole, it starts over from the top.
 */
import type { Problem } from "../api/problem.ts";
import type { MailPage, MailSummary } from "../api/wire.ts";

export interface InboxState {
  /** Newest first; null until the first page came. */
  readonly messages: readonly MailSummary[] | null;
  /** The cursor of the page below the last message; null at the end. */
  readonly next: string | null;
  /** How many of the messages were not there at the last look. */
  readonly newCount: number;
  /** The service sends through a real mail server and has no inbox. */
  readonly isOff: boolean;
  /** Why the last look failed; null when it did not. */
  readonly problem: Problem | null;
}

export type InboxAction =
  | { readonly type: "newest"; readonly page: MailPage }
  | { readonly type: "older"; readonly page: MailPage }
  | { readonly type: "failed"; readonly problem: Problem };

export const UNREAD_INBOX: InboxState = { messages: null, next: null, newCount: 0, isOff: false, problem: null };

export function inboxReducer(state: InboxState, action: InboxAction): InboxState {
  switch (action.type) {
    case "newest":
      return withNewest(state, action.page);
    case "older": {
      const have = state.messages ?? [];
      const older = action.page.messages.filter(({ id }) => !have.some((message) => message.id === id));
      return { ...state, messages: [...have, ...older], next: action.page.next, problem: null };
    }
    case "failed":
      return action.problem.status === 404 ? { ...UNREAD_INBOX, isOff: true } : { ...state, problem: action.problem };
  }
}

function withNewest(state: InboxState, page: MailPage): InboxState {
  const have = state.messages;
  const newCount =
    have === null ? 0 : page.messages.filter(({ id }) => !have.some((message) => message.id === id)).length;
  const read = { newCount, isOff: false, problem: null };
  const lastId = page.messages.at(-1)?.id;
  const seam = have?.findIndex(({ id }) => id === lastId) ?? -1;
  if (have === null || seam === -1 || page.next === null) return { ...read, messages: page.messages, next: page.next };
  return { ...read, messages: [...page.messages, ...have.slice(seam + 1)], next: state.next };
}
