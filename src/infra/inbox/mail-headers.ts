/** Picks the few headers that listings need out of a raw mail, without parsing the mail: at receipt every microsecond counts. */

export interface ListedHeaders {
  readonly messageId: string;
  readonly orderId: string | null;
  /** As they are in the mail, unfolded but not decoded. */
  readonly from: string;
  readonly to: string;
  readonly subject: string;
}

const LONGEST_HEADERS = 64 * 1024;
const WANTED = /^(message-id|x-order-id|from|to|subject):[ \t]*(.*)$/gim;

export function listedHeaders(raw: Buffer): ListedHeaders {
  const end = raw.indexOf("\r\n\r\n");
  const block = raw.toString("utf8", 0, Math.min(end === -1 ? raw.length : end, LONGEST_HEADERS));
  const found = new Map<string, string>();
  for (const [, name = "", value = ""] of block.replace(/\r?\n(?=[ \t])/g, "").matchAll(WANTED)) {
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, value.trim());
  }
  return {
    messageId: found.get("message-id") ?? "",
    orderId: found.get("x-order-id") || null,
    from: found.get("from") ?? "",
    to: found.get("to") ?? "",
    subject: found.get("subject") ?? "",
  };
}
