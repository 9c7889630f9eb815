/**
 * The one reader of bodies: JSON in UTF-8, without `__proto__` or `constructor` tricks. Bytes that are not UTF-8 are
 * refused instead of being replaced, and numbers are not rounded, so that what is stored is what was sent. An empty body is
 * no body.
 */
import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { mayHoldRoundedNumbers, parseJson } from "../schemas/exact-json.ts";
import { Problem } from "./problems.ts";

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/gi;

/** Reads the bytes of a body; `done` gets a Problem where they are not what is asked for. */
export type JsonReader = (
  request: FastifyRequest,
  body: Buffer,
  done: (error: Problem | null, value?: unknown) => void,
) => void;

/** Makes `app` read bodies of the type application/json, and refuse every other type. */
export function acceptOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, createJsonReader(app));
}

/** Makes the routes of a plugin get the bytes of a body of the type application/json as they came, to check who sent them. */
export function keepJsonBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}

export function createJsonReader(app: FastifyInstance): JsonReader {
  const parse = app.getDefaultJsonParser("error", "error");
  return (request, body, done) => {
    if (!saysUtf8(request.headers["content-type"])) {
      done(new Problem("unsupported_media_type", "Send the body as application/json in UTF-8."));
    } else if (body.length === 0) {
      done(null, undefined);
    } else if (!isUtf8(body)) {
      done(new Problem("invalid_json", "the body is not valid UTF-8"));
    } else {
      const text = body.toString();
      void parse(request, text, (error, value) => {
        if (error !== null) done(invalidJson(text));
        else if (!mayHoldRoundedNumbers(text)) done(null, value);
        else readAgain(text, done);
      });
    }
  };
}

/** Reads what the secure parser has found to be harmless once more, with its numbers as they are written. */
function readAgain(text: string, done: Parameters<JsonReader>[2]): void {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    done(new Problem("invalid_json", "the body is nested too deeply"));
    return;
  }
  done(null, value);
}

/** JSON is UTF-8 by definition, so a charset may only repeat that. */
function saysUtf8(contentType = ""): boolean {
  return [...contentType.matchAll(CHARSET)].every(([, charset = ""]) => /^utf-?8$/i.test(charset));
}

/** The secure parser refuses both with one error; whether the plain one can read the text tells them apart. */
function invalidJson(text: string): Problem {
  try {
    JSON.parse(text);
  } catch {
    return new Problem("invalid_json", "the body is not valid JSON");
  }
  return new Problem("invalid_json", "a key such as __proto__ or constructor is not allowed");
}
