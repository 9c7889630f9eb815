/** A schema registry on loopback as its clients see one, which remembers what it was asked and misbehaves on demand. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { Clock } from "../../src/actors/ports.ts";
import { systemClock } from "../../src/infra/system-clock.ts";

const LONGEST_PAUSE_MS = 1_000;

export interface FakeRegistry {
  readonly url: string;
  /** Each request as `GET /schemas/ids/1`, in order. */
  readonly requests: readonly string[];
  readonly authorizations: readonly (string | undefined)[];
  readonly compatibility: ReadonlyMap<string, string>;
  readonly subjects: ReadonlyMap<string, number>;
  /** Subjects whose schemas it refuses. */
  readonly refused: Set<string>;
  /** Subjects whose next schema it answers with a conflict, as when somebody else registers it at the same time. */
  readonly contested: Set<string>;
  /** Adds a schema and returns its id. */
  add(schema: unknown, extras?: Readonly<Record<string, unknown>>): number;
  /** From now on: works, answers this to everything, or takes requests and never answers. */
  behave(how: "well" | "silently" | { readonly status: number; readonly body?: string }): void;
}

export async function startFakeRegistry(): Promise<FakeRegistry> {
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const answers = new Map<number, Readonly<Record<string, unknown>>>();
  const compatibility = new Map<string, string>();
  const subjects = new Map<string, number>();
  const refused = new Set<string>();
  const contested = new Set<string>();
  let behaviour: Parameters<FakeRegistry["behave"]>[0] = "well";

  const add = (schema: unknown, extras: Readonly<Record<string, unknown>> = {}): number => {
    const known = JSON.stringify(schema);
    const earlier = [...answers].find(([, answer]) => answer["schema"] === known);
    const id = earlier?.[0] ?? answers.size + 1;
    answers.set(id, { schema: known, ...extras });
    return id;
  };

  const answer = async (request: IncomingMessage): Promise<[status: number, body: unknown]> => {
    const [, kind = "", name = "", third = ""] = String(request.url).split("/").map(decodeURIComponent);
    const body = request.method === "GET" ? {} : (JSON.parse(await text(request)) as Record<string, string>);
    if (kind === "schemas") {
      const found = answers.get(Number(third));
      return found ? [200, found] : [404, { error_code: 40_403, message: "Schema not found" }];
    }
    if (kind === "config") {
      compatibility.set(name, String(body["compatibility"]));
      return [200, body];
    }
    if (kind !== "subjects") return [404, { error_code: 404, message: "HTTP 404 Not Found" }];
    if (refused.has(name)) return [409, { error_code: 409, message: "an earlier schema has no such field" }];
    if (contested.delete(name)) return [409, { error_code: 409, message: "it exists already" }];
    const id = add(JSON.parse(String(body["schema"])));
    subjects.set(name, id);
    return [200, { id }];
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(`${request.method} ${request.url}`);
    authorizations.push(request.headers.authorization);
    if (behaviour === "silently") return;
    const [status, body] = behaviour === "well" ? await answer(request) : [behaviour.status, behaviour.body ?? "{}"];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorizations,
    compatibility,
    subjects,
    refused,
    contested,
    add,
    behave(how) {
      behaviour = how;
    },
  };
}

/** A clock on which pauses before another attempt take a moment, and deadlines as long as told. */
export function impatientClock(deadlineMs = 10_000): Clock {
  const schedule: Clock["schedule"] = (delayMs, callback) =>
    systemClock.schedule(delayMs > LONGEST_PAUSE_MS ? deadlineMs : delayMs / 100, callback);
  return { ...systemClock, schedule };
}

export const SILENT_METRICS = { roundTrip(): void {} };
