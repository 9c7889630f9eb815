/** Defects in the rules of money, time and life of an order. */
import { type Mutant, mutantsOf } from "./mutant.ts";

const DECIDE = ["test/unit/domain"];

export const DOMAIN_GUARDS: readonly Mutant[] = [
  ...mutantsOf("src/domain/decide.ts", DECIDE, {
    "credit twice": {
      original: "  if (earlier !== undefined) {\n    return sameMoney(earlier.amount, amount) ? NOTHING : quarantine(",
      replacement: "  if (earlier !== undefined && !sameMoney(earlier.amount, amount)) {\n    return quarantine(",
      breaks: "a repeated payment is decided as a new one",
    },
    "believe the second amount": {
      original: "? NOTHING : quarantine(order, incoming, earlier.amount);",
      replacement: "? NOTHING : NOTHING;",
      breaks: "a payment id that comes again with other money is passed over in silence",
    },
    "keep the money of a cancelled order": {
      original: '  return events({ type: "OrderCancelled", data: { reason } }, ...creditsBack(order, "cancelled"));',
      replacement: '  return events({ type: "OrderCancelled", data: { reason } });',
      breaks: "a deposit is not due again after a cancellation",
    },
    "keep the money of an expired order": {
      original: 'data: { deadline: message.deadline } }, ...creditsBack(order, "expired"))',
      replacement: "data: { deadline: message.deadline } })",
      breaks: "a deposit is not due again after the deadline",
    },
    "refund without limit": {
      original: "  if (amountMinor > leftMinor) {",
      replacement: "  if (leftMinor === 0) {",
      breaks: "more goes back than came in",
    },
    "refund twice": {
      original: '    if (sameMoney(earlier.amount, amount)) return NOTHING;\n    return refusal("refund_id_reused"',
      replacement: '    if (earlier.refundId === "") return refusal("refund_id_reused"',
      breaks: "a repeated refund is decided as a new one",
    },
    "cancel what is confirmed": {
      original:
        '  if (order.status !== "received") return events({ type: "CancellationRefused", data: { reason } });\n',
      replacement: "",
      breaks: "a cancellation wins against a confirmation",
    },
    "expire what is paid": {
      original: '      return order.status === "received" && order.details?.paymentDeadline === message.deadline\n',
      replacement: "      return order.details?.paymentDeadline === message.deadline\n",
      breaks: "a deadline ends an order that was paid",
    },
    "expire at any deadline": {
      original: " && order.details?.paymentDeadline === message.deadline\n",
      replacement: "\n",
      breaks: "a message with another deadline ends an order before its time",
    },
    "report a mail before its order is confirmed": {
      original: '      return order.status === "confirmed" ? events(outcomeOf(message)) : NOTHING;',
      replacement: '      return order.status !== "received" ? events(outcomeOf(message)) : NOTHING;',
      breaks: "a repeated report of a mail is decided as a new one",
    },
    "forget parked payments": {
      original: "of order.payments.filter((candidate) => parkedMinorOf(candidate) > 0)) {",
      replacement: "of order.payments.filter((candidate) => parkedMinorOf(candidate) < 0)) {",
      breaks: "a payment that came before its order is never applied",
    },
    "settle with what has gone back": {
      original: "    const amount = { ...payment.amount, amountMinor: parkedMinorOf(payment) };",
      replacement: "    const { amount } = payment;",
      breaks: "a payment of which a part was paid back before its order came pays with all that it was",
    },
    "ignore another price": {
      original: "  if (quotedTotal !== undefined && !sameMoney(quotedTotal, pricing.total)) {",
      replacement: "  if (quotedTotal !== undefined && quotedTotal.currency !== pricing.total.currency) {",
      breaks: "a customer is charged what nobody told them",
    },
    "let another order have the id": {
      original: "  if (sameRequest(details, message)) return NOTHING;\n  return refusal(",
      replacement: "  if (details.customer.name === message.customer.name) return NOTHING;\n  return refusal(",
      breaks: "a key that is used for another order is passed over in silence",
    },
  }),
  ...mutantsOf("src/domain/settle.ts", DECIDE, {
    "close the deadline early": {
      original: '  if (Date.parse(paidAt) > Date.parse(paymentDeadline)) return [due("paidLate")];',
      replacement: '  if (Date.parse(paidAt) >= Date.parse(paymentDeadline)) return [due("paidLate")];',
      breaks: "a payment exactly at the deadline does not count",
    },
    "forget the deadline": {
      original: '  if (Date.parse(paidAt) > Date.parse(paymentDeadline)) return [due("paidLate")];\n',
      replacement: "",
      breaks: "a payment after the deadline counts",
    },
    "credit any currency": {
      original:
        '  if (amount.currency !== total.currency) return partial ? [due("currencyMismatch")] : reject("currencyMismatch");\n',
      replacement: "",
      breaks: "dollars pay for an order in euros",
    },
    "take too little": {
      original: '  if (!partial && amount.amountMinor !== outstandingMinor) return reject("amountMismatch");\n',
      replacement: "",
      breaks: "a payment that does not match becomes a deposit",
    },
    "keep the excess": {
      original: "    ...(excess.amountMinor > 0 ? [overpaid] : []),",
      replacement: "    ...(excess.amountMinor < 0 ? [overpaid] : []),",
      breaks: "what was paid too much is neither applied nor due",
    },
    "take back what is kept first": {
      original: "  let missingMinor = amountMinor - dueMinor;",
      replacement: "  let missingMinor = Math.max(amountMinor - dueMinor, Math.min(amountMinor, 1));",
      breaks: "a refund of what is due takes from what the order keeps",
    },
    "pay back without limit": {
      original: "balance.receivedMinor - balance.refundedMinor;",
      replacement: "balance.receivedMinor;",
      breaks: "what went back can go back again",
    },
    "pay back twice": {
      original: "    missingMinor -= takenMinor;\n",
      replacement: "",
      breaks: "a refund takes its amount from each payment that the order keeps",
    },
    "revive an order": {
      original: '  if (order.status !== "received" || !customer || !lines || !total || !paymentDeadline) {',
      replacement: '  if (order.status === "confirmed" || !customer || !lines || !total || !paymentDeadline) {',
      breaks: "a late payment revives an order that ended",
    },
  }),
  ...mutantsOf("src/domain/payment-decision.ts", DECIDE, {
    "decide about quarantined money twice": {
      original: "  if (quarantined !== undefined && quarantined.decided === undefined) {",
      replacement: "  if (quarantined !== undefined) {",
      breaks: "a quarantined payment becomes money again with every decision",
    },
    "reject money": {
      original: '  if (decision === "reject" && source !== "quarantined") {',
      replacement: '  if (decision === "reject" && source === "refundDue" && order.status === "received") {',
      breaks: "money that came in is closed as if it were none",
    },
  }),
  ...mutantsOf("src/domain/order.ts", DECIDE, {
    "owe what was given away": {
      original: "    dueMinor: payment.dueMinor - Math.max(0, amountMinor - parkedMinorOf(payment)),\n",
      replacement: "",
      breaks: "money that another order has is refund due as well",
    },
    "move what has gone back": {
      original: "  return Math.min(dueMinor - paidBackMinor, balance?.refundDueMinor ?? 0);",
      replacement: "  return Math.max(dueMinor - paidBackMinor, balance?.refundDueMinor ?? 0);",
      breaks: "money that was refunded is given to another order, too",
    },
    "decide about what was paid back": {
      original: "  return Math.min(dueMinor - paidBackMinor, balance?.refundDueMinor ?? 0);",
      replacement: "  return Math.min(dueMinor, balance?.refundDueMinor ?? 0);",
      breaks: "money that the provider paid back is on the desk, and can be given to another order",
    },
    "read a partly refunded order as refunded": {
      original: '  return keepsSome ? "partlyRefunded" : "refunded";',
      replacement: '  return keepsSome ? "refunded" : "refunded";',
      breaks: "an order that keeps money reads as if all of it had gone back",
    },
    "owe without taking back": {
      original: "    appliedMinor: payment.appliedMinor - Math.max(0, amountMinor - parkedMinorOf(payment)),",
      replacement: "    appliedMinor: payment.appliedMinor,",
      breaks: "money counts as applied and as due",
    },
  }),
  ...mutantsOf("src/domain/messages.ts", DECIDE, {
    "give refunds the causes of payments": {
      original: "      return `refund:",
      replacement: "      return `payment:",
      breaks: "a refund and a payment of one id hide each other",
    },
  }),
  ...mutantsOf("src/domain/webhook-contradiction.ts", [...DECIDE, "test/unit/actors/payment-webhooks.test.ts"], {
    "let a webhook tell two facts": {
      original: "  return told.some(({ by, fact }) => by === webhookId && fact !== causeOf(message));",
      replacement: '  return told.some(({ by, fact }) => by === webhookId && fact === "");',
      breaks: "one webhook counts as two payments",
    },
  }),
  ...mutantsOf("src/domain/event-time.ts", ["test/unit/domain/event-time.test.ts"], {
    "believe every time": {
      original: '  if (timeMs > referenceMs + MAX_AHEAD_MS) return "future";\n',
      replacement: "",
      breaks: "a payment from the year 3000 takes the watermark with it",
    },
  }),
];
