/** Defects between the service and the world outside: the client of the broker, and the signatures of webhooks. */
import { type Mutant, mutantsOf } from "./mutant.ts";

const REDPANDA = "test/unit/infra/redpanda";

export const LOG_GUARDS: readonly Mutant[] = [
  ...mutantsOf("src/infra/redpanda/offset-commits.ts", [`${REDPANDA}/offset-commits.test.ts`], {
    "commit for an assignment that has ended": {
      original: "    if (behind.length === 0 || assignment.ended.aborted) return;",
      replacement: "    if (behind.length === 0) return;",
      breaks: "offsets of a shard that another process owns are moved past what nobody processed",
    },
    "let committed offsets fall back": {
      original: "partition.committedOffset = Math.max(partition.committedOffset, offset);",
      replacement: "partition.committedOffset = Math.min(partition.committedOffset, offset);",
      breaks: "the same offsets are committed again and again",
    },
  }),
  ...mutantsOf("src/infra/redpanda/hand-out.ts", [`${REDPANDA}/hand-out.test.ts`], {
    "mark as processed before the handlers": {
      original:
        "        if (records.length > 0) await onBatch({ shard, records });\n        markProcessed(owned.partitions, fetched);",
      replacement:
        "        markProcessed(owned.partitions, fetched);\n        if (records.length > 0) await onBatch({ shard, records });",
      breaks: "a crash loses the messages of a batch",
    },
    "hand out what may be another's": {
      original: "    while (mayGoOn(assignment) && isHeld()) {",
      replacement: "    while (mayGoOn(assignment)) {",
      breaks: "a process that has heard nothing for long goes on as if its shards were its own",
    },
    "go on after an assignment has ended": {
      original: "!assignment.ended.aborted && !stopping.signal.aborted;",
      replacement: "assignment !== undefined && !stopping.signal.aborted;",
      breaks: "a process works on in a shard that it was told it has lost",
    },
  }),
  ...mutantsOf("src/infra/redpanda/partition-feed.ts", [`${REDPANDA}/partition-feed.test.ts`], {
    "take a fetch from anywhere": {
      original: "    else if (partition.nextOffset !== fromOffset) {",
      replacement: "    else if (partition.nextOffset < 0) {",
      breaks: "records that the client skipped are never read",
    },
  }),
  ...mutantsOf("src/http/standard-webhooks.ts", ["test/unit/http/standard-webhooks.test.ts"], {
    "believe every signature": {
      original: '  if (!someMatch(signatures.split(" "), expected)) {',
      replacement: '  if (!someMatch(signatures.split(" "), expected) && signatures.length < 10) {',
      breaks: "anybody can say that an order is paid",
    },
    "take an old webhook": {
      original: "  if (Math.abs(ageS) > TOLERANCE_S) {",
      replacement: "  if (-ageS > TOLERANCE_S) {",
      breaks: "a webhook that somebody recorded can be sent again for ever",
    },
    "know only the first secret": {
      original: "  const expected = secrets.map(",
      replacement: "  const expected = secrets.slice(0, 1).map(",
      breaks: "a secret cannot be exchanged without a gap",
    },
    "sign without the body": {
      original: ".update(body);",
      replacement: ";",
      breaks: "a signature fits any payment",
    },
  }),
];
