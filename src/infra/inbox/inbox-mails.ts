/** Shows stored mails to people. A mail is parsed when somebody reads it, and never when it arrives. */
import PostalMime, { addressParser, decodeWords } from "postal-mime";
import type { InboxMail, InboxMessage, InboxPage } from "../../actors/inbox-reader.ts";
import type { InboxStore, StoredMail } from "./inbox-store.ts";

const ID = /^[1-9]\d{0,14}$/;

export function listMails(
  store: InboxStore,
  { limit, after, orderId }: { readonly limit: number; readonly after?: string; readonly orderId?: string },
): InboxPage {
  const below = after === undefined ? Number.MAX_SAFE_INTEGER : (idOf(after) ?? 0);
  // One more than asked for tells whether there is a next page.
  const mails = store.list({ limit: limit + 1, below, orderId: orderId ?? null });
  const messages = mails.slice(0, limit).map(messageOf);
  return { messages, next: mails.length > limit ? (messages.at(-1)?.id ?? null) : null };
}

export async function readMail(store: InboxStore, id: string): Promise<InboxMail | null> {
  const number = idOf(id);
  const found = number === null ? null : store.get(number);
  if (found === null) return null;
  return { ...messageOf(found.mail), ...(await contentOf(found.raw)) };
}

function idOf(text: string): number | null {
  return ID.test(text) ? Number(text) : null;
}

function messageOf({ id, receivedAtMs, messageId, orderId, from, to, subject }: StoredMail): InboxMessage {
  return {
    id: String(id),
    messageId,
    orderId,
    from: shownAddresses(from),
    to: shownAddresses(to),
    subject: decodeWords(subject),
    receivedAt: new Date(receivedAtMs).toISOString(),
  };
}

function shownAddresses(header: string): string {
  return addressParser(header, { flatten: true })
    .map(({ name, address = "" }) => (name === "" ? address : `${name} <${address}>`))
    .join(", ");
}

async function contentOf(raw: Uint8Array): Promise<Pick<InboxMail, "text" | "html" | "headers">> {
  try {
    const { text = "", html = "", headers } = await PostalMime.parse(raw);
    return { text, html, headers: headers.map(({ originalKey, value }) => ({ name: originalKey, value })) };
  } catch (error) {
    // Anyone may send anything to the inbox; a mail that cannot be parsed is still there, and says why.
    return { text: `This mail cannot be shown: ${(error as Error).message}`, html: "", headers: [] };
  }
}
