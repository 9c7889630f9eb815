/**
 * Sends mails over an SMTP session that is already open and logged in: the envelope in one write where the server
 * allows it (RFC 2920), and each body in one write. The body leaves only after the server has accepted the sender and
 * the recipient and has asked for it. Nothing is retried here: whatever fails ends the session.
 */
import type { Socket } from "node:net";
import type { SmtpFailure } from "./smtp-outcome.ts";

export interface Envelope {
  readonly from: string;
  readonly to: string;
}

interface Reply {
  readonly code: number;
  readonly text: string;
}

/** What went wrong, in nodemailer's words for it. */
export class SmtpReplyError extends Error implements SmtpFailure {
  readonly code: SmtpFailure["code"];
  readonly command: string;
  readonly response: string;
  readonly responseCode: number;

  constructor(code: "EENVELOPE" | "EMESSAGE" | "EPROTOCOL", command: string, reply: Reply) {
    super(`${command} failed: ${reply.text}`);
    this.code = code;
    this.command = command;
    this.response = reply.text;
    this.responseCode = reply.code;
  }
}

export interface SmtpSession {
  /**
   * Sends one message, one at a time: whole lines, none of which begins with a dot. Resolves with the server's words
   * once it has taken the message.
   * @param onBodyLeaves called right before the body is written
   */
  send(envelope: Envelope, message: Buffer, onBodyLeaves: () => void): Promise<string>;
  /** Resolves when the server has answered QUIT. */
  quit(): Promise<void>;
}

type Step = "MAIL FROM" | "RCPT TO" | "DATA" | "body" | "QUIT";

interface Transaction {
  /** What the coming replies answer, in order. */
  readonly awaited: Step[];
  /** Commands that wait for the reply to the one before. */
  readonly unsent: string[];
  readonly message: Buffer;
  readonly onBodyLeaves: () => void;
  readonly resolve: (text: string) => void;
  readonly reject: (error: SmtpReplyError) => void;
}

const END_OF_MESSAGE = Buffer.from(".\r\n", "latin1");
const NO_MESSAGE = Buffer.alloc(0);
const REPLY_LINE = /^([2-5]\d\d)(?:([ -])|$)/;
const LONGEST_REPLY = 65_536;

/** Takes over reading from the socket; errors and the end of the connection stay with whoever opened it. */
export function createSmtpSession(socket: Socket, isPipelining: boolean): SmtpSession {
  let current: Transaction | null = null;
  let pending = "";
  let firstLines = "";

  const fail = (code: "EENVELOPE" | "EMESSAGE" | "EPROTOCOL", command: string, reply: Reply): void => {
    const { reject } = current ?? { reject: () => socket.destroy() };
    current = null;
    reject(new SmtpReplyError(code, command, reply));
  };

  const onReply = (reply: Reply): void => {
    const step = current?.awaited.shift();
    if (current === null || step === undefined) {
      fail("EPROTOCOL", "CONN", reply);
      return;
    }
    if (step === "QUIT" || (step === "body" && reply.code < 300)) {
      const { resolve } = current;
      current = null;
      resolve(reply.text);
      return;
    }
    const isAccepted = step === "DATA" ? reply.code === 354 : step !== "body" && reply.code < 300;
    if (!isAccepted) {
      if (step === "body") fail("EMESSAGE", "DATA", reply);
      else fail("EENVELOPE", step, reply);
      return;
    }
    if (step === "DATA") {
      // What follows in the same breath cannot be about a body that it has not got: the body stays here.
      if (pending === "") sendBody(current);
      else fail("EPROTOCOL", "CONN", reply);
      return;
    }
    const command = current.unsent.shift();
    if (command !== undefined) socket.write(command, "latin1");
  };

  const sendBody = ({ awaited, message, onBodyLeaves }: Transaction): void => {
    awaited.push("body");
    onBodyLeaves();
    socket.write(Buffer.concat([message, END_OF_MESSAGE]));
  };

  const onLine = (line: string): void => {
    const [, code, mark] = REPLY_LINE.exec(line) ?? [];
    const text = firstLines + line;
    firstLines = mark === "-" ? `${text}\n` : "";
    if (code === undefined) fail("EPROTOCOL", "CONN", { code: 0, text });
    else if (mark !== "-") onReply({ code: Number(code), text });
  };

  socket.on("data", (chunk: Buffer) => {
    pending += chunk.toString("utf8");
    for (let end = pending.indexOf("\n"); end !== -1; end = pending.indexOf("\n")) {
      const line = pending.slice(0, end).replace(/\r$/, "");
      pending = pending.slice(end + 1);
      onLine(line);
    }
    if (pending.length + firstLines.length > LONGEST_REPLY) {
      fail("EPROTOCOL", "CONN", { code: 0, text: "a reply without an end" });
    }
  });

  const run = async (steps: Step[], commands: string[], message: Buffer = NO_MESSAGE, onBodyLeaves = () => {}) =>
    await new Promise<string>((resolve, reject) => {
      const unsent = isPipelining ? [commands.join("")] : commands;
      current = { awaited: steps, unsent, message, onBodyLeaves, resolve, reject };
      socket.write(unsent.shift() ?? "", "latin1");
    });

  return {
    async send(envelope, message, onBodyLeaves) {
      const commands = [`MAIL FROM:<${envelope.from}>\r\n`, `RCPT TO:<${envelope.to}>\r\n`, "DATA\r\n"];
      return await run(["MAIL FROM", "RCPT TO", "DATA"], commands, message, onBodyLeaves);
    },
    async quit() {
      await run(["QUIT"], ["QUIT\r\n"]);
    },
  };
}
