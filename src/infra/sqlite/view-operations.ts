/**
 * Read models in SQL: a table for each view's version, which holds its documents as JSON and, in a typed
 * column each, the fields that listings filter and sort by. Names in statements come from a definition
 * whose names were checked when it was stored, and values are always bound.
 */

import { OperationalError } from "../../actors/errors.ts";
import type { FieldValue, MailClaim, ViewDefinition, ViewVersion } from "../../actors/ports.ts";
import { closeMail, countMails, enqueueClaimedMail, enqueueMail, type NewMail } from "./mail-operations.ts";
import { type Cell, type OpenDatabase, rowOf, rowsOf } from "./open-database.ts";

const VIEW_NAME = /^[a-z][A-Za-z0-9-]{0,63}$/;
const FIELD_NAME = /^[a-z][A-Za-z0-9]{0,63}$/;

/** A document on its way to the writer thread; `fields` are the values of the definition's fields, in its order. */
export interface StoredPut {
  readonly id: string;
  readonly document: string;
  readonly fields: readonly Cell[];
}

/** A view write on its way to the writer thread. */
export type StoredWrite =
  | (StoredPut & { readonly type: "put"; readonly target: ViewVersion })
  | { readonly type: "delete"; readonly target: ViewVersion; readonly id: string }
  | { readonly type: "enqueueMail"; readonly mail: NewMail; readonly claim: MailClaim | null }
  | { readonly type: "closeMail"; readonly messageId: string; readonly round: number };

export interface StoredCheckpoint {
  readonly reactor: string;
  readonly positions: readonly (readonly [shard: number, position: number])[];
}

/** Creates a view version's table and indexes. A version that exists must have the same definition. */
export function define(
  database: OpenDatabase,
  { definition, version }: { definition: ViewDefinition; version: number },
): void {
  const fields = Object.entries(definition.fields);
  const indexed = definition.indexes.flat();
  const unknown = indexed.find((field) => !Object.hasOwn(definition.fields, field));
  const target = { view: definition.name, version };
  const badName = fields.map(([name]) => name).find((name) => !FIELD_NAME.test(name));
  if (!VIEW_NAME.test(definition.name) || !Number.isSafeInteger(version))
    throw new Error(`not a view version: ${label(target)}`);
  if (badName !== undefined) throw new Error(`view ${definition.name}: "${badName}" is not a field name`);
  if (unknown !== undefined)
    throw new Error(`view ${definition.name}: an index uses "${unknown}", which is not a field`);

  const text = JSON.stringify(definition);
  const stored = rowOf(
    database.statement("SELECT definition FROM view_versions WHERE view = ? AND version = ?"),
    target.view,
    version,
  );
  if (stored !== undefined) {
    if (stored[0] !== text)
      throw new Error(`${label(target)} is stored with another definition: give it a new version`);
    return;
  }
  const columns = fields.map(([name, type]) => `, ${column(name)} ${type === "text" ? "TEXT" : "INTEGER"}`);
  database.sqlite.exec(
    `CREATE TABLE ${table(target)} (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL${columns.join("")}) STRICT`,
  );
  for (const [number, names] of definition.indexes.entries()) {
    const name = `"view_${target.view}_${version}_index_${number}"`;
    database.sqlite.exec(`CREATE INDEX ${name} ON ${table(target)} (${names.map(column).join(", ")}, id)`);
  }
  database.statement("INSERT INTO view_versions VALUES (?, ?, ?)").run(target.view, version, text);
}

/**
 * Applies writes in their order, and the checkpoint, unless the checkpoint would move back.
 * @returns the indexes of the writes that put in and claimed a new mail; null when nothing was applied.
 */
export function apply(
  database: OpenDatabase,
  { writes, checkpoint }: { readonly writes: readonly StoredWrite[]; readonly checkpoint: StoredCheckpoint | null },
): readonly number[] | null {
  if (checkpoint !== null && movesBack(database, checkpoint)) return null;
  const tables = new Map<string, Table>();
  const tableOf = (target: ViewVersion): Table => {
    const name = table(target);
    const known = tables.get(name) ?? { name, columns: Object.keys(definitionOf(database, target).fields).map(column) };
    tables.set(name, known);
    return known;
  };
  const claimed: number[] = [];
  let queuedMails = 0;
  for (const [index, write] of writes.entries()) {
    if (write.type === "put") put(database, tableOf(write.target), write);
    else if (write.type === "delete")
      database.statement(`DELETE FROM ${tableOf(write.target).name} WHERE id = ?`).run(write.id);
    else if (write.type === "closeMail") closeMail(database, write.messageId, write.round);
    else if (write.claim === null) queuedMails += enqueueMail(database, write.mail) ? 1 : 0;
    else if (enqueueClaimedMail(database, write.mail, write.claim)) claimed.push(index);
  }
  countMails(
    database,
    new Map([
      ["queued", queuedMails],
      ["attempting", claimed.length],
    ]),
  );
  const upsert = database.statement(
    "INSERT INTO checkpoints VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET position = excluded.position",
  );
  for (const [shard, position] of checkpoint?.positions ?? []) upsert.run(checkpoint?.reactor ?? "", shard, position);
  return claimed;
}

function movesBack(database: OpenDatabase, { reactor, positions }: StoredCheckpoint): boolean {
  const stored = database.statement("SELECT 1 FROM checkpoints WHERE reactor = ? AND shard = ? AND position > ?");
  return positions.some(([shard, position]) => rowOf(stored, reactor, shard, position) !== undefined);
}

interface Table {
  readonly name: string;
  /** Of the definition's fields, in their order. */
  readonly columns: readonly string[];
}

/** Puts a document. One that exists gets only its changed columns, for SQLite writes every index of a column that it is given. */
function put(
  database: OpenDatabase,
  { name, columns }: Table,
  { id, document, fields }: Extract<StoredWrite, { type: "put" }>,
): void {
  const stored = rowOf(database.statement(`SELECT ${["number", ...columns].join(", ")} FROM ${name} WHERE id = ?`), id);
  if (stored === undefined) {
    const places = columns.map(() => ", ?").join("");
    database
      .statement(`INSERT INTO ${name} (${["id", "document", ...columns].join(", ")}) VALUES (?, ?${places})`)
      .run(id, document, ...fields);
    return;
  }
  const changed = [...columns.keys()].filter((i) => fields[i] !== stored[i + 1]);
  const sets = ["document = ?", ...changed.map((i) => `${columns[i]} = ?`)];
  database
    .statement(`UPDATE ${name} SET ${sets.join(", ")} WHERE number = ?`)
    .run(document, ...changed.map((i) => fields[i] as Cell), stored[0] as number);
}

/** Puts documents whose ids have none. @returns what is there under each id, as flat pairs of id and JSON. */
export function putNew(
  database: OpenDatabase,
  { target, documents }: { readonly target: ViewVersion; readonly documents: readonly StoredPut[] },
): readonly Cell[] {
  const columns = Object.keys(definitionOf(database, target).fields).map(column);
  const places = columns.map(() => ", ?").join("");
  const insert = database.statement(
    `INSERT INTO ${table(target)} (${["id", "document", ...columns].join(", ")}) VALUES (?, ?${places}) ON CONFLICT (id) DO NOTHING`,
  );
  for (const { id, document, fields } of documents) insert.run(id, document, ...fields);
  return getMany(database, { target, ids: documents.map(({ id }) => id) });
}

/** The documents of these ids as flat pairs of id and JSON. */
export function getMany(
  database: OpenDatabase,
  { target, ids }: { readonly target: ViewVersion; readonly ids: readonly string[] },
): readonly Cell[] {
  definitionOf(database, target);
  const select = database.statement(`SELECT id, document FROM ${table(target)} WHERE id = ?`);
  return ids.flatMap((id) => rowOf(select, id) ?? []);
}

export interface Listing {
  readonly target: ViewVersion;
  readonly where: readonly (readonly [field: string, value: FieldValue])[];
  readonly sortBy: string;
  readonly direction: "ascending" | "descending";
  readonly limit: number;
  readonly until: FieldValue | null;
  readonly after: { readonly value: FieldValue; readonly id: string } | null;
}

/** A page of a view as flat pairs of id and JSON; documents without the sort field are left out. */
export function list(database: OpenDatabase, listing: Listing): readonly Cell[] {
  const { target, where, sortBy, direction, limit, until, after } = listing;
  const { fields } = definitionOf(database, target);
  for (const field of [...where.map(([name]) => name), sortBy]) {
    if (!Object.hasOwn(fields, field)) throw new Error(`${label(target)} has no field "${field}"`);
  }
  const [order, beyond, within] = direction === "ascending" ? ["ASC", ">", "<="] : ["DESC", "<", ">="];
  const sort = column(sortBy);
  const conditions = [...where.map(([field]) => `${column(field)} = ?`), `${sort} IS NOT NULL`];
  const values: Cell[] = where.map(([, value]) => value);
  if (until !== null) {
    conditions.push(`${sort} ${within} ?`);
    values.push(until);
  }
  if (after !== null) {
    conditions.push(`(${sort}, id) ${beyond} (?, ?)`);
    values.push(after.value, after.id);
  }
  const select = database.statement(
    `SELECT id, document FROM ${table(target)} WHERE ${conditions.join(" AND ")} ORDER BY ${sort} ${order}, id ${order} LIMIT ?`,
  );
  return rowsOf(select, ...values, limit).flat();
}

/** Documents by id, after one, as flat pairs of id and JSON. */
export function scan(
  database: OpenDatabase,
  { target, afterId, limit }: { readonly target: ViewVersion; readonly afterId: string; readonly limit: number },
): readonly Cell[] {
  definitionOf(database, target);
  const select = database.statement(`SELECT id, document FROM ${table(target)} WHERE id > ? ORDER BY id LIMIT ?`);
  return rowsOf(select, afterId, limit).flat();
}

/** A reactor's checkpoint as flat pairs of shard and position. */
export function readCheckpoint(database: OpenDatabase, reactor: string): readonly number[] {
  return rowsOf(
    database.statement("SELECT shard, position FROM checkpoints WHERE reactor = ?"),
    reactor,
  ).flat() as number[];
}

export function resetCheckpoint(database: OpenDatabase, reactor: string): void {
  database.statement("DELETE FROM checkpoints WHERE reactor = ?").run(reactor);
}

export function activeVersion(database: OpenDatabase, view: string): number | null {
  const row = rowOf(database.statement("SELECT version FROM active_versions WHERE view = ?"), view);
  return (row?.[0] as number | undefined) ?? null;
}

/** Makes a version the active one and drops the tables of all others of the view. */
export function activate(database: OpenDatabase, target: ViewVersion): void {
  definitionOf(database, target);
  database
    .statement("INSERT INTO active_versions VALUES (?, ?) ON CONFLICT DO UPDATE SET version = excluded.version")
    .run(target.view, target.version);
  const others = rowsOf(
    database.statement("SELECT version FROM view_versions WHERE view = ? AND version <> ?"),
    target.view,
    target.version,
  );
  for (const [version] of others)
    database.sqlite.exec(`DROP TABLE ${table({ view: target.view, version: version as number })}`);
  database.statement("DELETE FROM view_versions WHERE view = ? AND version <> ?").run(target.view, target.version);
}

/** The stored definition. A version that was dropped under its user is an operational matter: the next one is active by now. */
function definitionOf(database: OpenDatabase, target: ViewVersion): ViewDefinition {
  const row = rowOf(
    database.statement("SELECT definition FROM view_versions WHERE view = ? AND version = ?"),
    target.view,
    target.version,
  );
  if (row === undefined)
    throw new OperationalError("store_unavailable", `${label(target)} does not exist`, { retryable: true });
  return JSON.parse(row[0] as string) as ViewDefinition;
}

function table({ view, version }: ViewVersion): string {
  return `"view_${view}_${version}"`;
}

function column(field: string): string {
  return `"field_${field}"`;
}

function label({ view, version }: ViewVersion): string {
  return `version ${version} of view ${view}`;
}
