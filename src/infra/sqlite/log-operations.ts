/** The message log in SQL. A record's offset is given by the writer thread, so each topic and shard counts without gaps. */
import type { RecordValue } from "../../actors/ports.ts";
import { type Cell, type OpenDatabase, rowOf, rowsOf } from "./open-database.ts";

const INSERT =
  "INSERT INTO log_records (topic, shard, offset, key, value, headers, timestamp_ms) VALUES (?, ?, ?, ?, ?, ?, ?)";
const LAST_OFFSET = "SELECT max(offset) FROM log_records WHERE topic = ? AND shard = ?";
const SELECT =
  "SELECT topic, shard, offset, key, value, headers, timestamp_ms FROM log_records WHERE topic = ? AND shard = ? AND offset >= ? ORDER BY offset LIMIT ?";

/** How many cells a new record and a stored record have in the flat arrays that travel between threads. */
export const NEW_RECORD_CELLS = 6;
export const RECORD_CELLS = 7;

/** A fetch ends after about this many characters, so that large records do not fill the memory. */
const FETCH_CHARACTERS = 8 * 1024 * 1024;

/**
 * Stores records.
 * @param cells topic, shard, key, value, headers as JSON, and timestamp of each record, one after the other.
 * @returns the offset of each record.
 */
export function produce(database: OpenDatabase, cells: readonly NonNullable<Cell>[]): readonly number[] {
  const insert = database.statement(INSERT);
  const offsets: number[] = [];
  for (let i = 0; i < cells.length; i += NEW_RECORD_CELLS) {
    const topic = cells[i] as string;
    const shard = cells[i + 1] as number;
    const offset = assignOffset(database, topic, shard);
    const [key, value, headers] = [cells[i + 2] as string, cells[i + 3] as RecordValue, cells[i + 4] as string];
    insert.run(topic, shard, offset, key, value, headers, cells[i + 5] as number);
    offsets.push(offset);
  }
  return offsets;
}

function assignOffset(database: OpenDatabase, topic: string, shard: number): number {
  const partition = `${topic}/${shard}`;
  const next = database.nextOffsets.get(partition) ?? endOffset(database, topic, shard);
  database.nextOffsets.set(partition, next + 1);
  return next;
}

function endOffset(database: OpenDatabase, topic: string, shard: number): number {
  const last = rowOf(database.statement(LAST_OFFSET), topic, shard)?.[0] as number | null | undefined;
  return (last ?? -1) + 1;
}

export interface Partition {
  readonly topic: string;
  readonly shard: number;
}

/** For each partition its end offset and its committed offset, one after the other. */
export function offsetsOf(database: OpenDatabase, partitions: readonly Partition[]): readonly number[] {
  const committed = database.statement("SELECT next_offset FROM committed_offsets WHERE topic = ? AND shard = ?");
  return partitions.flatMap(({ topic, shard }) => [
    endOffset(database, topic, shard),
    (rowOf(committed, topic, shard)?.[0] as number | undefined) ?? 0,
  ]);
}

/** Stores how far partitions have been processed. */
export function commitOffsets(
  database: OpenDatabase,
  offsets: readonly (Partition & { readonly nextOffset: number })[],
): void {
  const upsert = database.statement(
    "INSERT INTO committed_offsets VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = max(next_offset, excluded.next_offset)",
  );
  for (const { topic, shard, nextOffset } of offsets) upsert.run(topic, shard, nextOffset);
}

export interface Fetch extends Partition {
  readonly fromOffset: number;
}

/** Up to `limit` records of each partition from its offset on, as flat cells; fewer when they are large. */
export function fetchRecords(
  database: OpenDatabase,
  { from, limit }: { readonly from: readonly Fetch[]; readonly limit: number },
): readonly Cell[] {
  const select = database.statement(SELECT);
  const cells: Cell[] = [];
  let characters = 0;
  for (const { topic, shard, fromOffset } of from) {
    for (const row of select.iterate(topic, shard, fromOffset, limit) as unknown as Iterable<Cell[]>) {
      cells.push(...row);
      characters += (row[4] as RecordValue).length;
      if (characters >= FETCH_CHARACTERS) return cells;
    }
  }
  return cells;
}

/** When the first record from an offset on was stored, for each partition; null when there is none. */
export function storedAtMs(database: OpenDatabase, from: readonly Fetch[]): readonly (number | null)[] {
  const select = database.statement(
    "SELECT timestamp_ms FROM log_records WHERE topic = ? AND shard = ? AND offset >= ? ORDER BY offset LIMIT 1",
  );
  return from.map(
    ({ topic, shard, fromOffset }) => (rowOf(select, topic, shard, fromOffset)?.[0] as number | undefined) ?? null,
  );
}

export interface Trim extends Partition {
  /** Only records stored before this instant go. */
  readonly beforeMs: number;
  /** True for an inbox: only records below the committed offset go. */
  readonly processedOnly: boolean;
  readonly limit: number;
}

/**
 * Deletes up to `limit` of a partition's oldest records. The newest record always stays, for the next offset follows from it.
 * @returns how many records it deleted.
 */
export function trim(database: OpenDatabase, { topic, shard, beforeMs, processedOnly, limit }: Trim): number {
  const [end, committed] = offsetsOf(database, [{ topic, shard }]) as [number, number];
  const bound = processedOnly ? Math.min(end - 1, committed) : end - 1;
  const oldest = rowsOf(
    database.statement(
      "SELECT offset, timestamp_ms FROM log_records WHERE topic = ? AND shard = ? AND offset < ? ORDER BY offset LIMIT ?",
    ),
    topic,
    shard,
    bound,
    limit,
  ) as readonly [number, number][];
  const kept = oldest.findIndex(([, timestampMs]) => timestampMs >= beforeMs);
  const last = oldest.at(kept === -1 ? -1 : kept - 1);
  if (kept === 0 || last === undefined) return 0;
  const { changes } = database
    .statement("DELETE FROM log_records WHERE topic = ? AND shard = ? AND offset <= ?")
    .run(topic, shard, last[0]);
  return Number(changes);
}
