/** Defects at the front door and in what people are told. */
import { type Mutant, mutantsOf } from "./mutant.ts";

const FRONT_DOOR = ["test/unit/actors/front-door.test.ts"];
const READER = ["test/unit/actors/order-reader.test.ts"];

export const READING_GUARDS: readonly Mutant[] = [
  ...mutantsOf("src/actors/front-door.ts", FRONT_DOOR, {
    "acknowledge before the log has it": {
      original: "    try {\n      await stored;\n    } catch (error) {",
      replacement: "    try {\n      void stored.catch(() => {});\n    } catch (error) {",
      breaks: "an order that was acknowledged is lost",
    },
    "answer a repeat before the log has it": {
      original: "      await earlier.stored;\n",
      replacement: "      void earlier.stored.catch(() => {});\n",
      breaks: "a repeated order is acknowledged while the first one fails",
    },
    "answer another body under the same key": {
      original: "      if (!sameRequest(earlier, request)) return reused();\n      await",
      replacement: "      await",
      breaks: "a key that was used for another order gets that order's answer",
    },
    "say that an order is unknown before its shard was read": {
      original:
        "    const stored = await (hasCaughtUp() ? orderReader.loadStored(orderId) : orderReader.load(orderId));",
      replacement: "    const stored = await orderReader.loadStored(orderId);",
      breaks: "after a restart a key can stand for two orders",
    },
  }),
  ...mutantsOf("src/actors/order-reader.ts", READER, {
    "do not wait for the inbox": {
      original: "      await caughtUp(orderId);\n",
      replacement: "      void caughtUp;\n",
      breaks: "an order that was acknowledged is not found",
    },
    "take a payment for an order": {
      original: "      const isSubmitted = found !== null && found.order.details !== null;",
      replacement: "      const isSubmitted = found !== null;",
      breaks: "an order that was acknowledged is not found behind its payment",
    },
  }),
  ...mutantsOf("src/actors/catch-up.ts", ["test/unit/actors/catch-up.test.ts"], {
    "have caught up from the beginning": {
      original: "  return { isDone: () => waiting.length === 0,",
      replacement: "  return { isDone: () => waiting.length >= 0,",
      breaks: "after a restart a key can stand for two orders",
    },
  }),
  ...mutantsOf("src/actors/payment-webhooks.ts", ["test/unit/actors/payment-webhooks.test.ts"], {
    "believe a webhook twice": {
      original:
        "      if (earlier !== undefined && (earlier.orderId !== fact.orderId || earlier.causeId !== fact.causeId)) {",
      replacement: '      if (earlier !== undefined && earlier.orderId === "") {',
      breaks: "one webhook tells of two payments, and both are acknowledged",
    },
  }),
  ...mutantsOf("src/actors/dead-letter.ts", ["test/unit/actors/shard-worker-parking.test.ts"], {
    "give dead letters no id": {
      original: '      "dead-letter-id": ',
      replacement: '      "dead-letter-number": ',
      breaks: "a second letter for the same record cannot be recognised",
    },
  }),
];
