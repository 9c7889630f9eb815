/** The mails that staff may have to look at, and what they decide about them. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { MailDesk } from "../../actors/mail-desk.ts";
import { messageIdOf } from "../../actors/mail-queue.ts";
import {
  DecideMailBody,
  ListMailsQuery,
  MailParameters,
  StaffMailPage,
  StaffMailSchema,
} from "../../schemas/staff-mails.ts";
import type { CursorSeal } from "../cursor.ts";
import { staffMailView } from "../mail-view.ts";
import { operatorResponses } from "../openapi.ts";
import { Problem } from "../problems.ts";
import { operatorOf, requireRole } from "./operator-guard.ts";

const DEFAULT_PAGE = 50;

export interface MailRoutesDeps {
  readonly mailDesk: MailDesk;
  readonly cursors: CursorSeal;
}

export const mailRoutes: FastifyPluginAsyncTypebox<MailRoutesDeps> = async (app, { mailDesk, cursors }) => {
  app.get(
    "/admin/mails",
    {
      onRequest: requireRole("viewer"),
      schema: {
        operationId: "listStaffMails",
        tags: ["desk"],
        summary: "List mails that staff may have to look at, the latest first",
        description: "`held` ones wait for a decision; nothing happens to them otherwise.",
        querystring: ListMailsQuery,
        response: {
          200: StaffMailPage,
          ...operatorResponses("invalid_request", "invalid_cursor", "store_unavailable"),
        },
      },
    },
    async (request) => {
      const { state = "held", limit = DEFAULT_PAGE, cursor } = request.query;
      // A cursor names an order; its mail follows from it.
      const filters = { status: `mails ${state}` };
      const place = cursor === undefined ? null : cursors.open(cursor, filters);
      const after =
        place === null
          ? {}
          : { after: { queuedAtMs: place.receivedAtMs, messageId: messageIdOf(place.orderId, "confirmation") } };
      const { mails, hasMore } = await mailDesk.list({ filter: state, limit, ...after });
      const last = mails.at(-1);
      const next =
        hasMore && last ? cursors.seal({ receivedAtMs: last.queuedAtMs, orderId: last.orderId }, filters) : null;
      return { mails: mails.map(staffMailView), next };
    },
  );

  app.get(
    "/admin/mails/:messageId",
    {
      onRequest: requireRole("viewer"),
      schema: {
        operationId: "readStaffMail",
        tags: ["desk"],
        summary: "Read a mail with its attempts and decisions",
        params: MailParameters,
        response: { 200: StaffMailSchema, ...operatorResponses("mail_not_found", "store_unavailable") },
      },
    },
    async (request) => {
      const mail = await mailDesk.get(withBrackets(request.params.messageId));
      if (mail === null) throw mailNotFound();
      return staffMailView(mail);
    },
  );

  app.post(
    "/admin/mails/:messageId/decisions",
    {
      onRequest: requireRole("support"),
      schema: {
        operationId: "decideMail",
        tags: ["desk"],
        summary: "Send a mail now, or drop it",
        description:
          "`send` is for mails that are held, put off, refused or dropped: a worker takes it within a second or so, and where " +
          "an earlier attempt may have been delivered the mail says so. `drop` is for those that are held, unknown or put " +
          "off: it is never sent, and its order says why. The decision is kept with its operator and reason.",
        params: MailParameters,
        body: DecideMailBody,
        response: {
          200: StaffMailSchema,
          ...operatorResponses(
            "invalid_request",
            "mail_not_found",
            "mail_not_decidable",
            "store_unavailable",
            "log_unavailable",
            "outcome_unknown",
          ),
        },
      },
    },
    async (request) => {
      const messageId = withBrackets(request.params.messageId);
      const decided = await mailDesk.decide({ ...request.body, messageId, operator: operatorOf(request) });
      if (decided === "missing") throw mailNotFound();
      if (decided === "undecidable") {
        throw new Problem(
          "mail_not_decidable",
          "The mail is on its way, or was taken or dropped by now: read it again.",
        );
      }
      return staffMailView(decided);
    },
  );
};

/** Angle brackets are part of a Message-ID, and easily lost where it is copied. */
function withBrackets(messageId: string): string {
  return messageId.startsWith("<") ? messageId : `<${messageId}>`;
}

function mailNotFound(): Problem {
  return new Problem("mail_not_found", "The ledger has no mail of this Message-ID.");
}
