/**
 * The SMTP side of the dev inbox: takes any mail without login, and answers 250 once it is durable. Mails that arrive
 * while one transaction is written share the next one.
 */
import { SMTPServer, type SMTPServerDataStream } from "smtp-server";
import type { ReceivedMail } from "./inbox-store.ts";

const LARGEST_MAIL_BYTES = 1024 * 1024;
const MOST_CLIENTS = 200;
/** How long open sessions may go on once the inbox stops. */
const CLOSE_MS = 500;

export interface InboxSmtp {
  /** Resolves with the port it listens on; rejects with the system's error. */
  listen(port: number, host: string): Promise<number>;
  close(): Promise<void>;
}

/** `store` stores mails together and returns the id of the first. What it throws becomes a temporary refusal. */
export function createInboxSmtp(store: (mails: readonly ReceivedMail[]) => number): InboxSmtp {
  type Waiting = { readonly mail: ReceivedMail; readonly answer: (error: Error | null, text?: string) => void };
  let waiting: Waiting[] = [];

  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    try {
      const firstId = store(batch.map(({ mail }) => mail));
      for (const [i, { answer }] of batch.entries()) answer(null, `stored as ${firstId + i}`);
    } catch (error) {
      const refusal = Object.assign(new Error(`cannot store mails now: ${(error as Error).message}`), {
        responseCode: 451,
      });
      for (const { answer } of batch) answer(refusal);
    }
  };

  const server = new SMTPServer({
    banner: "Orderloom dev inbox",
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    size: LARGEST_MAIL_BYTES,
    rejectOversized: true,
    maxClients: MOST_CLIENTS,
    maxRecipients: 100,
    closeTimeout: CLOSE_MS,
    onConnect: (_session, callback) => callback(),
    onMailFrom: (_address, _session, callback) => callback(),
    onRcptTo: (_address, _session, callback) => callback(),
    onData(stream, session, callback) {
      const recipient = session.envelope.rcptTo[0]?.address ?? "";
      collect(stream, (raw) => {
        // Oversized: the server refuses it itself.
        if (raw === null) return callback();
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ mail: { raw, recipient, receivedAtMs: Date.now() }, answer: callback });
      });
    },
  });

  return {
    async listen(port, host) {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      server.once("error", reject);
      const listener = server.listen(port, host, () => {
        server.off("error", reject);
        // From here on errors are about single sessions: a client that vanished is of no concern to others.
        server.on("error", () => {});
        const address = listener.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
      return await promise;
    },
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(resolve);
      await promise;
      if (waiting.length > 0) flush();
    },
  };
}

/** Reads a mail to its end; null when it was too large to be kept. */
function collect(stream: SMTPServerDataStream, done: (raw: Buffer | null) => void): void {
  let chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => {
    if (stream.sizeExceeded) chunks = [];
    else chunks.push(chunk);
  });
  stream.on("end", () => done(stream.sizeExceeded ? null : Buffer.concat(chunks)));
}
