/** The shard logs in SQL: the three unique keys of a commit answer every question of ownership, order and repetition. */
import { type Cell, type OpenDatabase, rowOf, rowsOf } from "./open-database.ts";

const INSERT =
  "INSERT INTO commits (shard, position, order_id, sequence, cause_id, events, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
const ORDER_NUMBER = "SELECT number FROM orders WHERE shard = ? AND order_id = ?";
const INSERT_ORDER = "INSERT INTO orders (shard, order_id, number) VALUES (?, ?, ?)";
const TAKE_KEY =
  "INSERT INTO order_keys (order_number, sequence, cause_id, commit_number) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
const DELETE = "DELETE FROM commits WHERE number = ?";
const FREE_CAUSE = "DELETE FROM order_keys WHERE order_number = ? AND sequence = 0 AND cause_id = ?";
const COLUMNS = "position, commits.order_id, commits.sequence, commits.cause_id, events, recorded_at";
const OF_ORDER = `SELECT ${COLUMNS} FROM order_keys JOIN commits ON commits.number = order_keys.commit_number
  WHERE order_keys.order_number = ? AND order_keys.sequence > 0 ORDER BY order_keys.sequence`;
const AFTER_POSITION = `SELECT ${COLUMNS} FROM commits WHERE shard = ? AND position > ? ORDER BY position LIMIT ?`;

/** How many cells a commit has in the flat arrays that travel between threads; its shard travels once. */
export const COMMIT_CELLS = 6;

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
  for (let i = 0; i < cells.length; i += COMMIT_CELLS) {
    const reason = insertCommit(database, shard, cells, i);
    if (reason !== null) return { index: i / COMMIT_CELLS, reason };
  }
  return null;
}

/**
 * Inserts the commit whose cells begin at `at`, or nothing. Several of its keys may be taken at once, so they are
 * tried in the order of what the caller must hear: a stale owner first, and a repeat needs no second look at the order.
 */
function insertCommit(
  database: OpenDatabase,
  shard: number,
  cells: readonly (string | number)[],
  at: number,
): Refusal["reason"] | null {
  const orderId = cells[at + 1] as string;
  const sequence = cells[at + 2] as number;
  const causeId = cells[at + 3] as string;
  const { changes, lastInsertRowid } = database
    .statement(INSERT)
    .run(shard, cells[at] as number, orderId, sequence, causeId, cells[at + 4] as string, cells[at + 5] as string);
  if (changes === 0) return "staleOwner";
  const number = Number(lastInsertRowid);
  const order = orderNumber(database, shard, orderId) ?? insertOrder(database, shard, orderId, number);
  const takeKey = database.statement(TAKE_KEY);
  if (takeKey.run(order, 0, causeId, number).changes === 0) {
    database.statement(DELETE).run(number);
    return "repeatedCause";
  }
  if (takeKey.run(order, sequence, "", number).changes === 0) {
    database.statement(DELETE).run(number);
    database.statement(FREE_CAUSE).run(order, causeId);
    return "conflict";
  }
  return null;
}

function orderNumber(database: OpenDatabase, shard: number, orderId: string): number | undefined {
  return rowOf(database.statement(ORDER_NUMBER), shard, orderId)?.[0] as number | undefined;
}

/** An order without commits has no keys that could refuse this one, so nothing ever has to take the order back. */
function insertOrder(database: OpenDatabase, shard: number, orderId: string, number: number): number {
  database.statement(INSERT_ORDER).run(shard, orderId, number);
  return number;
}

/** The commits of some orders, each order's oldest first, as flat cells. */
export function readOrders(
  database: OpenDatabase,
  { shard, orderIds }: { readonly shard: number; readonly orderIds: readonly string[] },
): readonly Cell[] {
  const select = database.statement(OF_ORDER);
  return orderIds.flatMap((orderId) => {
    const number = orderNumber(database, shard, orderId);
    return number === undefined ? [] : rowsOf(select, number).flat();
  });
}

/** The commits of a shard above a position, in order, as flat cells. */
export function readShard(
  database: OpenDatabase,
  { shard, afterPosition, limit }: { readonly shard: number; readonly afterPosition: number; readonly limit: number },
): readonly Cell[] {
  return rowsOf(database.statement(AFTER_POSITION), shard, afterPosition, limit).flat();
}

/** Those of some shards, each with a position, that hold commits after it. */
export function changedShards(
  database: OpenDatabase,
  after: readonly (readonly [shard: number, position: number])[],
): readonly number[] {
  return after.flatMap(([shard, position]) => (head(database, shard) > position ? [shard] : []));
}

/** The position of a shard's last commit; 0 when it has none. */
export function head(database: OpenDatabase, shard: number): number {
  return (
    (rowOf(database.statement("SELECT max(position) FROM commits WHERE shard = ?"), shard)?.[0] as number | null) ?? 0
  );
}
