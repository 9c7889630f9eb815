/** The bench's side of its mail server: starts it, and lets one wait for the mail of an order. */
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "./child.ts";

const SCRIPT = fileURLToPath(new URL("./smtp-sink.ts", import.meta.url));

export interface Sink {
  readonly url: string;
  readonly pid: number;
  /** How many different mails came in. */
  distinctMails(): number;
  /** How many mails came in under a Message-ID that had come in before. */
  repeatedMails(): number;
  /** Resolves with the time at which the order's mail came in. Ask before the mail can have been sent. */
  mailOf(orderId: string, timeoutMs: number): Promise<number>;
  /** Settles when the process is gone; tells how it ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export async function startSink(): Promise<Sink> {
  const waiting = new Map<string, (receivedAtMs: number) => void>();
  let distinct = 0;
  let repeated = 0;
  const onLine = (line: string): void => {
    const [orderId = "", receivedAtMs, times] = line.split(" ");
    if (times !== "1") {
      repeated += 1;
      return;
    }
    distinct += 1;
    waiting.get(orderId)?.(Number(receivedAtMs));
    waiting.delete(orderId);
  };
  const child: Child = await startChild({
    name: "the SMTP sink",
    args: [SCRIPT],
    ready: /^listening on (\d+)$/,
    onLine,
  });
  return {
    url: `smtp://127.0.0.1:${child.ready}`,
    pid: child.pid,
    distinctMails: () => distinct,
    repeatedMails: () => repeated,
    mailOf(orderId, timeoutMs) {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const timer = setTimeout(() => {
        waiting.delete(orderId);
        reject(new Error(`no mail within ${timeoutMs} ms`));
      }, timeoutMs);
      waiting.set(orderId, (receivedAtMs) => {
        clearTimeout(timer);
        resolve(receivedAtMs);
      });
      return promise;
    },
    ended: child.ended,
    stop: () => child.stop(),
  };
}
