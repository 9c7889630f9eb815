/** The read models of the embedded default. */
import type {
  FieldValue,
  MailAttempt,
  ViewDefinition,
  ViewDocument,
  ViewStore,
  ViewWrite,
} from "../../actors/ports.ts";
import { assertNever } from "../../domain/assert-never.ts";
import type { SqliteDatabase } from "./database.ts";
import type { Cell } from "./open-database.ts";
import type { StoredPut, StoredWrite } from "./view-operations.ts";

/** The `ViewStore` on a SQLite database. A view must be defined in this process before it is written or listed. */
export function createSqliteViewStore(database: SqliteDatabase): ViewStore {
  const definitions = new Map<string, ViewDefinition>();
  const fieldsOf = (view: string) => {
    const definition = definitions.get(view);
    if (definition === undefined) throw new Error(`view ${view} is not defined`);
    return definition.fields;
  };

  return {
    async define(definition, version) {
      await database.write("views.define", { definition, version });
      definitions.set(definition.name, definition);
    },
    async apply(writes, checkpoint) {
      const claimed = await database.write("views.apply", {
        writes: writes.map((write) => storedWrite(write, fieldsOf)),
        checkpoint:
          checkpoint === undefined ? null : { reactor: checkpoint.reactor, positions: [...checkpoint.positions] },
      });
      if (claimed === null) return { type: "behind" };
      return { type: "applied", attempts: claimed.map((index) => firstAttempt(writes[index] as ViewWrite)) };
    },
    async putNew(target, documents) {
      const fields = fieldsOf(target.view);
      const puts = [...documents].map(([id, document]) => storedPut(id, document, fields));
      const found = await database.write("views.putNew", { target, documents: puts });
      return new Map(documentsOf(found).map(({ id, document }) => [id, document]));
    },
    async getMany(target, ids) {
      return new Map(
        documentsOf(await database.read("views.getMany", { target, ids })).map(({ id, document }) => [id, document]),
      );
    },
    async list(target, { where, sortBy, direction, limit, until, after }) {
      const fields = fieldsOf(target.view);
      for (const [field, value] of [
        ...Object.entries(where),
        [sortBy, until ?? null],
        [sortBy, after?.value ?? null],
      ] as const) {
        checkedCell(fields, field, value);
      }
      const listing = {
        target,
        where: Object.entries(where),
        sortBy,
        direction,
        limit,
        until: until ?? null,
        after: after ?? null,
      };
      return documentsOf(await database.read("views.list", listing));
    },
    async scan(target, { afterId, limit }) {
      return documentsOf(await database.read("views.scan", { target, afterId, limit }));
    },
    async checkpoint(reactor) {
      const cells = await database.read("views.checkpoint", reactor);
      const positions = new Map<number, number>();
      for (let i = 0; i < cells.length; i += 2) positions.set(cells[i] as number, cells[i + 1] as number);
      return positions;
    },
    resetCheckpoint: (reactor) => database.write("views.resetCheckpoint", reactor),
    activeVersion: (view) => database.read("views.activeVersion", view),
    activate: (target) => database.write("views.activate", target),
  };
}

function storedWrite(write: ViewWrite, fieldsOf: (view: string) => ViewDefinition["fields"]): StoredWrite {
  switch (write.type) {
    case "put": {
      const { type, target, id, document } = write;
      return { type, target, ...storedPut(id, document, fieldsOf(target.view)) };
    }
    case "enqueueMail": {
      const { shard, queuedAtMs, mail } = write.mail;
      const { messageId, orderId } = mail;
      return {
        type: "enqueueMail",
        mail: { messageId, orderId, shard, queuedAtMs, mail: JSON.stringify(mail) },
        claim: write.claim ?? null,
      };
    }
    case "delete":
    case "closeMail":
      return write;
    default:
      return assertNever(write);
  }
}

function storedPut(id: string, document: ViewDocument, fields: ViewDefinition["fields"]): StoredPut {
  const cells = Object.keys(fields).map((field) => checkedCell(fields, field, document[field] ?? null));
  return { id, document: JSON.stringify(document), fields: cells };
}

/** The attempt that was stored with a new mail. */
function firstAttempt(write: ViewWrite): MailAttempt {
  if (write.type !== "enqueueMail") throw new Error(`a write of type ${write.type} claims no mail`);
  return { ...write.mail, attempt: 1, unknownAttempts: 0, resend: null };
}

/** The value as its column takes it; a value of another type than the definition says is a bug. */
function checkedCell(fields: ViewDefinition["fields"], field: string, value: unknown): Cell {
  const type = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (type === undefined) throw new Error(`a view has no field "${field}"`);
  if (value === null) return null;
  const fits = type === "text" ? typeof value === "string" : Number.isSafeInteger(value);
  if (!fits) throw new Error(`the field "${field}" of a view is not of type ${type}`);
  return value as FieldValue;
}

function documentsOf(cells: readonly Cell[]): { id: string; document: ViewDocument }[] {
  const documents: { id: string; document: ViewDocument }[] = [];
  for (let i = 0; i < cells.length; i += 2) {
    documents.push({ id: cells[i] as string, document: JSON.parse(cells[i + 1] as string) as ViewDocument });
  }
  return documents;
}
