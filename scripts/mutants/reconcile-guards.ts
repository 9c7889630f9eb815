/** Defects in what compares the stores: each lets something that is wrong go unreported, or reports what is not. */
import { type Mutant, mutantsOf } from "./mutant.ts";

const RECONCILE = ["test/unit/actors/reconcile.test.ts"];

export const RECONCILE_GUARDS: readonly Mutant[] = [
  ...mutantsOf("src/actors/reconcile.ts", RECONCILE, {
    "count only what is listed": {
      original: "    unexplained: list.count() + totals",
      replacement: "    unexplained: totals",
      breaks: "a reconciliation that found something ends as if all were well",
    },
  }),
  ...mutantsOf("src/actors/reconcile-pages.ts", RECONCILE, {
    "report what was only being written": {
      original: "if (before.has(identityOf(discrepancy))) list.add(discrepancy);",
      replacement:
        "if (before.size > 0) list.add(discrepancy);\n      for (const discrepancy of first.found) list.add(discrepancy);",
      breaks: "a service at work is reported as broken",
    },
  }),
  ...mutantsOf("src/actors/reconcile-money.ts", RECONCILE, {
    "count what was given away at both orders": {
      original: ".received += BigInt(keptMinorOf(payment));",
      replacement: ".received += BigInt(payment.amount.amountMinor);",
      breaks: "the total of all orders does not add up once money went from one to another",
    },
  }),
  ...mutantsOf("src/actors/reconcile-order.ts", RECONCILE, {
    "pass over money that does not add up": {
      original: "    if (isEven && parts.every((part) => part >= 0)) continue;",
      replacement: "    if (isEven || parts.every((part) => part >= 0)) continue;",
      breaks: "an order whose money does not add up is not reported",
    },
  }),
  ...mutantsOf("src/actors/reconcile-transfers.ts", RECONCILE, {
    "take lost money for money on its way": {
      original: "          if (isOnTheWay(gift, taker)) onTheWay += 1;",
      replacement: "          if (isOnTheWay(gift, taker) || taker.shard >= 0) onTheWay += 1;",
      breaks: "money that left one order and came to no other is not reported",
    },
  }),
  ...mutantsOf("src/actors/reconcile-published.ts", ["test/unit/actors/reconcile-published.test.ts", ...RECONCILE], {
    "overlook events that were never published": {
      original: "    else if (event.position <= published) miss(event);",
      replacement: "    else if (event.position > published) miss(event);",
      breaks: "an event that its readers never get is not reported",
    },
  }),
  ...mutantsOf("src/actors/reconcile-views.ts", RECONCILE, {
    "overlook what a list shows wrong": {
      original: "          if (isSame(stored, document)) continue;",
      replacement: "          if (stored !== undefined || isSame(stored, document)) continue;",
      breaks: "an order that people see in another state than it is in is not reported",
    },
  }),
  ...mutantsOf("src/actors/reconcile-letters.ts", RECONCILE, {
    "overlook what became of letters": {
      original: 'document.state === resolution || document.state === "redriven") return null;',
      replacement: 'document.state !== resolution || document.state === "redriven") return null;',
      breaks: "a letter that is open again though somebody dropped it is not reported",
    },
  }),
  ...mutantsOf("src/actors/reconcile-mails.ts", RECONCILE, {
    "believe the ledger against the order": {
      original: "  return isSo ? [] : [{",
      replacement: "  return isSo || closed ? [] : [{",
      breaks: "a mail that was refused, of an order that shows it as sent, is not reported",
    },
  }),
  ...mutantsOf("src/actors/reconcile-desk.ts", RECONCILE, {
    "overlook money that counts twice": {
      original: '    if (payment?.state !== "open" || payment.countedAt === undefined) return [];',
      replacement: '    if (payment?.state === "open" || payment?.countedAt === undefined) return [];',
      breaks: "a payment that counts at two orders is not reported",
    },
  }),
  ...mutantsOf("src/actors/reconcile-inbox.ts", ["test/unit/actors/reconcile.test.ts"], {
    "overlook messages that nothing came of": {
      original: '  if (decision.type === "nothing") return null;',
      replacement: '  if (decision.type !== "refusal") return null;',
      breaks: "an order that was acknowledged and never taken is not reported",
    },
    "take any record for a dead letter": {
      original: "    .filter(({ record }) => !letters.has(letterIdAt(record)))",
      replacement: "    .filter(({ record }) => letters.has(letterIdAt(record)))",
      breaks: "a message that nobody could read, and that was not kept, is not reported",
    },
  }),
];
