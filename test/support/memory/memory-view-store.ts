/** Read models as maps. All writes of a call are checked and copied before the first is done: it happens whole or not at all. */
import { OperationalError } from "../../../src/actors/errors.ts";
import type {
  FieldValue,
  MailAttempt,
  ViewDefinition,
  ViewDocument,
  ViewQuery,
  ViewStore,
  ViewVersion,
  ViewWrite,
} from "../../../src/actors/ports.ts";
import { copyOfJson } from "./copy-of-json.ts";
import type { MemoryMailLedger } from "./memory-mail-ledger.ts";

type Table = Map<string, ViewDocument>;

/** A write that nothing speaks against; null stands for a document that is deleted. */
interface Prepared {
  readonly table: Table;
  readonly id: string;
  readonly document: ViewDocument | null;
}

export function createMemoryViewStore(deps: { ledger: Pick<MemoryMailLedger, "enqueue" | "close"> }): ViewStore {
  const { ledger } = deps;
  const definitions = new Map<string, ViewDefinition>();
  const checkpoints = new Map<string, Map<number, number>>();
  const active = new Map<string, number>();
  let tables = new Map<string, Table>();

  const tableOf = (target: ViewVersion): Table => {
    const table = tables.get(keyOf(target));
    if (table !== undefined) return table;
    throw new OperationalError("store_unavailable", `${keyOf(target)} does not exist`, { retryable: true });
  };
  const checkField = (target: ViewVersion, field: string, value: unknown): void => {
    const { fields = {} } = definitions.get(target.view) ?? {};
    const type = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (type === undefined) throw new Error(`${target.view} has no field "${field}"`);
    const fits = type === "text" ? typeof value === "string" : Number.isSafeInteger(value);
    if (value !== undefined && !fits) throw new Error(`the field "${field}" is not of type ${type}`);
  };
  const documentsOf = (target: ViewVersion, ids: readonly string[]): ReadonlyMap<string, ViewDocument> => {
    const table = tableOf(target);
    return new Map(
      ids.flatMap((id) => {
        const document = table.get(id);
        return document === undefined ? [] : [[id, document] as const];
      }),
    );
  };
  const prepare = (change: Extract<ViewWrite, { target: ViewVersion }>): Prepared => {
    const { target, id } = change;
    const table = tableOf(target);
    if (change.type === "delete") return { table, id, document: null };
    for (const field of Object.keys(definitions.get(target.view)?.fields ?? {})) {
      checkField(target, field, change.document[field] ?? undefined);
    }
    return { table, id, document: copyOfJson(change.document) };
  };

  return {
    async define(definition, version) {
      const unknown = definition.indexes.flat().find((field) => definition.fields[field] === undefined);
      if (unknown !== undefined) throw new Error(`view ${definition.name}: an index uses "${unknown}"`);
      const key = keyOf({ view: definition.name, version });
      const known = definitions.get(definition.name);
      if (tables.has(key) && JSON.stringify(known) !== JSON.stringify(definition)) {
        throw new Error(`${key} is stored with another definition`);
      }
      definitions.set(definition.name, definition);
      if (!tables.has(key)) tables.set(key, new Map());
    },
    async apply(writes, checkpoint) {
      const reached = checkpoints.get(checkpoint?.reactor ?? "");
      for (const [shard, position] of checkpoint?.positions ?? []) {
        if (position < (reached?.get(shard) ?? 0)) return { type: "behind" };
      }
      const prepared = writes.flatMap((change) => ("target" in change ? [prepare(change)] : []));
      for (const { table, id, document } of prepared) {
        if (document === null) table.delete(id);
        else table.set(id, document);
      }
      const attempts: MailAttempt[] = [];
      for (const change of writes) {
        if (change.type === "enqueueMail") attempts.push(...ledger.enqueue(change.mail, change.claim));
        if (change.type === "closeMail") ledger.close(change.messageId, change.round);
      }
      if (checkpoint !== undefined) {
        checkpoints.set(checkpoint.reactor, new Map([...(reached ?? []), ...checkpoint.positions]));
      }
      return { type: "applied", attempts };
    },
    async putNew(target, documents) {
      const table = tableOf(target);
      const prepared = [...documents].map(([id, document]) => prepare({ type: "put", target, id, document }));
      for (const { id, document } of prepared) if (document !== null && !table.has(id)) table.set(id, document);
      return documentsOf(target, [...documents.keys()]);
    },
    getMany: async (target, ids) => documentsOf(target, ids),
    async list(target, query) {
      const { where, sortBy, until, after } = query;
      for (const [field, value] of Object.entries(where)) checkField(target, field, value);
      for (const value of [until, after?.value]) checkField(target, sortBy, value);
      return page(tableOf(target), query);
    },
    async scan(target, { afterId, limit }) {
      return [...tableOf(target)]
        .map(([id, document]) => ({ id, document }))
        .filter(({ id }) => id > afterId)
        .toSorted((a, b) => compare(a.id, b.id))
        .slice(0, limit);
    },
    async checkpoint(reactor) {
      return new Map(checkpoints.get(reactor));
    },
    async resetCheckpoint(reactor) {
      checkpoints.delete(reactor);
    },
    async activeVersion(view) {
      return active.get(view) ?? null;
    },
    async activate(target) {
      const table = tableOf(target);
      const others = [...tables].filter(([key]) => !key.startsWith(`${target.view}/`));
      tables = new Map([...others, [keyOf(target), table]]);
      active.set(target.view, target.version);
    },
  };
}

function page(table: Table, { where, sortBy, direction, limit, until, after }: ViewQuery) {
  const sign = direction === "ascending" ? 1 : -1;
  const sortValueOf = (document: ViewDocument): FieldValue => document[sortBy] as FieldValue;
  return [...table]
    .map(([id, document]) => ({ id, document }))
    .filter(({ document }) => sortValueOf(document) !== undefined && sortValueOf(document) !== null)
    .filter(({ document }) => Object.entries(where).every(([field, value]) => document[field] === value))
    .filter(({ document }) => until === undefined || sign * compare(sortValueOf(document), until) <= 0)
    .filter(
      ({ id, document }) =>
        after === undefined || sign * (compare(sortValueOf(document), after.value) || compare(id, after.id)) > 0,
    )
    .toSorted((a, b) => sign * (compare(sortValueOf(a.document), sortValueOf(b.document)) || compare(a.id, b.id)))
    .slice(0, limit);
}

function compare(a: FieldValue, b: FieldValue): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function keyOf({ view, version }: ViewVersion): string {
  return `${view}/${version}`;
}
