/**
 * The tables of the embedded store, and the check that a file is one this code understands: its schema
 * version, and the number of shards it was created with, which decides where every record lives.
 *
 * What a transaction costs is the number of pages it touches, far more than their bytes. So tables with large
 * rows are in the order of their arrival, under a rowid: new rows share the last page, a row that changes soon
 * after is near it, and only small index entries are spread by their keys.
 */
import { OperationalError } from "../../actors/errors.ts";
import { type OpenDatabase, rowOf } from "./open-database.ts";

const SCHEMA_VERSION = 4;

/** A value is TEXT or, where it is not text, BLOB. */
const LOG_RECORDS = `
  CREATE TABLE log_records (
    number INTEGER PRIMARY KEY,
    topic TEXT NOT NULL, shard INTEGER NOT NULL, offset INTEGER NOT NULL,
    key TEXT NOT NULL, value ANY NOT NULL, headers TEXT NOT NULL, timestamp_ms INTEGER NOT NULL,
    UNIQUE (topic, shard, offset)
  ) STRICT;
`;

/** Schema 1 kept values as TEXT only. */
const FROM_1_TO_2 = `
  ALTER TABLE log_records RENAME TO log_records_1;
  ${LOG_RECORDS}
  INSERT INTO log_records SELECT * FROM log_records_1;
  DROP TABLE log_records_1;
`;

/** Decisions of people about mails. The index holds mails that staff may have to look at, and those on their way never. */
const MAIL_DECISIONS = `
  CREATE TABLE mail_decisions (
    mail INTEGER NOT NULL, round INTEGER NOT NULL, decision TEXT NOT NULL,
    key_id TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL, after_attempt INTEGER NOT NULL,
    PRIMARY KEY (mail, round)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX mails_desk ON mails (state, queued_at_ms, message_id) WHERE state > 'attempting';
  INSERT INTO mail_counts VALUES ('dropped', 0);
`;

const FROM_3_TO_4 = `
  ALTER TABLE mails ADD COLUMN decisions INTEGER NOT NULL DEFAULT 0;
  ${MAIL_DECISIONS}
`;

/** Acts are in the order of their ids, which is that of their time. */
const OPERATORS = `
  CREATE TABLE operator_keys (
    number INTEGER PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL, secret_hash TEXT NOT NULL,
    created_at TEXT NOT NULL, revoked_at TEXT
  ) STRICT;
  CREATE TABLE ended_sessions (session_id TEXT NOT NULL PRIMARY KEY, expires_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE operator_acts (
    act_id TEXT NOT NULL PRIMARY KEY, target TEXT, act TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX operator_acts_target ON operator_acts (target, act_id) WHERE target IS NOT NULL;
`;

/** What makes each older schema the next one. */
const UPGRADES: readonly (readonly [from: number, sql: string])[] = [
  [1, FROM_1_TO_2],
  [2, OPERATORS],
  [3, FROM_3_TO_4],
];

const TABLES = `
  CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  ${LOG_RECORDS}
  CREATE TABLE committed_offsets (
    topic TEXT NOT NULL, shard INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, shard)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE commits (
    number INTEGER PRIMARY KEY,
    shard INTEGER NOT NULL, position INTEGER NOT NULL,
    order_id TEXT NOT NULL, sequence INTEGER NOT NULL, cause_id TEXT NOT NULL,
    events TEXT NOT NULL, recorded_at TEXT NOT NULL,
    UNIQUE (shard, position)
  ) STRICT;
  -- The number of an order is that of its first commit. Order ids are random, so a write to an index on them
  -- touches a page of its own: only an order's first commit writes to this one, and its later commits to order_keys.
  CREATE TABLE orders (
    shard INTEGER NOT NULL, order_id TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (shard, order_id)
  ) STRICT, WITHOUT ROWID;
  -- The two keys that a commit takes within its order, as two rows beside each other and beside those of orders
  -- that began at the same time: its sequence (cause_id is empty) and its cause (sequence is 0).
  CREATE TABLE order_keys (
    order_number INTEGER NOT NULL, sequence INTEGER NOT NULL, cause_id TEXT NOT NULL, commit_number INTEGER NOT NULL,
    PRIMARY KEY (order_number, sequence, cause_id)
  ) STRICT, WITHOUT ROWID;

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
    attempt INTEGER NOT NULL, owner TEXT, closed INTEGER NOT NULL, decisions INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX mails_pending ON mails (pending, pending_ms) WHERE pending IS NOT NULL;
  CREATE TABLE mail_attempts (
    mail INTEGER NOT NULL, attempt INTEGER NOT NULL, started_at_ms INTEGER NOT NULL, outcome TEXT,
    PRIMARY KEY (mail, attempt)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE mail_counts (state TEXT NOT NULL PRIMARY KEY, mails INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO mail_counts VALUES
    ('queued', 0), ('attempting', 0), ('accepted', 0), ('refused', 0), ('deferred', 0), ('unknown', 0);
  ${MAIL_DECISIONS}
  ${OPERATORS}
`;

/**
 * Creates the tables of a new file, or checks an existing one.
 * @throws OperationalError `data_too_new`, or `shards_changed` with both numbers.
 */
export function prepareSchema(database: OpenDatabase, shards: number): void {
  const version = versionOf(database);
  if (version === 0) create(database, shards);
  else if (version < SCHEMA_VERSION) upgrade(database, version);
  checkSchema(database, shards);
}

/**
 * Checks that a file is one that this code can read as it is.
 * @throws OperationalError `data_too_new`, `shards_changed`, or `store_unavailable` for the file of an older version.
 */
export function checkSchema(database: OpenDatabase, shards: number): void {
  const version = versionOf(database);
  if (version > SCHEMA_VERSION) {
    throw new OperationalError(
      "data_too_new",
      `The data was written by a newer version (schema ${version}, this one knows ${SCHEMA_VERSION}): start that version, or choose another DATA_DIR.`,
      { retryable: false },
    );
  }
  if (version < SCHEMA_VERSION) {
    throw new OperationalError(
      "store_unavailable",
      `The data was written by an older version (schema ${version}, this one reads ${SCHEMA_VERSION}): start the service once, which brings it up to date.`,
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

function versionOf(database: OpenDatabase): number {
  return rowOf(database.statement("PRAGMA user_version"))?.[0] as number;
}

function upgrade(database: OpenDatabase, version: number): void {
  const steps = UPGRADES.filter(([from]) => from >= version).map(([, sql]) => sql);
  database.sqlite.exec(`BEGIN IMMEDIATE; ${steps.join("\n")} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

function create(database: OpenDatabase, shards: number): void {
  database.sqlite.exec("BEGIN IMMEDIATE");
  database.sqlite.exec(TABLES);
  database.statement("INSERT INTO settings VALUES ('shards', ?)").run(shards);
  database.sqlite.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  database.sqlite.exec("COMMIT");
}
