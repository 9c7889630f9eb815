/** Every operation of the two database threads by the name it is called with. What is before the dot tells whose it is. */
import * as commits from "./commit-operations.ts";
import * as log from "./log-operations.ts";
import * as ledger from "./mail-operations.ts";
import * as mails from "./mail-queries.ts";
import type { OpenDatabase } from "./open-database.ts";
import * as operators from "./operator-operations.ts";
import * as views from "./view-operations.ts";

/** Run by the writer thread, many in one transaction. */
export const WRITE_OPERATIONS = {
  "log.produce": log.produce,
  "log.commitOffsets": log.commitOffsets,
  "log.trim": log.trim,
  "events.append": commits.append,
  "views.define": views.define,
  "views.apply": views.apply,
  "views.putNew": views.putNew,
  "views.resetCheckpoint": views.resetCheckpoint,
  "views.activate": views.activate,
  "mails.claim": ledger.claim,
  "mails.record": ledger.record,
  "mails.abandon": ledger.abandon,
  "mails.decide": ledger.decide,
  "keys.add": operators.addKey,
  "keys.revoke": operators.revokeKey,
  "keys.endSession": operators.endSession,
  "acts.append": operators.appendAct,
  "database.probe": probe,
  "database.limitPages": limitPages,
} as const;

/** Run by the reader thread. */
export const READ_OPERATIONS = {
  "log.offsets": log.offsetsOf,
  "log.fetch": log.fetchRecords,
  "log.storedAt": log.storedAtMs,
  "events.readOrders": commits.readOrders,
  "events.readShard": commits.readShard,
  "events.head": commits.head,
  "events.changedShards": commits.changedShards,
  "views.getMany": views.getMany,
  "views.list": views.list,
  "views.scan": views.scan,
  "views.checkpoint": views.readCheckpoint,
  "views.activeVersion": views.activeVersion,
  "mails.unreported": mails.unreported,
  "mails.counts": mails.countMails,
  "mails.get": mails.mailsOf,
  "mails.scan": mails.scan,
  "mails.list": mails.listMails,
  "keys.get": operators.getKey,
  "keys.list": operators.listKeys,
  "keys.isSessionEnded": operators.isSessionEnded,
  "acts.list": operators.listActs,
} as const;

export type WriteOperations = typeof WRITE_OPERATIONS;
export type ReadOperations = typeof READ_OPERATIONS;

/** Writes a little, to tell whether anything can be written. */
function probe(database: OpenDatabase, nowMs: number): void {
  database.statement("INSERT OR REPLACE INTO settings VALUES ('probed_at_ms', ?)").run(nowMs);
}

/** Limits the size of the database file: above it every write fails as on a full disk. Lets tests fill a disk. */
function limitPages(database: OpenDatabase, pages: number): void {
  database.sqlite.exec(`PRAGMA max_page_count = ${Math.trunc(pages)}`);
}
