/** The dev inbox for people: what was mailed, and each mail as its reader would see it. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import type { InboxMail, InboxReader } from "../../actors/inbox-reader.ts";
import { OrderId } from "../../schemas/order-id.ts";
import { problemResponses } from "../openapi.ts";
import { Problem } from "../problems.ts";

export interface InboxDeps {
  /** Null where mails leave for a real mail server. */
  readonly inbox: InboxReader | null;
}

const DEFAULT_PAGE = 50;
/** A mail may hold anything: nothing in it runs, is loaded or is sent, even where it is opened outside a frame. */
const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

const MailParameters = Type.Object({
  mailId: Type.String({ pattern: "^[1-9][0-9]{0,14}$", description: "The id of a mail" }),
});
const ListMailsQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, description: "How many mails a page holds; 50 when it is left out" }),
    ),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: "`next` of the page before" })),
    orderId: Type.Optional(OrderId),
  },
  { additionalProperties: false },
);
const summary = {
  id: Type.String(),
  messageId: Type.String({ description: "The same in every repeat of a mail" }),
  orderId: Type.Union([Type.String(), Type.Null()]),
  from: Type.String(),
  to: Type.String(),
  subject: Type.String(),
  receivedAt: Type.String({ format: "date-time" }),
};
const InboxStatus = Type.Object({
  devInbox: Type.Boolean({ description: "True where the service keeps the mails that it sends, for people to read" }),
});
const MailPage = Type.Object({
  messages: Type.Array(Type.Object(summary)),
  next: Type.Union([Type.String(), Type.Null()], { description: "The cursor of the next page; null on the last one" }),
});
const Mail = Type.Object({
  ...summary,
  text: Type.String(),
  html: Type.String({
    description: "As it was sent: show it in a sandbox only, as `/inbox/messages/{mailId}/html` does",
  }),
  headers: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
});

export const inboxRoutes: FastifyPluginAsyncTypebox<InboxDeps> = async (app, { inbox }) => {
  app.get(
    "/inbox/status",
    {
      schema: {
        operationId: "readInboxStatus",
        tags: ["inbox"],
        summary: "Tell whether there is a dev inbox",
        description: "Without one the addresses of its mails are not there: mails leave for a real mail server.",
        response: { 200: InboxStatus, ...problemResponses() },
      },
    },
    async () => ({ devInbox: inbox !== null }),
  );
  if (inbox === null) return;

  const read = async (mailId: string): Promise<InboxMail> => {
    const mail = await inbox.get(mailId);
    if (mail === null)
      throw new Problem("mail_not_found", "The inbox holds no mail of this id; it may have made room for newer ones.");
    return mail;
  };

  app.get(
    "/inbox/messages",
    {
      schema: {
        operationId: "listMails",
        tags: ["inbox"],
        summary: "List mails, newest first",
        description: "A mail that was sent twice is listed twice, under one Message-ID.",
        querystring: ListMailsQuery,
        response: { 200: MailPage, ...problemResponses("invalid_request", "invalid_cursor", "store_unavailable") },
      },
    },
    async (request) => {
      const { limit = DEFAULT_PAGE, cursor, orderId } = request.query;
      const { messages, next } = await inbox.list({
        limit,
        ...(cursor === undefined ? {} : { after: openCursor(cursor) }),
        ...(orderId === undefined ? {} : { orderId }),
      });
      return { messages: [...messages], next: next === null ? null : cursorOf(next) };
    },
  );

  app.get(
    "/inbox/messages/:mailId",
    {
      schema: {
        operationId: "readMail",
        tags: ["inbox"],
        summary: "Read a mail",
        params: MailParameters,
        response: { 200: Mail, ...problemResponses("mail_not_found", "store_unavailable") },
      },
    },
    async (request) => {
      const { headers, ...mail } = await read(request.params.mailId);
      return { ...mail, headers: [...headers] };
    },
  );

  app.get(
    "/inbox/messages/:mailId/html",
    {
      schema: {
        operationId: "readMailHtml",
        tags: ["inbox"],
        summary: "Read the HTML part of a mail, for a sandboxed frame",
        params: MailParameters,
        response: {
          200: { description: "The HTML part as it was sent", content: { "text/html": { schema: Type.String() } } },
          ...problemResponses("mail_not_found", "store_unavailable"),
        },
      },
    },
    async (request, reply) => {
      const { html } = await read(request.params.mailId);
      return reply.header("content-security-policy", SANDBOX).type("text/html; charset=utf-8").send(html);
    },
  );
};

const CURSOR = /^mail:([1-9]\d{0,14})$/;

function cursorOf(id: string): string {
  return Buffer.from(`mail:${id}`).toString("base64url");
}

function openCursor(cursor: string): string {
  const [, id] = CURSOR.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  // Decoding skips what is not base64url, so only the exact spelling counts.
  if (id === undefined || cursorOf(id) !== cursor)
    throw new Problem("invalid_cursor", "Pass `next` of the page before, unchanged.");
  return id;
}
