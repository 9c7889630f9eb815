/** Defects between the inbox and the shard log. */
import { type Mutant, mutantsOf } from "./mutant.ts";

const WORKER = [
  "test/unit/actors/shard-worker.test.ts",
  "test/unit/actors/shard-worker-races.test.ts",
  "test/unit/actors/shard-worker-parking.test.ts",
];
const ACTOR = ["test/unit/actors/order-actor.test.ts", "test/unit/actors/order-life.properties.test.ts"];

export const WORKER_GUARDS: readonly Mutant[] = [
  ...mutantsOf("src/actors/shard-worker.ts", WORKER, {
    "publish before the append": {
      original: "      const result = await append(shard, memory.head, commits);",
      replacement:
        "      tail.publish(shard, commits);\n      const result = await append(shard, memory.head, commits);",
      breaks: "effects follow from commits that are never stored",
    },
    "swallow a failed append": {
      original: "      startAgain(batch.shard, memory);\n      throw error;",
      replacement: "      startAgain(batch.shard, memory);\n      void error;",
      breaks: "the offsets of a batch are committed though it was not stored",
    },
    "trust memory after an unknown outcome": {
      original: "      startAgain(batch.shard, memory);\n      throw error;",
      replacement: "      throw error;",
      breaks: "events that were decided and never stored are built upon",
    },
    "trust memory after a refused commit": {
      original: "      for (const { orderId } of commits.slice(result.index)) memory.live.forget(orderId);\n",
      replacement: "",
      breaks: "orders keep events that were refused",
    },
    "trust an old state": {
      original: "    const isOwner = (await eventStore.head(shard)) === head;",
      replacement: "    const isOwner = shard >= 0 && head >= 0;",
      breaks: "a message is passed over, or refused, because of a state that another owner has moved on",
    },
    "skip what was decided before a refused commit": {
      original: "      if (stored.length > 0) from = (sources[stored.length - 1] as number) + 1;",
      replacement: "      from = (sources[result.index] as number | undefined) ?? from;",
      breaks: "messages that were decided on an old state count as done",
    },
    "assume every order to be new for ever": {
      original: "arrivals.slice(from), attempt === 1);",
      replacement: "arrivals.slice(from), attempt > 0);",
      breaks: "a repeated submission stops its shard",
    },
    "remember a shard from before": {
      original: "    onAssigned: startOver,\n    onRevoked: startOver,",
      replacement: "    onAssigned: () => {},\n    onRevoked: () => {},",
      breaks: "a shard that comes back is judged by what this process remembers of it",
    },
    "drop misrouted messages": {
      original: '        elsewhere.push({ topic: "order-commands", key, value, headers });',
      replacement: "        void [key, value, headers];",
      breaks: "a message in the wrong shard is lost",
    },
    "process misrouted messages in place": {
      original: "      if (shardOf(message.orderId, shards) === shard) {",
      replacement: "      if (shard >= 0) {",
      breaks: "an order is written in two shards",
    },
    "drop dead letters": {
      original:
        "      const produced = [...elsewhere, ...letters.map(({ record, code, detail }) => deadLetterOf(record, code, detail))];",
      replacement: "      void deadLetterOf;\n      const produced = [...elsewhere];",
      breaks: "a message that cannot be taken is lost",
    },
    "do not wait for dead letters": {
      original: "      if (produced.length > 0) await log.produce(produced);",
      replacement: "      if (produced.length > 0) void log.produce(produced).catch(() => {});",
      breaks: "a crash loses messages that cannot be taken",
    },
    "let one broken order stop its shard": {
      original: "        decided.broken.add(message.orderId);\n        park(i, record,",
      replacement: "        if (error instanceof Error) throw error;\n        park(i, record,",
      breaks: "a defect in one order stops all orders of its shard",
    },
  }),
  ...mutantsOf("src/actors/order-actor.ts", ACTOR, {
    "drop the causes check": {
      original: '      return causes.has(decision.causeId ?? causeOf(message)) ? { type: "nothing" } : decision;',
      replacement: "      return decision;",
      breaks: "a message that took effect is decided again",
    },
    "forget causes": {
      original: "      causes.add(causeId);\n",
      replacement: "",
      breaks: "a message that took effect is decided again",
    },
    "take events that the machine does not know": {
      original: "    if (after.context.version === before.context.version + 1) return;",
      replacement: "    if (after.context.version >= before.context.version) return;",
      breaks: "an order goes where its life does not lead",
    },
  }),
  ...mutantsOf("src/actors/order-machine.ts", ["test/unit/actors/order-machine.test.ts", "test/exhaustive"], {
    "confirm without money": {
      original: "    isPaidInFull: ({ context }) =>\n      !!context.details?.total &&",
      replacement: "    isPaidInFull: ({ context }) =>\n      context.version >= 0 ||",
      breaks: "the machine confirms an order that is not paid",
    },
    "pay with any amount": {
      original: 'event.type === "OrderPaid" && outstandingAfter(context, event) === 0,',
      replacement: 'event.type === "OrderPaid" && outstandingAfter(context, event) !== 0.5,',
      breaks: "the machine takes an order for paid that is not",
    },
    "owe what is kept": {
      original: 'isGivenUp || reason === "paidBack" ? payment.appliedMinor : 0;',
      replacement: 'isGivenUp || reason !== "decided" ? payment.appliedMinor : 0;',
      breaks: "the machine lets a paid order owe its money though nobody paid it back",
    },
  }),
  ...mutantsOf("src/actors/payment-desk.ts", ["test/unit/actors/payment-desk.test.ts"], {
    "lose what is on its way": {
      original: "    await move(commits);\n    await tell",
      replacement: "    if (checkpoint === undefined) await move(commits);\n    await tell",
      breaks: "money that one order gave away never comes to the other",
    },
  }),
  ...mutantsOf("src/actors/commit-tail.ts", ["test/unit/actors/commit-tail.test.ts"], {
    "bridge a gap": {
      original: "    if (last !== undefined && commit.position !== last.position + 1) commits.length = 0;\n",
      replacement: "",
      breaks: "effects skip commits that were not published in this process",
    },
  }),
];
