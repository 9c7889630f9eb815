/**
 * The `Mailer` over SMTP: renders the confirmation, builds its message and sends it to the one address of the
 * customer. Whatever a server answers, or fails to answer, is an outcome.
 */
import { OperationalError } from "../../actors/errors.ts";
import type { Clock, Mailer } from "../../actors/ports.ts";
import { type ConfirmationTemplate, loadConfirmationTemplate } from "./confirmation-template.ts";
import { isPlainAddress, type Mailbox } from "./mailbox.ts";
import { buildMimeMessage } from "./mime-message.ts";
import { createSmtpConnection } from "./smtp-connection.ts";
import { createSmtpPool, type SmtpPoolState } from "./smtp-pool.ts";
import { parseSmtpUrl } from "./smtp-url.ts";

export interface SmtpMailerOptions {
  /** `smtp://` or `smtps://`: see `parseSmtpUrl`. */
  readonly url: string;
  readonly from: Mailbox;
  readonly clock: Clock;
  /** How many sessions may be open at once. */
  readonly connections?: number;
  readonly messagesPerConnection?: number;
  /** An idle session is closed after so long. */
  readonly idleMs?: number;
  readonly connectTimeoutMs?: number;
  readonly greetingTimeoutMs?: number;
  /** From `send` to its outcome, whatever the server does. */
  readonly deadlineMs?: number;
  /** The built confirmation unless a test brings its own. */
  readonly template?: ConfirmationTemplate;
  readonly onPool?: (state: SmtpPoolState) => void;
}

/** The mailer of a process that sends no mails: it needs no mail server and no built template. */
export const NO_MAILER: Mailer = {
  async send() {
    throw new Error("this process sends no mails");
  },
  async stop() {},
};

/** Throws OperationalError `invalid_configuration` for a URL or sender that cannot be used, `mail_not_built` without a build. */
export function createSmtpMailer(options: SmtpMailerOptions): Mailer {
  const { from, clock, deadlineMs = 30_000, onPool = () => {} } = options;
  if (!isPlainAddress(from.address)) {
    const message = `MAIL_FROM cannot be used: ${JSON.stringify(from.address)} is not a plain mail address.`;
    throw new OperationalError("invalid_configuration", message, { retryable: false });
  }
  const server = parseSmtpUrl(options.url);
  const template = options.template ?? loadConfirmationTemplate();
  const timeouts = {
    connectMs: options.connectTimeoutMs ?? 10_000,
    greetingMs: options.greetingTimeoutMs ?? 10_000,
    // The deadline ends a send and the pool an idle session; this one is only a net below both.
    socketMs: 2 * Math.max(deadlineMs, options.idleMs ?? 0),
  };
  const pool = createSmtpPool({
    connect: (onEnd) => createSmtpConnection(server, timeouts, onEnd),
    clock,
    connections: options.connections ?? 24,
    messagesPerConnection: options.messagesPerConnection ?? 1_000,
    idleMs: options.idleMs ?? 30_000,
    deadlineMs,
    onChange: onPool,
  });

  return {
    async send(mail, mayBeRepeat = false) {
      const { name, email } = mail.customer;
      if (!isPlainAddress(email)) {
        return { type: "refused", response: "not sent: a mail cannot be sent to this address" };
      }
      const message = buildMimeMessage({
        ...template(mail),
        from,
        to: { name, address: email },
        messageId: mail.messageId,
        orderId: mail.orderId,
        mayBeRepeat,
        dateMs: clock.nowMs(),
      });
      return await pool.send({ from: from.address, to: email }, message);
    },
    stop: () => pool.stop(),
  };
}
