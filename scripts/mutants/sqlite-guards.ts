/** Defects in the embedded store: its unique keys, its offsets and checkpoints, and the states of mails. */
import { type Mutant, mutantsOf } from "./mutant.ts";

const CONTRACTS = ["test/integration/sqlite/contracts.test.ts"];
const CONSUMER = ["test/integration/sqlite/inbox-consumer.test.ts"];

export const SQLITE_GUARDS: readonly Mutant[] = [
  ...mutantsOf("src/infra/sqlite/schema.ts", CONTRACTS, {
    "widen the position key": {
      original: "    UNIQUE (shard, position)\n",
      replacement: "    UNIQUE (shard, position, cause_id)\n",
      breaks: "a stale owner of a shard is not fenced",
    },
    "widen the key of mails": {
      original: "message_id TEXT NOT NULL UNIQUE,",
      replacement: "message_id TEXT NOT NULL,",
      breaks: "a replay sends every mail again",
    },
  }),
  ...mutantsOf("src/infra/sqlite/commit-operations.ts", CONTRACTS, {
    "ignore the cause key": {
      original: "  if (takeKey.run(order, 0, causeId, number).changes === 0) {",
      replacement: "  if (takeKey.run(order, 0, causeId, number).changes < 0) {",
      breaks: "a repeated message takes effect again",
    },
    "ignore the sequence key": {
      original: '  if (takeKey.run(order, sequence, "", number).changes === 0) {',
      replacement: '  if (takeKey.run(order, sequence, "", number).changes < 0) {',
      breaks: "an order that has moved on is written over",
    },
    "keep a refused commit": {
      original: '    database.statement(DELETE).run(number);\n    return "repeatedCause";',
      replacement: '    return "repeatedCause";',
      breaks: "a commit that was refused is in the shard's log",
    },
    "keep the cause of a refused commit": {
      original: "    database.statement(FREE_CAUSE).run(order, causeId);\n",
      replacement: "",
      breaks: "a message whose commit was refused is taken for a repeat when it comes again",
    },
    "go on behind a refused commit": {
      original: "    if (reason !== null) return { index: i / COMMIT_CELLS, reason };",
      replacement:
        "    if (reason !== null && i + COMMIT_CELLS >= cells.length) return { index: i / COMMIT_CELLS, reason };",
      breaks: "commits that were decided on a refused one are stored",
    },
  }),
  ...mutantsOf(
    "src/infra/sqlite/log-operations.ts",
    ["test/integration/sqlite/committed-offsets.test.ts", "test/integration/sqlite/log-retention.test.ts"],
    {
      "take stale offsets": {
        original: "SET next_offset = max(next_offset, excluded.next_offset)",
        replacement: "SET next_offset = excluded.next_offset",
        breaks: "an offset that comes late takes the log back",
      },
      "delete unread records": {
        original: "  const bound = processedOnly ? Math.min(end - 1, committed) : end - 1;",
        replacement: "  const bound = processedOnly ? Math.max(end - 1, committed) : end - 1;",
        breaks: "old messages are deleted before they were processed",
      },
    },
  ),
  ...mutantsOf("src/infra/sqlite/inbox-consumer.ts", CONSUMER, {
    "process the offset first": {
      original: "        await handlers.onBatch(batch);\n        for (const partition of partitions) {",
      replacement:
        "        queueMicrotask(() => void handlers.onBatch(batch).catch(onError));\n" +
        "        for (const partition of partitions) {",
      breaks: "a batch that fails does not come again",
    },
  }),
  ...mutantsOf("src/infra/sqlite/view-operations.ts", CONTRACTS, {
    "let a stored checkpoint move back": {
      original: "  if (checkpoint !== null && movesBack(database, checkpoint)) return null;\n",
      replacement: "",
      breaks: "a process that lost a shard writes old documents over new ones",
    },
  }),
  ...mutantsOf("src/infra/sqlite/mail-operations.ts", CONTRACTS, {
    "mail before the attempt is stored": {
      original: "  database.statement(INSERT_ATTEMPT).run(lastInsertRowid, 1, claimed.nowMs);\n",
      replacement: "",
      breaks: "a crash hides that a mail may have been sent",
    },
    "store the outcome of an old attempt": {
      original: "WHERE message_id = ? AND attempt = ? AND state IN",
      replacement: "WHERE message_id = ? AND attempt >= ? AND state IN",
      breaks: "a late outcome hides what becomes of the attempt in progress",
    },
    "end a mail twice": {
      original: "AND attempt = ? AND state IN ('attempting', 'unknown')`",
      replacement: "AND attempt = ? AND state <> 'queued'`",
      breaks: "an outcome that comes twice ends a mail twice",
    },
    "claim the mails of others": {
      original: "AND shard IN (SELECT value FROM json_each(?))\n     ORDER BY",
      replacement: "AND (shard >= 0 OR shard IN (SELECT value FROM json_each(?)))\n     ORDER BY",
      breaks: "a process sends the mails of shards that it does not own",
    },
    "abandon nothing of others": {
      original: "(pending_ms < ? OR owner <> ?)",
      replacement: "(pending_ms < ? AND owner <> ?)",
      breaks: "an attempt whose sender died stays open for ever",
    },
  }),
];
