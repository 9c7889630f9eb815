/**
 * Changes of a schema, version by version, and whether FULL_TRANSITIVE allows the last of them. The check of this
 * project and the schema registry are asked about the same ones.
 */
type Field = Readonly<Record<string, unknown>>;

const field = (name: string, type: unknown, extras: Field = {}): Field => ({ name, type, ...extras });
const record = (fields: readonly Field[], name = "orderloom.inbox.Sample"): Field => ({ type: "record", name, fields });
const array = (items: unknown): Field => ({ type: "array", items });
const words = (symbols: readonly string[], extras: Field = {}): Field => ({
  type: "enum",
  name: "Word",
  symbols,
  ...extras,
});

const A = field("a", "string");
const B = field("b", "string");
const B_WITH_DEFAULT = field("b", "string", { default: "x" });
const INSTANT = { type: "long", logicalType: "timestamp-millis" };

export interface SchemaChange {
  readonly title: string;
  readonly versions: readonly unknown[];
  readonly allowed: boolean;
  /** True where the check of this project is stricter than a registry. */
  readonly stricter?: true;
}

export const SCHEMA_CHANGES: readonly SchemaChange[] = [
  { title: "a field with a default is added", versions: [record([A]), record([A, B_WITH_DEFAULT])], allowed: true },
  { title: "a field with a default is removed", versions: [record([A, B_WITH_DEFAULT]), record([A])], allowed: true },
  { title: "a field is documented", versions: [record([A]), record([{ ...A, doc: "why" }])], allowed: true },
  { title: "fields change places", versions: [record([A, B]), record([B, A])], allowed: true },
  {
    title: "a default changes",
    versions: [record([B_WITH_DEFAULT]), record([{ ...B_WITH_DEFAULT, default: "y" }])],
    allowed: true,
  },
  {
    title: "a field with a default is added to the items of a list",
    versions: [
      record([field("list", array(record([A], "Item")))]),
      record([field("list", array(record([A, B_WITH_DEFAULT], "Item")))]),
    ],
    allowed: true,
  },
  {
    title: "a symbol is added to an enum that has a default",
    versions: [
      record([field("word", words(["x"], { default: "x" }))]),
      record([field("word", words(["x", "y"], { default: "x" }))]),
    ],
    allowed: true,
  },
  { title: "a field without a default is added", versions: [record([A]), record([A, B])], allowed: false },
  { title: "a field without a default is removed", versions: [record([A, B]), record([A])], allowed: false },
  { title: "a field is renamed", versions: [record([A]), record([B])], allowed: false },
  {
    title: "a field is renamed and keeps its old name as an alias",
    versions: [record([A]), record([{ ...B, aliases: ["a"] }])],
    allowed: false,
  },
  { title: "a record is renamed", versions: [record([A]), record([A], "orderloom.inbox.Other")], allowed: false },
  { title: "a type changes", versions: [record([A]), record([field("a", "int")])], allowed: false },
  {
    title: "a type becomes a wider one",
    versions: [record([field("a", "int")]), record([field("a", "long")])],
    allowed: false,
  },
  {
    title: "a field may be null from now on",
    versions: [record([A]), record([field("a", ["null", "string"], { default: null })])],
    allowed: false,
  },
  {
    title: "a union gets another branch",
    versions: [
      record([field("a", ["null", "string"], { default: null })]),
      record([field("a", ["null", "string", "long"], { default: null })]),
    ],
    allowed: false,
  },
  {
    title: "a symbol is added to an enum without a default",
    versions: [record([field("word", words(["x"]))]), record([field("word", words(["x", "y"]))])],
    allowed: false,
  },
  {
    title: "a field without a default is added to the items of a list",
    versions: [
      record([field("list", array(record([A], "Item")))]),
      record([field("list", array(record([A, B], "Item")))]),
    ],
    allowed: false,
  },
  {
    title: "a default is taken away, so that only the first version cannot be read any more",
    versions: [record([A]), record([A, B_WITH_DEFAULT]), record([A, B])],
    allowed: false,
  },
  {
    title: "a union of records gets another record",
    versions: [[record([A])], [record([A]), record([A], "orderloom.inbox.Other")]],
    allowed: false,
  },
  {
    title: "milliseconds become microseconds",
    versions: [record([field("at", INSTANT)]), record([field("at", { ...INSTANT, logicalType: "timestamp-micros" })])],
    allowed: false,
    stricter: true,
  },
  {
    title: "an instant becomes a bare number",
    versions: [record([field("at", INSTANT)]), record([field("at", "long")])],
    allowed: false,
    stricter: true,
  },
];
