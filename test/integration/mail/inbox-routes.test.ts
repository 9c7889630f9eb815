/** The dev inbox over HTTP: what the web page reads. */
import { describe, expect, test } from "vitest";
import type { InboxMail, InboxMessage, InboxReader } from "../../../src/actors/inbox-reader.ts";
import { startHttp } from "../../support/http-harness.ts";

const ORDER = "0d3cbf5e-7d5c-5a43-9c47-000000000001";

function summary(number: number): InboxMessage {
  return {
    id: String(number),
    messageId: `<${number}@orderloom.example>`,
    orderId: number === 1 ? null : ORDER,
    from: "Orderloom <orders@orderloom.example>",
    to: "Ann <ann@customer.example>",
    subject: `Mail ${number}`,
    receivedAt: "2026-11-21T09:00:00.000Z",
  };
}

function mail(number: number): InboxMail {
  return {
    ...summary(number),
    text: "Hello",
    html: "<p>Hello <script>alert(1)</script></p>",
    headers: [{ name: "X-Order-Id", value: ORDER }],
  };
}

/** Holds the mails 1 to `count`. */
function inboxOf(count: number): InboxReader {
  const mails = Array.from({ length: count }, (_, i) => mail(count - i));
  return {
    async list({ limit, after, orderId }) {
      const matching = mails
        .filter(({ id }) => after === undefined || Number(id) < Number(after))
        .filter((each) => orderId === undefined || each.orderId === orderId);
      const messages = matching.slice(0, limit).map(({ id }) => summary(Number(id)));
      return { messages, next: matching.length > limit ? (messages.at(-1)?.id ?? null) : null };
    },
    get: async (id) => mails.find((each) => each.id === id) ?? null,
    count: async () => count,
  };
}

async function appWith(inbox: InboxReader) {
  const { app } = await startHttp({ inbox });
  return async (url: string) => await app.inject({ method: "GET", url });
}

describe("GET /inbox/messages", () => {
  test("lists 50 mails, newest first, and goes on where it ended", async () => {
    const get = await appWith(inboxOf(60));
    const first = (await get("/inbox/messages")).json();
    expect(first.messages).toHaveLength(50);
    expect(first.messages[0]).toEqual(summary(60));
    const second = (await get(`/inbox/messages?cursor=${first.next}`)).json();
    expect(second.messages.map(({ id }: { id: string }) => id)).toEqual([
      "10",
      "9",
      "8",
      "7",
      "6",
      "5",
      "4",
      "3",
      "2",
      "1",
    ]);
    expect(second.next).toBeNull();
  });

  test("lists the mails of one order", async () => {
    const get = await appWith(inboxOf(3));
    const { messages } = (await get(`/inbox/messages?orderId=${ORDER}&limit=200`)).json();
    expect(messages.map(({ id }: { id: string }) => id)).toEqual(["3", "2"]);
  });

  test.each(["limit=0", "limit=201", "limit=1.5", "limit=x", "orderId=x", "page=2"])("refuses ?%s", async (query) => {
    const answer = await (await appWith(inboxOf(1)))(`/inbox/messages?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: "invalid_request" });
  });

  test.each(["x", "MQ", "bWFpbDow", "bWFpbDox=", "bWFpbDoxIA", "bWFpbDotMQ"])(
    "refuses the cursor %s",
    async (cursor) => {
      const answer = await (await appWith(inboxOf(1)))(`/inbox/messages?cursor=${cursor}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: "invalid_cursor" });
    },
  );
});

describe("GET /inbox/messages/:mailId", () => {
  test("answers the whole mail", async () => {
    const answer = await (await appWith(inboxOf(2)))("/inbox/messages/2");
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(mail(2));
  });

  test.each(["3", "0", "x", "1%00", "-1", "99999999999999999999"])("knows no mail %s", async (id) => {
    const get = await appWith(inboxOf(2));
    for (const path of [`/inbox/messages/${id}`, `/inbox/messages/${id}/html`]) {
      const answer = await get(path);
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toMatchObject({ code: "mail_not_found" });
    }
  });
});

describe("GET /inbox/messages/:mailId/html", () => {
  test("answers the HTML part as it is, where nothing of it can run or be loaded", async () => {
    const answer = await (await appWith(inboxOf(2)))("/inbox/messages/2/html");
    expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(answer.headers["content-security-policy"]).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    );
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    expect(answer.body).toBe(mail(2).html);
  });
});
