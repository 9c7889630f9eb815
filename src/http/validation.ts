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
import { type FieldError, Problem } from "./problems.ts";

const PART_NAMES: Readonly<Record<string, string>> = {
  body: "The body does",
  querystring: "The query string does",
  headers: "The headers do",
};
/** A malformed id in a path names nothing, so it is answered like an unknown one. */
const NOT_FOUND: Readonly<Record<string, ErrorCode>> = { orderId: "order_not_found", mailId: "mail_not_found" };
const MAX_ERRORS = 20;
const MAX_POINTER_LENGTH = 200;

export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const numbers = httpPart === "querystring" ? numericProperties(schema) : [];
  return (value: unknown) => {
    for (const name of numbers) convertNumber(value as Record<string, unknown>, name);
    if (validator.Check(value)) return true;
    const errors = validator.Errors(value).flatMap((error) => fieldErrors(schema, error)).slice(0, MAX_ERRORS);
    return { error: httpPart === "params" ? notFound(schema) : invalidRequest(PART_NAMES[httpPart ?? ""] ?? "The request does", errors) };
  };
};

function invalidRequest(part: string, errors: readonly FieldError[]): Problem {
  const [first] = errors;
  const which = first === undefined ? "" : `: ${first.pointer} ${first.detail}`;
  return new Problem("invalid_request", `${part} not match the schema${which}`, { errors });
}

function notFound(schema: TSchema): Problem {
  const [parameter = ""] = Object.keys((schema as TObject).properties);
  return new Problem(NOT_FOUND[parameter] ?? "route_not_found", "The address does not have the form of an id.");
}

function numericProperties(schema: TSchema): string[] {
  const properties = Object.entries((schema as TObject).properties);
  return properties.filter(([, property]) => ["integer", "number"].includes((property as { readonly type?: string }).type ?? "")).map(([name]) => name);
}

function convertNumber(query: Record<string, unknown>, name: string): void {
  const text = query[name];
  if (typeof text === "string" && /^\d{1,15}(?:\.\d{1,9})?$/.test(text)) query[name] = Number(text);
}

/** One entry for each field that is wrong, in words that do not need the schema beside them. */
function fieldErrors(schema: TSchema, error: TLocalizedValidationError): readonly FieldError[] {
  const at = (field: string, detail: string): FieldError => ({
    pointer: `${error.instancePath}${field === "" ? "" : `/${escapePointer(field)}`}`.slice(0, MAX_POINTER_LENGTH),
    detail,
  });
  switch (error.keyword) {
    // Each unknown field also fails the schema `false`; the entry for the object names them all.
    case "boolean":
      return [];
    case "additionalProperties":
      return error.params.additionalProperties.slice(0, MAX_ERRORS).map((field) => at(field, "is not a known field"));
    case "required":
      return error.params.requiredProperties.map((field) => at(field, "is required"));
    case "pattern":
      return [at("", `does not have the right form: ${descriptionAt(schema, error.schemaPath)}`)];
    case "enum":
      return [at("", `must be one of ${error.params.allowedValues.join(", ")}`)];
    default:
      return [at("", error.message)];
  }
}

function escapePointer(field: string): string {
  return field.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The description of the schema at `path`, a pointer such as `#/properties/customer/properties/email`. */
function descriptionAt(schema: TSchema, path: string): string {
  let place: unknown = schema;
  for (const step of path.split("/").slice(1)) place = (place as Readonly<Record<string, unknown>> | undefined)?.[step];
  const description = (place as { readonly description?: unknown } | undefined)?.description;
  return typeof description === "string" ? description : "see the schema";
}
