/**
 * Checks each part of a request with a compiled TypeBox schema: about as cheap as a check gets, and the same
 * schemas read the topics. Nothing in a body is converted or dropped: the string "2" is no quantity. Only query
 * strings, which are all text, have the numbers that their schema asks for.
 */
import type { FastifySchemaCompiler } from "fastify";
import type { TObject, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import type { ErrorCode } from "../domain/error-codes.ts";
import { roundedNumberAt } from "../schemas/exact-json.ts";
import { type FieldError, Problem } from "./problems.ts";

const PART_NAMES: Readonly<Record<string, string>> = {
  body: "The body does",
  querystring: "The query string does",
  headers: "The headers do",
};
/** A malformed id in a path names nothing, so it is answered like an unknown one. */
const NOT_FOUND: Readonly<Record<string, ErrorCode>> = {
  orderId: "order_not_found",
  paymentId: "payment_not_found",
  mailId: "mail_not_found",
  letterId: "dead_letter_not_found",
  keyId: "key_not_found",
};
/** Numbers that no schema allows are read, too, so that the answer can say that they are too small or too large. */
const NUMBER = /^-?\d{1,30}(?:\.\d{1,9})?(?:e[+-]?\d{1,2})?$/i;
const MAX_POINTER_LENGTH = 200;
/** A longer list of words does not help whoever reads an answer. */
const MAX_LISTED_VALUES = 20;

export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const numbers = httpPart === "querystring" ? numericProperties(schema) : [];
  return (value: unknown) => {
    for (const name of numbers) convertNumber(value as Record<string, unknown>, name);
    if (validator.Check(value)) return true;
    if (httpPart === "params") return { error: notFound(validator.Errors(value)) };
    return { error: invalidRequest(httpPart, fieldErrors(schema, value, validator.Errors(value))) };
  };
};

function invalidRequest(httpPart = "", errors: readonly FieldError[]): Problem {
  const part = PART_NAMES[httpPart] ?? "The request does";
  const [first] = errors;
  const which = first === undefined ? "" : `: ${`${first.pointer} ${first.detail}`.trimStart()}`;
  return new Problem("invalid_request", `${part} not match the schema${which}`, { errors });
}

function notFound([error]: readonly TLocalizedValidationError[]): Problem {
  const parameter = error?.instancePath.slice(1) ?? "";
  return new Problem(NOT_FOUND[parameter] ?? "route_not_found", "The address does not have the form of an id.");
}

function numericProperties(schema: TSchema): string[] {
  const properties = Object.entries((schema as TObject).properties);
  return properties
    .filter(([, property]) => ["integer", "number"].includes((property as { readonly type?: string }).type ?? ""))
    .map(([name]) => name);
}

function convertNumber(query: Record<string, unknown>, name: string): void {
  const text = query[name];
  if (typeof text === "string" && NUMBER.test(text)) query[name] = Number(text);
}

/** The first thing that is wrong with each field, in words that do not need the schema beside them. */
function fieldErrors(
  schema: TSchema,
  value: unknown,
  errors: readonly TLocalizedValidationError[],
): readonly FieldError[] {
  const byPointer = new Map<string, FieldError>();
  for (const { pointer, detail } of errors.flatMap((error) => describe(schema, value, error))) {
    if (!byPointer.has(pointer)) byPointer.set(pointer, { pointer: pointer.slice(0, MAX_POINTER_LENGTH), detail });
  }
  return [...byPointer.values()];
}

function describe(schema: TSchema, value: unknown, error: TLocalizedValidationError): readonly FieldError[] {
  const { instancePath: pointer } = error;
  // Each unknown field fails the schema `false`; the entry that names them all again is left out.
  if (error.keyword === "boolean") return [{ pointer, detail: "is not a known field" }];
  if (error.keyword === "additionalProperties") return [];
  if (error.keyword === "required") {
    return error.params.requiredProperties.map((field) => ({ pointer: `${pointer}/${field}`, detail: "is required" }));
  }
  if (error.keyword === "pattern") {
    return [{ pointer, detail: `does not have the right form: ${descriptionAt(schema, error.schemaPath)}` }];
  }
  if (error.keyword === "enum") {
    const { allowedValues } = error.params;
    const detail =
      allowedValues.length <= MAX_LISTED_VALUES
        ? `must be one of ${allowedValues.join(", ")}`
        : `is none of the allowed values: ${descriptionAt(schema, error.schemaPath)}`;
    return [{ pointer, detail }];
  }
  // Only a body can be anything else than an object.
  if (error.keyword === "type" && pointer === "") return [{ pointer, detail: "the body must be an object" }];
  return [{ pointer, detail: roundedNumberAt(value, pointer) ?? error.message }];
}

/** The description of the schema at `path`, a pointer such as `#/properties/customer/properties/email`. */
function descriptionAt(schema: TSchema, path: string): string {
  let place: unknown = schema;
  for (const step of path.split("/").slice(1)) place = (place as Readonly<Record<string, unknown>> | undefined)?.[step];
  const description = (place as { readonly description?: unknown } | undefined)?.description;
  return typeof description === "string" ? description : "see the schema";
}
