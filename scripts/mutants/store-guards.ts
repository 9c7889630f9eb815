/**
 * Defects in what the stores and the log promise. Nearly all are planted in the simulated adapters, where each promise is
 * a line.
 */
import { type Mutant, mutantsOf } from "./mutant.ts";

const CONTRACTS = ["test/unit/support/memory.contract.test.ts"];
const SIMULATED = ["test/simulation/sim-adapters.test.ts"];

export const STORE_GUARDS: readonly Mutant[] = [
  ...mutantsOf("test/simulation/world/sim-event-store.ts", SIMULATED, {
    "skip the position key": {
      original: `  if (positions.has(commit.position)) return "staleOwner";\n`,
      replacement: "",
      breaks: "a stale owner of a shard is not fenced",
    },
    "skip the cause key": {
      original: `  if (ofOrder?.causes.has(commit.causeId)) return "repeatedCause";\n`,
      replacement: "",
      breaks: "a repeated submission takes effect again",
    },
    "skip the sequence key": {
      original: `  if (ofOrder?.sequences.has(commit.sequence)) return "conflict";\n`,
      replacement: "",
      breaks: "an order that has moved on is written over",
    },
    "append all or nothing, but say that a part is there": {
      original: '          return { type: "refused", index, reason };',
      replacement: '          return { type: "refused", index: Math.min(index + 1, commits.length - 1), reason };',
      breaks: "a refused commit counts as stored",
    },
  }),
  ...mutantsOf("test/simulation/world/network.ts", [], {
    "acknowledge before the sync": {
      original: "      cancel();\n      refuse(request, unknown(call.name));",
      replacement: '      cancel();\n      answer(request, { type: "appended", attempts: [] } as never);',
      breaks: "a power loss takes what was acknowledged",
    },
  }),
  ...mutantsOf("test/simulation/world/group-member.ts", SIMULATED, {
    "commit the offset first": {
      original: "      await handlers.onBatch({ shard: holding.shard, records });",
      replacement:
        "      for (const { topic, offset } of records) holding.processed.set(topic as InboxTopic, offset + 1);\n" +
        "      commitSoon(holding);\n" +
        "      await handlers.onBatch({ shard: holding.shard, records });",
      breaks: "a crash loses the messages of a batch",
    },
    "skip a batch that fails": {
      original:
        '      if (!holding.ended) await pause(holding, luck.between(RETRY_MS, LONGEST_RETRY_MS, "redelivery", life.name));\n      return;',
      replacement: "",
      breaks: "a batch that throws does not come again",
    },
    "begin behind the end": {
      original: "    holding.processed = new Map(begin);",
      replacement:
        "    holding.processed = new Map(\n" +
        "      INBOX_TOPICS.map((topic) => [topic, broker.partition(topic, holding.shard).records.length]),\n" +
        "    );",
      breaks: "what waits unread when a shard is taken over is never read",
    },
  }),
  ...mutantsOf("test/support/memory/memory-view-store.ts", CONTRACTS, {
    "let a checkpoint move back": {
      original: '        if (position < (reached?.get(shard) ?? 0)) return { type: "behind" };\n',
      replacement: "        void [shard, position];\n",
      breaks: "a process that lost a shard writes old documents over new ones",
    },
    "store the checkpoint without the mails": {
      original: '        if (change.type === "enqueueMail") attempts.push(',
      replacement: '        if (change.type === "enqueueMail" && change.claim !== undefined) attempts.push(',
      breaks: "mails are lost that nobody has room for",
    },
  }),
  ...mutantsOf("test/support/memory/memory-mail-ledger.ts", CONTRACTS, {
    "queue a known mail again": {
      original: "      if (mails.has(messageId)) return [];\n",
      replacement: "",
      breaks: "a replay sends every mail again",
    },
    "take the outcome of an old attempt": {
      original: "        const isCurrent = mail !== undefined && mail.attempts.length === attempt;",
      replacement: "        const isCurrent = mail !== undefined && attempt > 0;",
      breaks: "a late outcome hides what becomes of the attempt in progress",
    },
    "let an end be written over": {
      original:
        '        if (isCurrent && (mail.state === "attempting" || mail.state === "unknown")) finish(mail, outcome);',
      replacement: "        if (isCurrent) finish(mail, outcome);",
      breaks: "an outcome that comes twice ends a mail twice",
    },
    "hand a mail to everybody": {
      original: '  mail.state = "attempting";\n  mail.dueMs = null;',
      replacement: '  mail.state = "attempting";',
      breaks: "two processes send the same mail",
    },
    "forget the owners of attempts": {
      original: "(lease.untilMs < nowMs || ",
      replacement: "(",
      breaks: "an attempt whose sender died stays open for ever",
    },
  }),
  ...mutantsOf("src/infra/mongo/requests.ts", ["test/unit/infra/mongo/requests.test.ts"], {
    "let a write wait in silence": {
      original: 'operation === "session" ? () => {} : watch()',
      replacement: "() => {}",
      breaks: "mails wait a minute for the transaction of a process that was killed",
    },
  }),
];
