/**
 * A raw limit: how many durable transactions a second SQLite makes on this disk, with one row in each and with 50, in the
 * journal mode of the service. Arguments: the database file, and the seconds for each of the two.
 */
import { DatabaseSync } from "node:sqlite";
import { endWithParent } from "./child.ts";
import { nowMs } from "./clock.ts";

const ROWS_OF_A_BATCH = 50;
const WARM_UP_MS = 500;
/** As large as a commit of an order's events. */
const ROW = JSON.stringify({ events: "e".repeat(380) });

endWithParent();
const [file = "", seconds = "3"] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
database.exec("CREATE TABLE commits (position INTEGER PRIMARY KEY, value TEXT NOT NULL)");
const insert = database.prepare("INSERT INTO commits (value) VALUES (?)");

/** Runs transactions of so many rows for a time; returns how many per second. */
function transactionsPerS(rows: number, forMs: number): number {
  const startedAtMs = nowMs();
  let transactions = 0;
  while (nowMs() - startedAtMs < forMs) {
    database.exec("BEGIN IMMEDIATE");
    for (let row = 0; row < rows; row += 1) insert.run(ROW);
    database.exec("COMMIT");
    transactions += 1;
  }
  return (transactions * 1_000) / (nowMs() - startedAtMs);
}

const measure = (rows: number): number => {
  transactionsPerS(rows, WARM_UP_MS);
  return transactionsPerS(rows, Number(seconds) * 1_000);
};
const commitsPerS = measure(1);
const rowsPerS = ROWS_OF_A_BATCH * measure(ROWS_OF_A_BATCH);
database.close();
process.stdout.write(`result ${JSON.stringify({ commitsPerS, rowsPerS })}\n`);
