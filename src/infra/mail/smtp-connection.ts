/**
 * One SMTP session of nodemailer, used directly: its transports compose, copy and re-parse a message that is already
 * whole, which costs twice the CPU. Adds the one fact they do not tell: whether the body had begun to leave.
 */
import { Readable } from "node:stream";
import NodemailerConnection, { type SMTPError } from "nodemailer/lib/smtp-connection";
import type { Delivery } from "./smtp-outcome.ts";
import type { SmtpServer } from "./smtp-url.ts";

export interface SmtpTimeouts {
  /** From the name look-up to the end of the TCP and TLS handshakes. */
  readonly connectMs: number;
  readonly greetingMs: number;
  /** Silence of the server. */
  readonly socketMs: number;
}

export interface Envelope {
  readonly from: string;
  readonly to: string;
}

export interface SmtpConnection {
  /** Sends one message, connecting first if need be. One at a time. Never rejects: a failure is a delivery too. */
  send(envelope: Envelope, message: Buffer): Promise<Delivery>;
  /** Says goodbye; the session ends when the server has answered. */
  quit(): void;
  /** Hangs up. A send in progress ends as a failure. */
  close(): void;
}

/** A session that connects on its first send. `onEnd` is called once, when a session that was opened is over. */
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
  let fail: ((error: SMTPError) => void) | null = null;
  let lastError: SMTPError | null = null;
  let ready: Promise<void> | null = null;

  connection.on("error", (error: SMTPError) => {
    lastError = error;
    fail?.(error);
  });
  connection.once("end", () => {
    onEnd();
    // After a 421 the callback of the send comes right behind, with the server's own words.
    setImmediate(() => fail?.(lastError ?? new Error("the connection was closed")));
  });

  /** Runs one step of the session; rejects when the session ends before the step calls back. */
  const step = async <Result>(run: (done: (error: SMTPError | null | undefined, result?: Result) => void) => void) =>
    await new Promise<Result | undefined>((resolve, reject) => {
      fail = reject;
      run((error, result) => (error ? reject(error) : resolve(result)));
    }).finally(() => {
      fail = null;
    });

  const open = async (): Promise<void> => {
    await step<void>((done) => connection.connect(done));
    const { login } = server;
    if (login === null || !connection.allowsAuth) return;
    await step<boolean>((done) => connection.login({ user: login.user, pass: login.password }, done));
  };

  /** Makes the body and the dot after it one write and one packet: a fifth of the CPU of a mail. */
  const cork = (): void => {
    // oxlint-disable-next-line no-underscore-dangle -- documented as public
    const socket = connection._socket;
    if (!socket) return;
    socket.cork();
    setImmediate(() => socket.uncork());
  };

  return {
    async send(envelope, message) {
      let bodyLeft = false;
      // It is read once the server has answered DATA, and not before.
      const body = new Readable({
        read() {
          bodyLeft = true;
          cork();
          this.push(message);
          this.push(null);
        },
      });
      try {
        ready ??= open();
        await ready;
        const info = await step<{ response: string }>((done) => connection.send({ ...envelope }, body, done));
        return { type: "accepted", response: info?.response ?? "" };
      } catch (error) {
        return { type: "failed", error: error as SMTPError, bodyLeft };
      }
    },
    quit: () => connection.quit(),
    close: () => connection.close(),
  };
}
