/** Defects in what follows from stored commits: views, published events, mails and deadlines. */
import { type Mutant, mutantsOf } from "./mutant.ts";

const REACTOR = ["test/unit/actors/reactor.test.ts"];
const MAIL = [
  "test/unit/actors/mail-sender.test.ts",
  "test/unit/actors/mail-sender-crashes.test.ts",
  "test/unit/actors/mail-outage.test.ts",
];
const TIMERS = ["test/unit/actors/timers.test.ts", "test/unit/actors/deadlines.test.ts"];
const PROJECTOR = ["test/unit/actors/projector.test.ts"];

export const EFFECT_GUARDS: readonly Mutant[] = [
  ...mutantsOf("src/actors/reactor.ts", REACTOR, {
    "go on though behind": {
      original: '        if (result === "applied") positions.set(shard, position);',
      replacement: "        positions.set(shard, position);",
      breaks: "a reactor that was overtaken goes on from where it is not",
    },
    "store the checkpoint before it applies": {
      original: "    const result = await handle(commits, isDue ? { reactor: name, positions: reached } : undefined);",
      replacement:
        "    if (isDue) await handle([], { reactor: name, positions: reached });\n" +
        "    const result = await handle(commits, isDue ? { reactor: name, positions: reached } : undefined);",
      breaks: "a crash loses what follows from commits",
    },
    "skip commits that a reactor fails on": {
      original:
        "      const result = await take(commits, new Map([...unstoredWith(asked), ...reached]), isTimeToStore());",
      replacement:
        "      for (const [shard, position] of reached) positions.set(shard, position);\n" +
        "      const result = await take(commits, new Map([...unstoredWith(asked), ...reached]), isTimeToStore());",
      breaks: "effects of a batch that failed never happen",
    },
    "miss what others append": {
      original: "    for (const shard of await eventStore.changedShards(known)) tail.forget(shard);",
      replacement: "    for (const shard of await eventStore.changedShards(known)) markDirty(shard);",
      breaks: "effects of what a former owner appended wait for the next message",
    },
    "never look": {
      original: '        if ((await wakeUp.wait(IDLE_POLL_MS)) === "timeout") await lookForUnpublished();',
      replacement: "        await wakeUp.wait(IDLE_POLL_MS);",
      breaks: "effects of what was stored with an unknown outcome wait for the next message",
    },
    "remember an old shard": {
      original: "    positions.delete(shard);\n    unstored.delete(shard);\n    if (!shards.has(shard))",
      replacement: "    unstored.delete(shard);\n    if (!shards.has(shard))",
      breaks: "a shard that comes back goes on from where this process was, not from where it is",
    },
  }),
  ...mutantsOf(
    "src/actors/owned-shards.ts",
    ["test/unit/actors/reactor.test.ts", "test/unit/actors/pipeline.test.ts"],
    {
      "forget revocation": {
        original: "      owned.delete(shard);\n",
        replacement: "",
        breaks: "a process works on in a shard that another one owns",
      },
    },
  ),
  ...mutantsOf("src/actors/publisher.ts", ["test/unit/actors/publisher.test.ts"], {
    "move the checkpoint before publishing": {
      original:
        "    await log.produce(commits.flatMap(cloudEventsOf));\n    return (await viewStore.apply([], checkpoint)).type;",
      replacement:
        "    const { type } = await viewStore.apply([], checkpoint);\n" +
        "    await log.produce(commits.flatMap(cloudEventsOf));\n" +
        "    return type;",
      breaks: "a crash loses published events",
    },
  }),
  ...mutantsOf(
    "src/actors/mail-queue.ts",
    ["test/unit/actors/projector.test.ts", "test/unit/actors/pipeline.test.ts"],
    {
      "mail before confirmed": {
        original: '(event): event is OrderConfirmed => event.type === "OrderConfirmed"',
        replacement: '(event): event is never => event.type === "OrderReceived"',
        breaks: "customers get a confirmation of what they have not paid",
      },
      "move the checkpoint before the mails": {
        original: "      const result = await viewStore.apply(writes, checkpoint);",
        replacement:
          "      await viewStore.apply([], checkpoint);\n      const result = await viewStore.apply(writes, checkpoint);",
        breaks: "a crash loses mails",
      },
      "give every attempt its own Message-ID": {
        original: '  const messageId = messageIdOf(orderId, "confirmation");',
        replacement: '  const messageId = messageIdOf(orderId + commit.position, "confirmation");',
        breaks: "a repeated mail is not recognised as one",
      },
    },
  ),
  ...mutantsOf("src/actors/mail-sender.ts", MAIL, {
    "believe that an unknown mail arrived": {
      original: '    if (type === "accepted" || type === "refused") return { type, response };',
      replacement:
        '    if (type === "unknown") return { type: "accepted", response };\n' +
        '    if (type === "accepted" || type === "refused") return { type, response };',
      breaks: "a mail whose connection broke is never sent again",
    },
    "resend what is to be held": {
      original: '    return { type, response, retryAtMs: unknownPolicy === "resend" ? retryAtMs : null };',
      replacement: '    return { type, response, retryAtMs: unknownPolicy === "resend" ? retryAtMs : nowMs };',
      breaks: "a mail that may have arrived is sent again against the policy",
    },
    "send copies without end": {
      original: "unknownAttempts >= MAX_UNKNOWN_ATTEMPTS && !isDecided",
      replacement: "unknownAttempts < 0 && !isDecided",
      breaks: "a server that swallows mails gets copy after copy",
    },
    "leave lost attempts alone": {
      original: "      await abandon(false);\n      await reportLeftovers();",
      replacement: "      lastLeaseCheckMs = nowMs;\n      await reportLeftovers();",
      breaks: "a mail whose sender died waits for ever",
    },
    "leave reports that a crash lost": {
      original: "      await abandon(false);\n      await reportLeftovers();",
      replacement: "      await abandon(false);",
      breaks: "an order never hears of its mail",
    },
    "lose outcomes to a failing store": {
      original: "        await retryPause.wait(backoffMs(FAILURE_PAUSE, attempt, random));\n      }\n    }\n  };",
      replacement: "        return;\n      }\n    }\n  };",
      breaks: "a known outcome is forgotten, and the mail sent again",
    },
    "give up a mail that is put off": {
      original: '    if (type === "deferred") return { type, response, retryAtMs };',
      replacement: '    if (type === "deferred") return { type: "refused", response };',
      breaks: "a busy mail server costs the customer the mail",
    },
  }),
  ...mutantsOf("src/actors/mail-breaker.ts", ["test/unit/actors/mail-breaker.test.ts"], {
    "never leave a mail server alone": {
      original: "failuresInARow >= FAILURES_IN_A_ROW : true",
      replacement: "failuresInARow < 0 : true",
      breaks: "a mail server that is down is asked again for every mail",
    },
  }),
  ...mutantsOf("src/actors/mail-pace.ts", ["test/unit/actors/mail-pace.test.ts"], {
    "forget the rate": {
      original: "      return Math.floor(saved);",
      replacement: "      return burst;",
      breaks: "a queue that an outage has filled comes down on a server all at once",
    },
  }),
  ...mutantsOf("src/actors/projector.ts", PROJECTOR, {
    "fold on whatever is remembered": {
      original: "      if (cached !== undefined && cached.order.version === sequence - 1) folded.set(orderId, cached);",
      replacement: "      if (cached !== undefined) folded.set(orderId, cached);",
      breaks: "a view counts events twice after a replay",
    },
    "keep the timer of a paid order": {
      original: '    event.type === "OrderPaid" ||\n',
      replacement: "",
      breaks: "timers of decided orders pile up",
    },
    "leave mails open": {
      original: '        if (event.type === "ConfirmationEmailed" || event.type === "ConfirmationRefused") {',
      replacement: '        if (event.type === "ConfirmationRefused") {',
      breaks: "outcomes are reported again and again",
    },
  }),
  ...mutantsOf("src/actors/timers.ts", TIMERS, {
    "forget the watermark": {
      original:
        "        .filter(({ shard, dueAtMs }) => dueAtMs < (reached.get(shard)?.watermarkMs ?? Number.NEGATIVE_INFINITY))\n",
      replacement: "        .filter(() => reached.size >= 0)\n",
      breaks: "a lagging worker expires orders whose payment waits unread",
    },
    "fire at the deadline": {
      original: "dueTimers(nowMs - watermarkMs - 1)",
      replacement: "dueTimers(nowMs)",
      breaks: "an order expires while the clock has not passed its watermark",
    },
    "fire without storing the watermark": {
      original: "      await watermarks.store();\n      await log.produce(",
      replacement: "      await log.produce(",
      breaks: "after a restart an order has expired by a watermark that nobody knows",
    },
  }),
  ...mutantsOf(
    "src/actors/watermarks.ts",
    ["test/unit/actors/watermarks.test.ts", "test/unit/actors/deadlines.test.ts"],
    {
      "let the watermark move back": {
        original: "        memory.watermarkMs = Math.max(memory.watermarkMs ?? 0, reachedMs - watermarkMs);",
        replacement: "        memory.watermarkMs = reachedMs - watermarkMs;",
        breaks: "a clock that is set back takes the watermark with it",
      },
      "pass what waits unread": {
        original: "  return Math.min(newestMs.get(lag.topic as Stream) ?? 0, lag.oldestUnreadMs, nowMs);",
        replacement: "  return Math.max(newestMs.get(lag.topic as Stream) ?? 0, nowMs);",
        breaks: "an order expires though its payment waits unread",
      },
      "follow the stream that is ahead": {
        original: "const reachedMs = Math.min(...lag.streams.map(",
        replacement: "const reachedMs = Math.max(...lag.streams.map(",
        breaks: "one stream that lags holds nothing back",
      },
      "forget the stored watermark": {
        original: "      memory.watermarkMs = Math.max(memory.watermarkMs ?? 0, memory.storedMs);",
        replacement: "      memory.watermarkMs = memory.watermarkMs ?? 0;",
        breaks: "a restart takes the watermark back",
      },
    },
  ),
  ...mutantsOf(
    "src/actors/steady-clock.ts",
    ["test/unit/actors/steady-clock.test.ts", "test/unit/actors/deadlines.test.ts"],
    {
      "follow a leap of the clock": {
        original: "        heldBackMs += stepMs;\n",
        replacement: "",
        breaks: "a clock that leaps ahead makes everything due at once",
      },
    },
  ),
];
