/** A mail server for end-to-end tests: takes every mail and remembers how often each Message-ID came. */
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

export interface MailSink {
  readonly url: string;
  /** How many times each Message-ID was delivered. */
  readonly deliveries: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** @param port where it listens; a free one where it is 0. */
export async function startMailSink(port = 0): Promise<MailSink> {
  const deliveries = new Map<string, number>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    onData(stream, _session, done) {
      let text = "";
      stream.setEncoding("latin1");
      stream.on("data", (chunk: string) => {
        text += chunk;
      });
      stream.on("end", () => {
        const messageId = /^message-id: *(<[^>]+>)/im.exec(text)?.[1] ?? "none";
        deliveries.set(messageId, (deliveries.get(messageId) ?? 0) + 1);
        done();
      });
    },
  });
  // A client that is killed resets its connections; that is what these tests are for.
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const { port: taken } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${taken}`,
    deliveries,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
