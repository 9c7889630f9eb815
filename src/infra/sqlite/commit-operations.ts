/** The shard logs in SQL: the three unique keys of a commit answer every question of ownership, order and repetition. */
import { type Cell, type OpenDatabase, rowOf, rowsOf } from "./open-database.ts";
import { isConstraintViolation } from "./sqlite-errors.ts";

const INSERT =
  "INSERT INTO commits (shard, position, order_id, sequence, cause_id, events, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
const COLUMNS = "position, order_id, sequence, cause_id, events, recorded_at";

/** How many cells a commit has in the flat arrays that travel between threads; its shard travels once. */
export const COMMIT_CELLS = 6;

type CommitCells = [
  position: number,
  orderId: string,
  sequence: number,
  causeId: string,
  events: string,
  recordedAt: string,
];

export interface Refusal {
  readonly index: number;
  readonly reason: "staleOwner" | "conflict" | "repeatedCause";
}

/**
 * Appends commits of one shard in order, up to the first that a unique key refuses.
 * @returns the refusal; null when all are stored.
 */
export function append(
  database: OpenDatabase,
  { shard, cells }: { readonly shard: number; readonly cells: readonly (string | number)[] },
): Refusal | null {
  const insert = database.statement(INSERT);
  for (let i = 0; i < cells.length; i += COMMIT_CELLS) {
    const commit = cells.slice(i, i + COMMIT_CELLS) as CommitCells;
    try {
      insert.run(shard, ...commit);
    } catch (error) {
      if (!isConstraintViolation(error)) throw error;
      return { index: i / COMMIT_CELLS, reason: reasonOf(database, shard, commit) };
    }
  }
  return null;
}

/** Several keys may be taken at once: a stale owner must hear that first, and a repeat needs no second look at the order. */
function reasonOf(
  database: OpenDatabase,
  shard: number,
  [position, orderId, sequence, causeId]: CommitCells,
): Refusal["reason"] {
  const taken = (column: string, ...key: readonly Cell[]) =>
    rowOf(database.statement(`SELECT 1 FROM commits WHERE shard = ? AND ${column} LIMIT 1`), shard, ...key) !==
    undefined;
  if (taken("position = ?", position)) return "staleOwner";
  if (taken("order_id = ? AND cause_id = ?", orderId, causeId)) return "repeatedCause";
  if (taken("order_id = ? AND sequence = ?", orderId, sequence)) return "conflict";
  throw new Error(`a commit of shard ${shard} was refused, but none of its keys is taken`);
}

/** The commits of some orders, each order's oldest first, as flat cells. */
export function readOrders(
  database: OpenDatabase,
  { shard, orderIds }: { readonly shard: number; readonly orderIds: readonly string[] },
): readonly Cell[] {
  const select = database.statement(
    `SELECT ${COLUMNS} FROM commits WHERE shard = ? AND order_id = ? ORDER BY sequence`,
  );
  return orderIds.flatMap((orderId) => rowsOf(select, shard, orderId).flat());
}

/** The commits of a shard above a position, in order, as flat cells. */
export function readShard(
  database: OpenDatabase,
  { shard, afterPosition, limit }: { readonly shard: number; readonly afterPosition: number; readonly limit: number },
): readonly Cell[] {
  const select = database.statement(
    `SELECT ${COLUMNS} FROM commits WHERE shard = ? AND position > ? ORDER BY position LIMIT ?`,
  );
  return rowsOf(select, shard, afterPosition, limit).flat();
}

/** The position of a shard's last commit; 0 when it has none. */
export function head(database: OpenDatabase, shard: number): number {
  return (
    (rowOf(database.statement("SELECT max(position) FROM commits WHERE shard = ?"), shard)?.[0] as number | null) ?? 0
  );
}
