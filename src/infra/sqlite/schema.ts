/**
 * The tables of the embedded store, and the check that a file is one this code understands: its schema
 * version, and the number of shards it was created with, which decides where every record lives.
 */
import { OperationalError } from "../../actors/errors.ts";
import { type OpenDatabase, rowOf } from "./open-database.ts";

const SCHEMA_VERSION = 1;

const TABLES = `
  CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE log_records (
    topic TEXT NOT NULL, shard INTEGER NOT NULL, offset INTEGER NOT NULL,
    key TEXT NOT NULL, value TEXT NOT NULL, headers TEXT NOT NULL, timestamp_ms INTEGER NOT NULL,
    PRIMARY KEY (topic, shard, offset)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE committed_offsets (
    topic TEXT NOT NULL, shard INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, shard)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE commits (
    shard INTEGER NOT NULL, position INTEGER NOT NULL,
    order_id TEXT NOT NULL, sequence INTEGER NOT NULL, cause_id TEXT NOT NULL,
    events TEXT NOT NULL, recorded_at TEXT NOT NULL,
    PRIMARY KEY (shard, position)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX commits_by_sequence ON commits (shard, order_id, sequence);
  CREATE UNIQUE INDEX commits_by_cause ON commits (shard, order_id, cause_id);

  CREATE TABLE view_versions (
    view TEXT NOT NULL, version INTEGER NOT NULL, definition TEXT NOT NULL,
    PRIMARY KEY (view, version)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE active_versions (view TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE checkpoints (
    reactor TEXT NOT NULL, shard INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (reactor, shard)
  ) STRICT, WITHOUT ROWID;

  -- pending says what has to happen next, in the order of pending_ms: 'due' (to be tried from then on),
  -- 'attempting' (its lease ends then) or 'unreported' (queued then); null when nothing has to.
  CREATE TABLE mails (
    number INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE, order_id TEXT NOT NULL, shard INTEGER NOT NULL,
    mail TEXT NOT NULL, queued_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL, pending TEXT, pending_ms INTEGER NOT NULL,
    attempt INTEGER NOT NULL, owner TEXT, closed INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX mails_by_order ON mails (order_id);
  CREATE INDEX mails_pending ON mails (pending, shard, pending_ms) WHERE pending IS NOT NULL;
  CREATE TABLE mail_attempts (
    mail INTEGER NOT NULL, attempt INTEGER NOT NULL, started_at_ms INTEGER NOT NULL, outcome TEXT,
    PRIMARY KEY (mail, attempt)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE mail_counts (state TEXT NOT NULL PRIMARY KEY, mails INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO mail_counts VALUES
    ('queued', 0), ('attempting', 0), ('accepted', 0), ('refused', 0), ('deferred', 0), ('unknown', 0);
`;

/**
 * Creates the tables of a new file, or checks an existing one.
 * @throws OperationalError `data_too_new`, or `shards_changed` with both numbers.
 */
export function prepareSchema(database: OpenDatabase, shards: number): void {
  const version = rowOf(database.statement("PRAGMA user_version"))?.[0] as number;
  if (version === 0) create(database, shards);
  else if (version > SCHEMA_VERSION) {
    throw new OperationalError(
      "data_too_new",
      `The data was written by a newer version (schema ${version}, this one knows ${SCHEMA_VERSION}): start that version, or choose another DATA_DIR.`,
      { retryable: false },
    );
  }
  const stored = rowOf(database.statement("SELECT value FROM settings WHERE name = 'shards'"))?.[0] as number;
  if (stored !== shards) {
    throw new OperationalError(
      "shards_changed",
      `The data was written with ${stored} shards and SHARDS is ${shards}: set SHARDS=${stored}, or choose another DATA_DIR.`,
      { retryable: false },
    );
  }
}

function create(database: OpenDatabase, shards: number): void {
  database.sqlite.exec("BEGIN IMMEDIATE");
  database.sqlite.exec(TABLES);
  database.statement("INSERT INTO settings VALUES ('shards', ?)").run(shards);
  database.sqlite.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  database.sqlite.exec("COMMIT");
}
