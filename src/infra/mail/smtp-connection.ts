/**
 * One connection to the mail server: nodemailer connects, encrypts and logs in, and then hands its socket to our own
 * session, since its streams cost more CPU than all the rest of a mail (docs/decisions/0004-own-mime-builder.md).
 * nodemailer keeps watching the socket: errors, silence and the end of the connection are its to tell.
 */
import NodemailerConnection, { type SMTPError } from "nodemailer/lib/smtp-connection";
import type { Delivery, SmtpFailure } from "./smtp-outcome.ts";
import { createSmtpSession, type Envelope, type SmtpSession } from "./smtp-session.ts";
import type { SmtpServer } from "./smtp-url.ts";

export interface SmtpTimeouts {
  /** From the name look-up to the end of the TCP and TLS handshakes. */
  readonly connectMs: number;
  readonly greetingMs: number;
  /** Silence of the server. */
  readonly socketMs: number;
}

export interface SmtpConnection {
  /**
   * Sends one message, connecting first if need be. One at a time. A failure is a delivery too: it only rejects a
   * message that SMTP would change, which is a bug of its builder.
   */
  send(envelope: Envelope, message: Buffer): Promise<Delivery>;
  /** Says goodbye; the session ends when the server has answered. */
  quit(): void;
  /** Hangs up. A send in progress ends as a failure. */
  close(): void;
}

const DOT = 0x2e;

/** A connection that opens on its first send. `onEnd` is called once, when one that was opened is over. */
export function createSmtpConnection(server: SmtpServer, timeouts: SmtpTimeouts, onEnd: () => void): SmtpConnection {
  const connection = new NodemailerConnection({
    host: server.host,
    port: server.port,
    secure: server.secure,
    requireTLS: server.requireTls,
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.greetingMs,
    socketTimeout: timeouts.socketMs,
  });
  /** Ends what is being waited for; nodemailer forgets its callbacks in some ways of closing. */
  let fail: ((error: SmtpFailure) => void) | null = null;
  let lastError: SMTPError | null = null;
  let ready: Promise<SmtpSession> | null = null;
  let session: SmtpSession | null = null;

  connection.on("error", (error: SMTPError) => {
    lastError = error;
    fail?.(error);
  });
  connection.once("end", () => {
    onEnd();
    // After a 421 the callback of the send comes right behind, with the server's own words.
    setImmediate(() => fail?.(lastError ?? new Error("the connection was closed")));
  });

  /** Waits for one step; rejects when the connection ends before the step does. */
  const step = async <Result>(
    run: (resolve: (result: Result) => void, reject: (error: SmtpFailure) => void) => void,
  ): Promise<Result> =>
    await new Promise<Result>((resolve, reject) => {
      fail = reject;
      run(resolve, reject);
    }).finally(() => {
      fail = null;
    });

  const open = async (): Promise<SmtpSession> => {
    await step<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
    // The answer to the EHLO that counts: after STARTTLS, the second one.
    const isPipelining = /^250[ -]PIPELINING\b/im.test(connection.lastServerResponse || "");
    const { login } = server;
    if (login !== null && connection.allowsAuth) {
      const credentials = { user: login.user, pass: login.password };
      await step<void>((resolve, reject) =>
        connection.login(credentials, (error) => (error ? reject(error) : resolve())),
      );
    }
    // oxlint-disable-next-line no-underscore-dangle -- documented as public
    const socket = connection._socket;
    if (!socket) throw new Error("the connection was closed");
    socket.removeAllListeners("data");
    session = createSmtpSession(socket, isPipelining);
    return session;
  };

  return {
    async send(envelope, message) {
      assertIsPlain(message);
      let bodyLeft = false;
      const onBodyLeaves = () => {
        bodyLeft = true;
      };
      try {
        ready ??= open();
        const opened = await ready;
        const response = await step<string>((resolve, reject) => {
          opened.send(envelope, message, onBodyLeaves).then(resolve, reject);
        });
        return { type: "accepted", response };
      } catch (error) {
        return { type: "failed", error: error as SmtpFailure, bodyLeft };
      }
    },
    quit() {
      const close = () => connection.close();
      if (session === null) close();
      else session.quit().then(close, close);
    },
    close: () => connection.close(),
  };
}

function assertIsPlain(message: Buffer): void {
  const end = message.toString("latin1", message.length - 2);
  if (end !== "\r\n" || message[0] === DOT || message.includes("\n.")) {
    throw new Error("a message for SMTP is made of whole lines, none of which begins with a dot");
  }
}
