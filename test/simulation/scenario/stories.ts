/**
 * What happens around one order, by every kind of disorder that the world knows: early, late, double, partial, wrong,
 * too much, too little, reused, cancelled and refunded. A story is a list of ops whose times may still be shaken.
 */
import type { Money } from "../../../src/domain/money.ts";
import { CATALOGUE } from "../../support/order-messages.ts";
import type { Chance } from "../engine/chance.ts";
import { REFUND_STORIES } from "./refund-stories.ts";
import type { Op, PaidAt, Route, Settings } from "./scenario.ts";
import type { Act, Cast, Story } from "./story.ts";

const MARGIN_MS = 3_000;

export const STORIES: Readonly<Record<string, Story>> = {
  paid: ({ submit, pay, totalMinor }) => [submit(), pay(totalMinor)],
  unpaid: ({ submit }) => [submit()],
  paymentFirst: ({ submit, pay, totalMinor, submitMs }) => [
    submit(),
    pay(totalMinor, { atMs: Math.max(0, submitMs - MARGIN_MS) }),
  ],
  split: ({ submit, pay, totalMinor, chance }) => [
    submit(),
    ...partsOf(totalMinor, chance).map((part) => pay(part, { partial: true })),
  ],
  splitFirst: ({ submit, pay, totalMinor, chance, submitMs }) => [
    submit(),
    ...partsOf(totalMinor, chance).map((part) => pay(part, { partial: true, atMs: Math.max(0, submitMs - MARGIN_MS) })),
  ],
  splitShort: ({ submit, pay, totalMinor, chance }) => [
    submit(),
    ...partsOf(totalMinor, chance)
      .slice(1)
      .map((part) => pay(part, { partial: true })),
  ],
  splitOver: ({ submit, pay, totalMinor, chance }) => [
    submit(),
    ...[...partsOf(totalMinor, chance), 500].map((part) => pay(part, { partial: true })),
  ],
  splitThenRest: ({ submit, pay, totalMinor, later }) => [
    submit(),
    pay(300, { partial: true }),
    pay(totalMinor - 300, { atMs: later(2_000) }),
  ],
  splitThenWrong: ({ submit, pay, totalMinor, later }) => [
    submit(),
    pay(300, { partial: true }),
    pay(totalMinor, { atMs: later(2_000) }),
  ],
  underpaid: ({ submit, pay, totalMinor }) => [submit(), pay(totalMinor - 1)],
  overpaid: ({ submit, pay, totalMinor }) => [submit(), pay(totalMinor + 100)],
  wrongCurrency: ({ submit, pay, totalMinor, chance }) => [
    submit(),
    pay({ amountMinor: totalMinor, currency: chance.of(["USD", "JPY"]) }, { partial: chance.happens(0.5) }),
  ],
  paidTwice: ({ submit, pay, totalMinor, later }) => [
    submit(),
    pay(totalMinor),
    pay(totalMinor, { atMs: later(2_000) }),
  ],
  paymentIdReused: ({ submit, pay, totalMinor, later }) => [
    submit(),
    pay(totalMinor, { paymentId: "reused" }),
    pay(totalMinor + 50, { paymentId: "reused", atMs: later(1_000) }),
    pay(totalMinor + 70, { paymentId: "reused", atMs: later(2_000) }),
  ],
  orphan: ({ pay, totalMinor }) => [pay(totalMinor)],
  orphanDecided: ({ submit, pay, decide, totalMinor, key, chance, later }) => {
    const again = { order: `${key}-again` };
    const to = chance.happens(0.6) ? { decision: "accept", toOrder: again.order } : { decision: "refund" };
    return [
      submit({ ...again, atMs: later(1_000) }),
      pay(totalMinor, { paymentId: "orphan" }),
      decide("orphan", { ...to, atMs: later(4_000) } as Partial<Extract<Act, { type: "decide" }>>),
      decide("nobody's", { atMs: later(4_000) }),
      ...(chance.happens(0.3) ? [submit({ atMs: later(6_000) })] : []),
    ];
  },
  surplusMoved: ({ submit, pay, refund, decide, totalMinor, key, chance, later }) => {
    const again = { order: `${key}-again` };
    return [
      submit(),
      pay(totalMinor),
      pay(totalMinor, { paymentId: "second", atMs: later(2_000) }),
      submit({ ...again, atMs: later(3_000) }),
      ...(chance.happens(0.4) ? [refund(100, { atMs: later(4_000) })] : []),
      decide("second", { toOrder: again.order, atMs: later(5_000) }),
      decide("second", { decision: "refund", atMs: later(5_000) }),
      decide("second", { decision: "reject", atMs: later(6_000) }),
    ];
  },
  quarantineDecided: ({ submit, pay, decide, totalMinor, later, chance }) => [
    submit(),
    pay(300, { paymentId: "reused", partial: true }),
    pay(totalMinor - 300, { paymentId: "reused", atMs: later(1_000) }),
    decide(`reused~${totalMinor - 300}EUR`, {
      decision: chance.of(["accept", "refund", "reject"]),
      atMs: later(5_000),
    }),
    decide(`reused~${totalMinor - 300}EUR`, { decision: chance.of(["accept", "reject"]), atMs: later(6_000) }),
  ],
  atDeadline: ({ submit, pay, totalMinor, chance, settings, submitMs }) => [
    submit(),
    pay(totalMinor, {
      paidAt: { afterDeadlineMs: chance.of([-1, 0, 1]) },
      atMs: submitMs + settings.paymentWindowMs + chance.between(-2_000, Math.floor(settings.watermarkMs * 1.1)),
    }),
  ],
  atDeadlineEarly: ({ submit, pay, totalMinor, chance }) => [
    submit(),
    pay(totalMinor, { paidAt: { afterDeadlineMs: chance.of([-1, 0, 1]) } }),
  ],
  veryLate: ({ submit, pay, totalMinor, settings, submitMs }) => [
    submit(),
    pay(totalMinor, { atMs: submitMs + settings.paymentWindowMs + settings.watermarkMs + 30_000 }),
  ],
  lateNews: ({ submit, pay, totalMinor, settings, submitMs, later }) => [
    submit(),
    pay(totalMinor, {
      paidAt: { atMs: later(1_000) },
      atMs: submitMs + settings.paymentWindowMs + settings.watermarkMs + 30_000,
    }),
  ],
  cancelled: ({ submit, cancel }) => [submit(), cancel()],
  cancelRacesPayment: ({ submit, pay, cancel, totalMinor, later }) => [
    submit(),
    pay(totalMinor, { atMs: later(2_000) }),
    cancel({ atMs: later(2_000) }),
  ],
  cancelledInPart: ({ submit, pay, cancel, later }) => [
    submit(),
    pay(300, { partial: true }),
    cancel({ atMs: later(4_000) }),
    cancel({ atMs: later(5_000) }),
  ],
  cancelTooLate: ({ submit, pay, cancel, totalMinor, later }) => [
    submit(),
    pay(totalMinor),
    cancel({ atMs: later(5_000), route: "log" }),
  ],
  cancelledBefore: ({ submit, cancel, submitMs }) => [submit(), cancel({ atMs: Math.max(0, submitMs - MARGIN_MS) })],
  ...REFUND_STORIES,
  busy: ({ submit, pay, refund, cancel, totalMinor, submitMs, chance }) =>
    [
      submit(),
      pay(300, { partial: true }),
      pay(totalMinor - 300),
      pay(totalMinor),
      refund(100, { route: "log" }),
      refund(totalMinor, { route: "log" }),
      cancel({ route: "log" }),
      cancel({ route: "log" }),
    ].map((act) => ({ ...act, atMs: submitMs + chance.between(0, 3_000) })),
  byWebhook: ({ submit, pay, refund, totalMinor, later, key }) => [
    submit(),
    pay(totalMinor + 100, { webhookId: `webhook-1-${key}` }),
    refund(100, { atMs: later(5_000), webhookId: `webhook-2-${key}` }),
  ],
  webhookReused: ({ submit, pay, refund, totalMinor, later, key }) => [
    submit(),
    pay(totalMinor, { webhookId: `webhook-1-${key}` }),
    pay(totalMinor, { atMs: later(2_000), webhookId: `webhook-1-${key}` }),
    refund(totalMinor, { atMs: later(3_000), webhookId: `webhook-1-${key}` }),
  ],
  keyReused: ({ submit, pay, totalMinor, later }) => [
    submit(),
    submit({ items: [{ sku: "tiramisu", quantity: 9 }], atMs: later(1_000) }),
    pay(totalMinor, { atMs: later(3_000) }),
  ],
  priceChanged: ({ submit, pay, totalMinor }) => [
    submit({ route: "log", quotedTotal: { amountMinor: totalMinor - 50, currency: CATALOGUE.currency } }),
    pay(totalMinor),
  ],
  unknownItem: ({ submit, pay }) => [submit({ items: [{ sku: "pizza-hawaii", quantity: 1 }] }), pay(100)],
};

/** All that happens around one order, with some of it repeated. */
export function tell(story: Story, key: string, submitMs: number, settings: Settings, chance: Chance): Op[] {
  const acts = story(castOf(key, submitMs, settings, chance));
  const repeats = acts
    .filter((act) => act.type !== "read" && chance.happens(0.2))
    .map((act): Act => ({ ...act, atMs: act.atMs + chance.between(0, 8_000), ...otherRoute(act, chance) }));
  return [...acts, ...repeats].map((act): Op => ({ order: key, ...act }));
}

function otherRoute(act: Act, chance: Chance): { route?: Route } {
  return "route" in act ? { route: routeOf(chance) } : {};
}

function castOf(key: string, submitMs: number, settings: Settings, chance: Chance): Cast {
  const items = [{ sku: chance.of(CATALOGUE.items).sku, quantity: chance.between(1, 3) }];
  const totalMinor = items.reduce((sum, { sku, quantity }) => sum + quantity * priceOf(sku), 0);
  const customer = { name: "Ada Lovelace", email: "ada@example.org" };
  const later = (ms: number): number => submitMs + Math.floor(ms * (0.5 + chance.fraction()));
  const moneyOf = (amount: Money | number): Money =>
    typeof amount === "number" ? { amountMinor: amount, currency: CATALOGUE.currency } : amount;
  let ids = 0;
  const nextId = (kind: string): string => {
    ids += 1;
    return `${kind}-${key}-${ids}`;
  };
  return {
    chance,
    settings,
    key,
    items,
    totalMinor,
    submitMs,
    later,
    submit: (changes) => ({ type: "submit", atMs: submitMs, route: routeOf(chance), customer, items, ...changes }),
    pay(amount, changes) {
      const atMs = changes?.atMs ?? later(2_000);
      const paidAt: PaidAt = { atMs: Math.max(0, atMs - chance.between(0, 1_000)) };
      const payment = { route: routeOf(chance), paymentId: nextId("pay"), amount: moneyOf(amount), partial: false };
      return { type: "pay", atMs, paidAt, ...payment, ...changes };
    },
    refund: (amount, changes) => ({
      type: "refund",
      atMs: later(3_000),
      route: routeOf(chance),
      refundId: nextId("back"),
      amount: moneyOf(amount),
      ...changes,
    }),
    decide: (paymentId, changes) => ({
      type: "decide",
      atMs: later(4_000),
      paymentId,
      commandId: nextId("decision"),
      decision: "accept",
      ...changes,
    }),
    cancel: (changes) => ({
      type: "cancel",
      atMs: later(2_000),
      route: routeOf(chance),
      commandId: nextId("command"),
      reason: "not hungry",
      ...changes,
    }),
  };
}

/** Splits an amount into two to four parts. */
function partsOf(totalMinor: number, chance: Chance): number[] {
  const parts: number[] = [];
  let left = totalMinor;
  for (let more = chance.between(1, 3); more > 0; more--) {
    const part = chance.between(1, left - more);
    parts.push(part);
    left -= part;
  }
  return [...parts, left];
}

function routeOf(chance: Chance): Route {
  return chance.happens(0.7) ? "http" : "log";
}

function priceOf(sku: string): number {
  return CATALOGUE.items.find((item) => item.sku === sku)?.priceMinor ?? 0;
}
