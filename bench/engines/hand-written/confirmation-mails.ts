/** Sends confirmations with nodemailer's pool: the same words, headers and connections as the service's own mailer. */
import { createTransport } from "nodemailer";
import { loadConfirmationTemplate } from "../../../src/infra/mail/confirmation-template.ts";
import type { PaidDocument } from "./order-document.ts";

export interface ConfirmationMails {
  /** Resolves when the mail server has taken the mail. At most `connections` are under way; the others wait. */
  send(order: PaidDocument): Promise<void>;
  close(): void;
}

export function createConfirmationMails(smtpUrl: string, connections: number): ConfirmationMails {
  const { hostname, port } = new URL(smtpUrl);
  const template = loadConfirmationTemplate();
  const transport = createTransport({
    pool: true,
    host: hostname,
    port: Number(port),
    maxConnections: connections,
    maxMessages: 1_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ _id: orderId, customer, lines, total }) {
      const messageId = `<confirmation.${orderId}@orderloom.example>`;
      await transport.sendMail({
        ...template({ kind: "confirmation", messageId, orderId, customer, lines, total }),
        from: { name: "Orderloom", address: "orders@orderloom.example" },
        to: { name: customer.name, address: customer.email },
        messageId,
        headers: { "X-Order-Id": orderId },
      });
    },
    close: () => transport.close(),
  };
}
