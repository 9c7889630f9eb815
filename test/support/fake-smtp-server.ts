/** An SMTP server that misbehaves on demand: at every step of a session it can answer anything, fall silent or hang up. */

import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** `body` is the moment after the dot that ends a message. */
export type SmtpStep = "greeting" | "ehlo" | "auth" | "mail" | "rcpt" | "data" | "body" | "quit";

export interface Reaction {
  /** Written as it is, with a line end after it unless `raw` is true. */
  readonly reply?: string;
  readonly raw?: boolean;
  readonly hangsUp?: boolean;
}

/** Falls silent: the step is never answered. */
export const SILENCE: Reaction = {};
export const HANG_UP: Reaction = { hangsUp: true };

/** What happens at the first, second... time of a step; afterwards, or where it says null, all goes well. */
export type SmtpScript = Partial<Record<SmtpStep, readonly (Reaction | null)[]>>;

export interface FakeSmtpServer {
  readonly url: string;
  readonly port: number;
  /** Commands as they came, of all sessions. */
  readonly commands: readonly string[];
  /** Messages that came in whole, whatever was answered. */
  readonly messages: readonly string[];
  /** How many sessions there ever were, are open now, and were open at most. */
  readonly sessions: { total: number; open: number; most: number };
  stop(): Promise<void>;
}

const USUAL: Readonly<Record<SmtpStep, string>> = {
  greeting: "220 fake.example ready",
  ehlo: "250-fake.example\r\n250-PIPELINING\r\n250 AUTH PLAIN",
  auth: "235 welcome",
  mail: "250 sender noted",
  rcpt: "250 recipient noted",
  data: "354 go ahead",
  body: "250 queued",
  quit: "221 bye",
};
const STEP_OF: Readonly<Record<string, SmtpStep>> = {
  EHLO: "ehlo",
  AUTH: "auth",
  MAIL: "mail",
  RCPT: "rcpt",
  DATA: "data",
  QUIT: "quit",
};
const END_OF_MESSAGE = "\r\n.\r\n";

/** Starts a server that follows `script`, counted over all its sessions. */
export async function startFakeSmtpServer(script: SmtpScript = {}): Promise<FakeSmtpServer> {
  const commands: string[] = [];
  const messages: string[] = [];
  const sessions = { total: 0, open: 0, most: 0 };
  const sockets = new Set<Socket>();
  const times = new Map<SmtpStep, number>();

  /** Answers a step; returns what it said. */
  const react = (socket: Socket, step: SmtpStep): string => {
    const time = times.get(step) ?? 0;
    times.set(step, time + 1);
    const { reply, raw = false, hangsUp = false } = script[step]?.[time] ?? { reply: USUAL[step] };
    if (reply !== undefined) socket.write(raw ? reply : `${reply}\r\n`);
    if (hangsUp || step === "quit") socket.end();
    return reply ?? "";
  };

  const server = createServer((socket) => {
    let received = "";
    let isInMessage = false;
    let hasRecipient = false;
    socket.setNoDelay(true);
    sockets.add(socket);
    sessions.total += 1;
    sessions.open += 1;
    sessions.most = Math.max(sessions.most, sessions.open);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      sessions.open -= 1;
    });
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      for (let end = endOf(); end !== -1 && socket.writable; end = endOf()) take(end);
    });
    const endOf = () => received.indexOf(isInMessage ? END_OF_MESSAGE : "\r\n");
    const take = (end: number): void => {
      const text = received.slice(0, end);
      received = received.slice(end + (isInMessage ? END_OF_MESSAGE.length : 2));
      if (isInMessage) {
        isInMessage = false;
        messages.push(text);
        hasRecipient = false;
        react(socket, "body");
        return;
      }
      commands.push(text);
      const step = STEP_OF[text.slice(0, 4).toUpperCase()];
      if (step === undefined) throw new Error(`the fake SMTP server does not know ${text}`);
      // With pipelining DATA comes before the client knows that its recipient was refused.
      if (step === "data" && !hasRecipient) {
        socket.write("503 no recipient\r\n");
        return;
      }
      const said = react(socket, step);
      if (step === "rcpt") hasRecipient = said.startsWith("250");
      if (step === "data") isInMessage = said.startsWith("354");
    };
    react(socket, "greeting");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake SMTP server has no port");

  return {
    url: `smtp://127.0.0.1:${address.port}`,
    port: address.port,
    commands,
    messages,
    sessions,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      if (server.listening) await once(server, "close");
    },
  };
}
