/**
 * Builds the confirmation's MIME message: multipart/alternative, text and HTML, each as it is where that is safe and in
 * base64 otherwise. Pure and deterministic: a repeat differs in its Date alone. No value can begin a header, a part or an
 * SMTP line of its own: header text is printable ASCII or encoded words, addresses are asserted, and so is each body.
 * Why this is not nodemailer's composer: docs/decisions/0004-own-mime-builder.md.
 */
import { isPlainAddress, type Mailbox, singleLine } from "./mailbox.ts";

export interface MimeContent {
  readonly from: Mailbox;
  readonly to: Mailbox;
  readonly subject: string;
  /** With its angle brackets. */
  readonly messageId: string;
  readonly orderId: string;
  /** An earlier attempt may have been delivered. The words stay the same, so that both copies say the same. */
  readonly mayBeRepeat: boolean;
  readonly dateMs: number;
  readonly text: string;
  readonly html: string;
}

const CRLF = "\r\n";
const BOUNDARY = "=_orderloom_alternative";
const BASE64_COLUMNS = 76;
/** Bytes of one encoded word: 52 characters of base64 leave room for its frame and for `Subject: ` in 76 columns. */
const ENCODED_WORD_BYTES = 39;
const LONGEST_PLAIN_TEXT = 60;

const LINE_END = /\r?\n|\r/g;
const LONGEST_LINE = 998;
const NOT_SEVEN_BIT = /[^\t\r\n\x20-\x7e]/;
const PLAIN_TEXT = /^[\x20-\x7e]*$/;
const MESSAGE_ID = /^<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>$/;
const HEADER_TOKEN = /^[\x21-\x7e]{1,200}$/;

/**
 * The message as bytes, ready for SMTP's DATA: all lines end in CRLF, and none begins with a dot.
 * @throws when an address, the Message-ID or the order id is not what a header can carry: they are checked where
 *   they enter the service, so this is a bug.
 */
export function buildMimeMessage(content: MimeContent): Buffer {
  assertMatches(content.messageId, MESSAGE_ID, "Message-ID");
  assertMatches(content.orderId, HEADER_TOKEN, "order id");
  const message = [
    `From: ${mailboxHeader(content.from)}`,
    `To: ${mailboxHeader(content.to)}`,
    `Subject: ${headerText(content.subject)}`,
    `Date: ${new Date(content.dateMs).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: ${content.messageId}`,
    `X-Order-Id: ${content.orderId}`,
    ...(content.mayBeRepeat ? ["X-Possible-Repeat: yes"] : []),
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    `Content-Type: multipart/alternative; boundary="${BOUNDARY}"`,
    "",
    ...part("text/plain", content.text),
    ...part("text/html", content.html),
    `--${BOUNDARY}--`,
    "",
  ].join(CRLF);
  return Buffer.from(message, "latin1");
}

function part(type: string, body: string): readonly string[] {
  const lines = body.split(LINE_END);
  const isSevenBit = !NOT_SEVEN_BIT.test(body) && lines.every(isPlainLine);
  const text = lines.join(CRLF);
  return [
    `--${BOUNDARY}`,
    `Content-Type: ${type}; charset=utf-8`,
    `Content-Transfer-Encoding: ${isSevenBit ? "7bit" : "base64"}`,
    "",
    isSevenBit ? text : base64Lines(text),
  ];
}

/** No part may have a line that ends the part, which begins with a hyphen, or a dot in front, which SMTP would double. */
function isPlainLine(line: string): boolean {
  return line.length <= LONGEST_LINE && !line.startsWith("-") && !line.startsWith(".");
}

function base64Lines(text: string): string {
  const base64 = Buffer.from(text, "utf8").toString("base64");
  const lines: string[] = [];
  for (let start = 0; start < base64.length; start += BASE64_COLUMNS) {
    lines.push(base64.slice(start, start + BASE64_COLUMNS));
  }
  return lines.join(CRLF);
}

/** `"Name" <address>`, the address on a line of its own after a long name. */
function mailboxHeader({ name, address }: Mailbox): string {
  if (!isPlainAddress(address)) throw new Error(`a mail cannot go to this address: ${JSON.stringify(address)}`);
  const shown = singleLine(name);
  if (shown === "") return `<${address}>`;
  if (isPlain(shown) && !/["\\]/.test(shown)) return `"${shown}"${CRLF} <${address}>`;
  return `${encodedWords(shown)}${CRLF} <${address}>`;
}

function headerText(text: string): string {
  const shown = singleLine(text);
  return isPlain(shown) ? shown : encodedWords(shown);
}

/** `=?` would be read as the start of an encoded word. */
function isPlain(text: string): boolean {
  return text.length <= LONGEST_PLAIN_TEXT && PLAIN_TEXT.test(text) && !text.includes("=?");
}

/** RFC 2047: words of at most 76 columns, folded, never splitting a character. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let word = "";
  let bytes = 0;
  const endWord = () => words.push(`=?UTF-8?B?${Buffer.from(word, "utf8").toString("base64")}?=`);
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (bytes + size > ENCODED_WORD_BYTES) {
      endWord();
      word = "";
      bytes = 0;
    }
    word += character;
    bytes += size;
  }
  endWord();
  return words.join(`${CRLF} `);
}

function assertMatches(value: string, pattern: RegExp, what: string): void {
  if (!pattern.test(value)) throw new Error(`a mail's ${what} cannot stand in a header: ${JSON.stringify(value)}`);
}
