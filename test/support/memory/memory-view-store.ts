/** Read models as maps. A write is prepared on copies and put in place at once, so it happens whole or not at all. */
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
import type { MemoryMailLedger } from "./memory-mail-ledger.ts";

type Table = ReadonlyMap<string, ViewDocument>;

export function createMemoryViewStore(deps: { ledger: Pick<MemoryMailLedger, "enqueue" | "close"> }): ViewStore {
  const { ledger } = deps;
  const definitions = new Map<string, ViewDefinition>();
  const checkpoints = new Map<string, Map<number, number>>();
  const active = new Map<string, number>();
  let tables = new Map<string, Table>();

  const tableOf = (from: ReadonlyMap<string, Table>, target: ViewVersion): Table => {
    const table = from.get(keyOf(target));
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
    const table = tableOf(tables, target);
    return new Map(
      ids.flatMap((id) => {
        const document = table.get(id);
        return document === undefined ? [] : [[id, document] as const];
      }),
    );
  };
  /** A table that belongs to this write alone: a copy of the one that is shown. */
  const ownTable = (next: Map<string, Table>, target: ViewVersion): Map<string, ViewDocument> => {
    const table = tableOf(next, target);
    const own = table === tables.get(keyOf(target)) ? new Map(table) : (table as Map<string, ViewDocument>);
    next.set(keyOf(target), own);
    return own;
  };
  const write = (next: Map<string, Table>, change: Extract<ViewWrite, { target: ViewVersion }>): void => {
    const { target, id } = change;
    const table = ownTable(next, target);
    if (change.type === "delete") table.delete(id);
    else {
      for (const field of Object.keys(definitions.get(target.view)?.fields ?? {})) {
        checkField(target, field, change.document[field] ?? undefined);
      }
      table.set(id, JSON.parse(JSON.stringify(change.document)) as ViewDocument);
    }
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
      const isBehind = ([shard, position]: [number, number]): boolean => position < (reached?.get(shard) ?? 0);
      if ([...(checkpoint?.positions ?? [])].some(isBehind)) return { type: "behind" };
      const next = new Map(tables);
      for (const change of writes) if ("target" in change) write(next, change);
      tables = next;
      const attempts: MailAttempt[] = [];
      for (const change of writes) {
        if (change.type === "enqueueMail") attempts.push(...ledger.enqueue(structuredClone(change.mail), change.claim));
        if (change.type === "closeMail") ledger.close(change.messageId, change.round);
      }
      if (checkpoint !== undefined) {
        checkpoints.set(checkpoint.reactor, new Map([...(reached ?? []), ...checkpoint.positions]));
      }
      return { type: "applied", attempts };
    },
    async putNew(target, documents) {
      const next = new Map(tables);
      for (const [id, document] of documents) {
        if (!tableOf(next, target).has(id)) write(next, { type: "put", target, id, document });
      }
      tables = next;
      return documentsOf(target, [...documents.keys()]);
    },
    getMany: async (target, ids) => documentsOf(target, ids),
    async list(target, query) {
      const { where, sortBy, until, after } = query;
      for (const [field, value] of Object.entries(where)) checkField(target, field, value);
      for (const value of [until, after?.value]) checkField(target, sortBy, value);
      return page(tableOf(tables, target), query);
    },
    async scan(target, { afterId, limit }) {
      return [...tableOf(tables, target)]
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
      const table = tableOf(tables, target);
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
