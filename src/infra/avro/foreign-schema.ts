/**
 * Schemas that others registered are code for a decoder, so they are looked at before the library builds functions from
 * them: their size, their depth, and every word that becomes a property or is looked up as one.
 */
import type { Type } from "avsc";
import { writerType } from "./own-types.ts";

const MAX_TEXT_LENGTH = 131_072;
const MAX_DEPTH = 32;
const MAX_NODES = 5_000;
/** As the specification of Avro has it. */
const NAME_PART = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const NAMING = new Set(["name", "namespace", "aliases", "symbols"]);
/** What these hold is for people, or a value that is not looked into. */
const FREE = new Set(["doc", "default"]);

export type ForeignSchema =
  | { readonly type: "usable"; readonly writer: Type }
  | { readonly type: "unusable"; readonly reason: string };

/** The type of a schema text that anybody may have written. Never throws. */
export function foreignSchema(text: string): ForeignSchema {
  if (text.length > MAX_TEXT_LENGTH) return unusable(`it is longer than ${MAX_TEXT_LENGTH} characters`);
  try {
    const schema: unknown = JSON.parse(text);
    checkWords(schema);
    return { type: "usable", writer: writerType(schema) };
  } catch (error) {
    return unusable(error instanceof SyntaxError ? "it is not JSON" : (error as Error).message);
  }
}

function checkWords(schema: unknown): void {
  let nodes = 0;
  const visit = (node: unknown, isName: boolean, depth: number): void => {
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) throw new RangeError("it is too large");
    if (typeof node === "string") checkWord(node, isName);
    else if (Array.isArray(node)) for (const item of node) visit(item, isName, depth + 1);
    else if (typeof node === "object" && node !== null) {
      for (const [key, value] of Object.entries(node)) if (!FREE.has(key)) visit(value, NAMING.has(key), depth + 1);
    }
  };
  visit(schema, false, 0);
}

function checkWord(word: string, isName: boolean): void {
  const isBad = (part: string): boolean => part in {} || (isName && word !== "" && !NAME_PART.test(part));
  if (word.split(".").some(isBad)) throw new TypeError(`it has the word ${JSON.stringify(word.slice(0, 50))}`);
}

function unusable(reason: string): ForeignSchema {
  return { type: "unusable", reason };
}
