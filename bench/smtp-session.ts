/**
 * One session of a small, fast SMTP server (RFC 5321 with PIPELINING and 8BITMIME) that takes every mail and keeps
 * only its header. It exists because a full server costs more CPU than the sender that is measured.
 */
import type { Socket } from "node:net";

const MAX_MAIL_BYTES = 1_048_576;
const MAX_COMMAND_BYTES = 1_024;
const END_OF_DATA = "\r\n.\r\n";
const EMPTY = Buffer.alloc(0);

/** Serves a connection. `onMail` gets the header of each whole mail before its sender gets the answer. */
export function serveSmtp(socket: Socket, onMail: (header: string) => void): void {
  let pending: Buffer = EMPTY;
  /** Where the search for the end of the data goes on. */
  let searchFrom = 0;
  let state: "idle" | "hasSender" | "hasRecipient" | "data" = "idle";

  const answer = (command: string): string => {
    switch (command.slice(0, 4).toUpperCase()) {
      case "EHLO":
        return "250-bench\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1048576\r\n";
      case "HELO":
        return "250 bench\r\n";
      case "MAIL":
        if (state !== "idle") return "503 a mail is under way\r\n";
        state = "hasSender";
        return "250 ok\r\n";
      case "RCPT":
        if (state === "idle") return "503 MAIL first\r\n";
        state = "hasRecipient";
        return "250 ok\r\n";
      case "DATA":
        if (state !== "hasRecipient") return "503 RCPT first\r\n";
        state = "data";
        return "354 go on\r\n";
      case "RSET":
        state = "idle";
        return "250 ok\r\n";
      case "NOOP":
        return "250 ok\r\n";
      case "QUIT":
        return "221 bye\r\n";
      default:
        return "502 not known here\r\n";
    }
  };

  /** Takes one command or one mail off the front of `pending`; null when it is not whole yet. */
  const takeOne = (): string | null => {
    if (state !== "data") {
      const end = pending.indexOf("\r\n");
      if (end < 0) return pending.length > MAX_COMMAND_BYTES ? "500 the line is too long\r\n" : null;
      const reply = answer(pending.toString("latin1", 0, end));
      pending = pending.subarray(end + 2);
      searchFrom = 0;
      return reply;
    }
    // Without any line, the data is only its closing dot.
    const isEmpty = pending.toString("latin1", 0, 3) === ".\r\n";
    const end = isEmpty ? -2 : pending.indexOf(END_OF_DATA, searchFrom);
    if (end === -1) {
      searchFrom = Math.max(0, pending.length - END_OF_DATA.length);
      return pending.length > MAX_MAIL_BYTES ? "552 the mail is too large\r\n" : null;
    }
    onMail(headerOf(pending.subarray(0, Math.max(0, end))));
    pending = pending.subarray(end + END_OF_DATA.length);
    state = "idle";
    return "250 ok\r\n";
  };

  const onData = (chunk: Buffer): void => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    let replies = "";
    for (let reply = takeOne(); reply !== null; reply = takeOne()) {
      replies += reply;
      if (!/^(221|500|552)/.test(reply)) continue;
      socket.end(replies);
      socket.off("data", onData);
      return;
    }
    if (replies !== "") socket.write(replies, "latin1");
  };

  socket.setNoDelay(true);
  socket.on("data", onData);
  socket.on("error", () => socket.destroy());
  socket.write("220 bench ESMTP\r\n");
}

/** The header with its stuffed dots removed. */
function headerOf(mail: Buffer): string {
  const end = mail.indexOf("\r\n\r\n");
  return mail.toString("latin1", 0, end < 0 ? mail.length : end).replace(/^\./gm, "");
}
