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
  ...mutantsOf("src/infra/redpanda/topic-producers.ts", [`${REDPANDA}/topic-producers.test.ts`], {
    "count a missing partition as stored": {
      original: "  const missing = new Set(partitions);",
      replacement: "  const missing = new Set<number>();",
      breaks: "orders that no broker has are acknowledged",
    },
    "count a refused partition as stored": {
      original: "    if (!isAsked || errorCode !== 0 || Number(baseOffset ?? -1) < 0) {",
      replacement: "    if (!isAsked || Number(baseOffset ?? -1) < 0) {",
      breaks: "orders that a broker refused are acknowledged",
    },
    "use a producer again after an unknown outcome": {
      original: '        client.close();\n        return { type: "unknown", cause };',
      replacement: '        idle.push(used);\n        return { type: "unknown", cause };',
      breaks: "the broker takes a record for a repetition of another one, and drops it",
    },
  }),
  ...mutantsOf("src/infra/turns.ts", ["test/unit/infra/turns.test.ts", `${REDPANDA}/send-lanes.test.ts`], {
    "send beside what is under way": {
      original: "    if (isRunning) return;\n",
      replacement: "",
      breaks: "records of one order overtake each other",
    },
    "rest for as long as a request hung": {
      original: "Math.min(MAX_REST_MS, Math.max(0, tookMs) * REST_FACTOR)",
      replacement: "Math.max(0, tookMs) * REST_FACTOR",
      breaks: "after an outage of the store nothing is stored for as long again",
    },
  }),
  ...mutantsOf("src/infra/redpanda/send-lanes.ts", [`${REDPANDA}/send-lanes.test.ts`], {
    "settle what an answer lacks": {
      original: "if (!outcome.missing.has(message.partition)) settle(STORED);",
      replacement: "if (outcome.missing.size > 0) settle(STORED);",
      breaks: "orders that no broker has are acknowledged",
    },
    "call what may be stored not sent": {
      original: 'settle({ type: "unknown", cause: new Error("no broker acknowledged it") });',
      replacement: 'settle({ type: "notSent", cause: new Error("no broker acknowledged it") });',
      breaks: "who sent an order hears that it was certainly not taken, and it may be",
    },
  }),
  ...mutantsOf("src/infra/redpanda/progress-watchdog.ts", [`${REDPANDA}/progress-watchdog.test.ts`], {
    "let partitions that flow hide one that stands": {
      original: "    const stalled = waiting.find(({ key }) => nowMs",
      replacement: "    const stalled = waiting.slice(-1).find(({ key }) => nowMs",
      breaks: "orders of one partition wait for ever, and nobody is told",
    },
    "blame a consumer that works": {
      original: "last?.progress === progress ? last : { progress, sinceMs: nowMs }",
      replacement: "last !== undefined ? last : { progress, sinceMs: nowMs }",
      breaks: "a process that works off a long queue is ended as if it were dead",
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
    "take a webhook from the future": {
      original: "  if (Math.abs(ageS) > TOLERANCE_S) {",
      replacement: "  if (ageS > TOLERANCE_S) {",
      breaks: "a webhook that was signed for next year can be sent until then",
    },
    "let the parts of a webhook move their borders": {
      original: "const ID = /^[\\x21-\\x2d\\x2f-\\x7e]{1,255}$/;",
      replacement: "const ID = /^[\\x21-\\x7e]{1,255}$/;",
      breaks: "a signature fits another id and another time than were signed",
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
