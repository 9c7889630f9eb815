/**
 * A view's document as it is stored: its JSON as text, so that it reads back exactly whatever its keys are, and beside
 * it, typed, the fields that listings filter and sort by. Listings compare text by its bytes.
 */
import type { Filter, Long } from "mongodb";
import type { ViewDefinition, ViewDocument, ViewQuery } from "../../actors/ports.ts";
import { exactInteger } from "./exact-integers.ts";

type Fields = ViewDefinition["fields"];
type StoredValue = string | number | Long;

export interface ViewDocumentRecord {
  readonly _id: string;
  readonly document: string;
  /** Fields without a value are left out. */
  readonly fields: Readonly<Record<string, StoredValue>>;
}

/** @throws Error when a field's value is of another type than the definition says. */
export function viewRecord(id: string, document: ViewDocument, fields: Fields): ViewDocumentRecord {
  const values: Record<string, StoredValue> = {};
  for (const field of Object.keys(fields)) {
    const value = document[field] ?? null;
    if (value !== null) values[field] = fieldValue(fields, field, value);
  }
  return { _id: id, document: JSON.stringify(document), fields: values };
}

export function documentOf(text: string): ViewDocument {
  return JSON.parse(text) as ViewDocument;
}

/** The filter of a listing; documents without the sort field are no part of it. */
export function listingFilter(
  { where, sortBy, direction, until, after }: ViewQuery,
  fields: Fields,
): Filter<ViewDocumentRecord> {
  const isEqual = Object.entries(where).map(([field, value]) => ({
    [`fields.${field}`]: { $eq: fieldValue(fields, field, value) },
  }));
  const [from, to] = direction === "ascending" ? [after?.value, until] : [until, after?.value];
  // Values of another type are never in a range, nor are documents without a value.
  const lowest = typeOf(fields, sortBy) === "text" ? "" : Number.MIN_SAFE_INTEGER;
  const isInRange = {
    [`fields.${sortBy}`]: {
      $gte: fieldValue(fields, sortBy, from ?? lowest),
      ...(to === undefined ? {} : { $lte: fieldValue(fields, sortBy, to) }),
    },
  };
  if (after === undefined) return { $and: [...isEqual, isInRange] };
  // The range includes the value that the page before ended at: of its documents only those after the last one are left.
  const isBeyond = [
    { [`fields.${sortBy}`]: { $ne: fieldValue(fields, sortBy, after.value) } },
    { _id: { [direction === "ascending" ? "$gt" : "$lt"]: after.id } },
  ];
  return { $and: [...isEqual, isInRange, { $or: isBeyond }] };
}

/** The value as it is stored; one of another type than the definition says is a bug. */
function fieldValue(fields: Fields, field: string, value: unknown): StoredValue {
  const type = typeOf(fields, field);
  if (type === "text" && typeof value === "string") return value;
  if (type === "integer" && Number.isSafeInteger(value)) return exactInteger(value as number);
  throw new Error(`the field "${field}" of a view is not of type ${type}`);
}

function typeOf(fields: Fields, field: string): "text" | "integer" {
  const type = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (type === undefined) throw new Error(`a view has no field "${field}"`);
  return type;
}
