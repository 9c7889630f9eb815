import * as fc from "fast-check";
import PostalMime from "postal-mime";
import { describe, expect, test } from "vitest";
import { singleLine } from "../../../../src/infra/mail/mailbox.ts";
import { buildMimeMessage, type MimeContent } from "../../../../src/infra/mail/mime-message.ts";

const CONTENT: MimeContent = {
  from: { name: "Orderloom", address: "orders@orderloom.example" },
  to: { name: "Ada Lovelace", address: "ada@customer.example" },
  subject: "Your order 42 is confirmed",
  messageId: "<42.confirmation@orderloom.example>",
  orderId: "42",
  mayBeRepeat: false,
  dateMs: Date.parse("2026-11-21T09:08:07.000Z"),
  text: "Hello",
  html: "<p>Hello</p>",
};
const HEADERS = [
  "from",
  "to",
  "subject",
  "date",
  "message-id",
  "x-order-id",
  "auto-submitted",
  "mime-version",
  "content-type",
];

/** Any text, with what breaks out of headers and lines more often than chance would have it. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.string({ unit: "grapheme", maxLength: 30 }),
      fc.constantFrom(
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\u0085",
        "\u2028",
        "Bcc: x@y.example",
        "\r\n.\r\n",
        "\n\n<script>",
        '"',
        "\\",
      ),
      fc.constantFrom(
        "=?UTF-8?B?QQ==?=",
        "--=_orderloom_alternative",
        ",",
        "<",
        ">",
        "Ä".repeat(80),
        "a".repeat(300),
        "🍕",
      ),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(""));

/** With LF, and none at the end: some parsers count the line end before a boundary to the part. */
const lines = (text = "") => text.replace(/\r\n?/g, "\n").replace(/\n+$/, "");

describe("buildMimeMessage", () => {
  test("says in a header that it may be a repeat, and is the same mail otherwise", () => {
    const first = buildMimeMessage(CONTENT).toString("latin1");
    const again = buildMimeMessage({ ...CONTENT, mayBeRepeat: true }).toString("latin1");
    expect(first).not.toContain("X-Possible-Repeat");
    expect(again.split("\r\nX-Possible-Repeat: yes").join("")).toBe(first);
  });

  test("is the same bytes for the same content", () => {
    expect(buildMimeMessage(CONTENT).equals(buildMimeMessage(CONTENT))).toBe(true);
  });

  test("carries its headers as they were given", async () => {
    const mail = await PostalMime.parse(buildMimeMessage(CONTENT));
    const headers = Object.fromEntries(mail.headers.map(({ key, value }) => [key, value]));
    expect(mail.headers.map(({ key }) => key)).toEqual(HEADERS);
    expect(headers).toMatchObject({
      from: '"Orderloom" <orders@orderloom.example>',
      to: '"Ada Lovelace" <ada@customer.example>',
      subject: "Your order 42 is confirmed",
      date: "Sat, 21 Nov 2026 09:08:07 +0000",
      "message-id": "<42.confirmation@orderloom.example>",
      "x-order-id": "42",
      "auto-submitted": "auto-generated",
    });
  });

  test.each([
    ["7bit", "Hello\r\n\r\n1.5 < 2\tand so on\r\n"],
    ["7bit", "a".repeat(998)],
    ["base64", "a".repeat(999)],
    ["base64", "Tiramisù"],
    ["7bit", "bare\nline\rends"],
    ["base64", "nothing\0at all"],
    ["base64", "above\r\n.\r\nbelow"],
    ["base64", ".hidden"],
    ["base64", "above\r\n--=_orderloom_alternative--\r\nbelow"],
  ])("sends a body as %s where it is %j", async (encoding, body) => {
    const message = buildMimeMessage({ ...CONTENT, text: body });
    expect(message.toString("latin1")).toContain(
      `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`,
    );
    const { text, html } = await PostalMime.parse(message);
    expect(lines(text)).toBe(lines(body));
    expect(lines(html)).toBe(CONTENT.html);
  });

  test("has a text and an HTML part that read as they were written", async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, hostileText, async (text, html) => {
        // A byte order mark at the very start is no part of the text; whoever decodes UTF-8 drops it.
        const expected = { text: lines(`x${text.toWellFormed()}`), html: lines(`x${html.toWellFormed()}`) };
        const mail = await PostalMime.parse(buildMimeMessage({ ...CONTENT, text: expected.text, html: expected.html }));
        expect(lines(mail.text ?? "")).toBe(expected.text);
        expect(lines(mail.html ?? "")).toBe(expected.html);
        expect(mail.attachments).toEqual([]);
      }),
    );
  });

  test("shows any name and subject on one line, and lets none of them begin a header", async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, hostileText, async (name, subject) => {
        const to = { name, address: "ada@customer.example" };
        const mail = await PostalMime.parse(buildMimeMessage({ ...CONTENT, to, subject }));
        expect(mail.headers.map(({ key }) => key)).toEqual(HEADERS);
        expect(mail.to).toEqual([{ name: singleLine(name), address: "ada@customer.example" }]);
        expect(mail.subject ?? "").toBe(singleLine(subject));
      }),
    );
  });

  test("is made of lines of visible ASCII that a mail can hold, none of which begins with a dot", () => {
    fc.assert(
      fc.property(hostileText, hostileText, hostileText, (name, subject, text) => {
        const content = { ...CONTENT, to: { name, address: "ada@customer.example" }, subject, text, html: text };
        const message = buildMimeMessage(content).toString("latin1");
        expect(message.endsWith("\r\n")).toBe(true);
        for (const line of message.split("\r\n")) expect(line).toMatch(/^(?!\.)[\t\x20-\x7e]{0,998}$/);
      }),
    );
  });

  test.each([
    { what: "address", change: { to: { name: "", address: "ada@customer.example>\r\nBcc: x@y.example" } } },
    { what: "address", change: { to: { name: "", address: "a@b.example, c@d.example" } } },
    { what: "sender", change: { from: { name: "", address: "orders" } } },
    { what: "Message-ID", change: { messageId: "<a@b>\r\nBcc: x@y.example" } },
    { what: "order id", change: { orderId: "42\nBcc: x@y.example" } },
  ])("throws for a $what that no header can carry", ({ change }) => {
    expect(() => buildMimeMessage({ ...CONTENT, ...change })).toThrow(/cannot/);
  });
});
