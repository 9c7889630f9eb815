/** Reads a server-sent event stream over a real socket, message by message, as an EventSource would. */
import { type ClientRequest, get, type IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";

export interface StreamedMessage {
  readonly id?: string;
  readonly event?: string;
  readonly retry?: string;
  readonly comment?: string;
  /** The parsed `data`. */
  readonly data?: unknown;
}

export interface OpenedStream {
  readonly response: IncomingMessage;
  /** The next block of the stream, comments included; null once the response ended. */
  next(): Promise<StreamedMessage | null>;
  /** Every block up to the end of the response. */
  rest(): Promise<readonly StreamedMessage[]>;
  close(): void;
}

/** Opens a stream and resolves with the answer's head. With `paused` nothing of the body is ever read. */
export async function openStream(
  url: string,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly paused?: boolean } = {},
): Promise<OpenedStream> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request: ClientRequest = get(url, { headers: options.headers ?? {}, agent: false }, resolve);
  request.on("error", reject);
  onTestFinished(() => void request.destroy());
  const response = await promise;
  response.on("error", () => {});
  const blocks = options.paused === true ? null : readBlocks(response);
  const next = async (): Promise<StreamedMessage | null> => (await blocks?.next())?.value ?? null;
  return {
    response,
    next,
    async rest() {
      const all: StreamedMessage[] = [];
      for (let block = await next(); block !== null; block = await next()) all.push(block);
      return all;
    },
    close: () => void request.destroy(),
  };
}

async function* readBlocks(response: IncomingMessage): AsyncGenerator<StreamedMessage, null> {
  let text = "";
  response.setEncoding("utf8");
  try {
    for await (const chunk of response) {
      const blocks = `${text}${String(chunk)}`.split("\n\n");
      text = blocks.pop() ?? "";
      yield* blocks.map(parseBlock);
    }
  } catch {
    // The server dropped the connection: for a reader that is an end like any other.
  }
  return null;
}

function parseBlock(block: string): StreamedMessage {
  const fields = block.split("\n").map((line): [string, unknown] => {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon) || "comment";
    const value = line.slice(colon + 1).trimStart();
    return [name, name === "data" ? JSON.parse(value) : value];
  });
  return Object.fromEntries(fields);
}
