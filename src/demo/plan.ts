/**
 * What a run will send, made up from a seed: the same seed, run and limit plan the same orders. It is planned one
 * order at a time, so that a run of millions needs no memory for it. Nobody real gets mail: every address is at an
 * example domain.
 */
import { base, en, Faker } from "@faker-js/faker";
import { OperationalError } from "../actors/errors.ts";
import { type Catalogue, priceItems, type RequestedItem } from "../domain/catalogue.ts";
import type { Customer } from "../domain/messages.ts";
import type { Money } from "../domain/money.ts";
import { orderIdFromKey } from "../schemas/order-id.ts";
import { countKinds, type Mix, ORDER_KINDS, type OrderKind } from "./mix.ts";

const MAX_LINES = 4;
const MAX_QUANTITY = 3;
/** How far a wrong amount is from the right one at most, in minor units. */
const MAX_MISTAKE_MINOR = 500;

export interface PlannedPayment {
  readonly paymentId: string;
  readonly amount: Money;
  /** Only where it is one of several parts. */
  readonly partial?: true;
}

/** Money that the provider pays back. */
export interface PlannedRefund {
  readonly refundId: string;
  readonly amount: Money;
}

export interface PlannedOrder {
  /** From 1. */
  readonly number: number;
  readonly kind: OrderKind;
  readonly idempotencyKey: string;
  /** The id that the service must give to an order under this key. */
  readonly orderId: string;
  /** The address occurs in no other order of any run, so that a listing by it finds this order alone. */
  readonly customer: Customer;
  readonly items: readonly RequestedItem[];
  /** What the catalogue says that the items cost. */
  readonly total: Money;
  readonly payments: readonly PlannedPayment[];
  /** Null where nothing is paid back. */
  readonly refund: PlannedRefund | null;
  /** How long it can be paid; only where the run waits for what is unpaid to expire. */
  readonly paymentWindowMs?: number;
}

export interface PlanOptions {
  readonly limit: number;
  readonly seed: number;
  /** Keeps the ids of this run apart from those of every other run of the seed. */
  readonly run: string;
  readonly mix: Mix;
  readonly catalogue: Catalogue;
  /** How long orders can be paid; only where the run waits for what is unpaid to expire. */
  readonly paymentWindowMs?: number;
}

/**
 * The orders of a run. The number of each kind is exact over the whole run, in an order that the seed decides.
 * @throws OperationalError `invalid_catalogue` when nothing in the catalogue costs money.
 */
export function* planOrders(options: PlanOptions): Generator<PlannedOrder, void, void> {
  const { limit, seed, run, mix, catalogue, paymentWindowMs } = options;
  const faker = new Faker({ locale: [en, base], seed });
  const articles = catalogue.items.filter(({ priceMinor }) => priceMinor > 0);
  if (articles.length === 0) {
    const message = "The service's catalogue has no article that costs money, so no order can be paid.";
    throw new OperationalError("invalid_catalogue", message, { retryable: false });
  }
  const left = countKinds(mix, limit);
  let mismatches = 0;
  for (let number = 1; number <= limit; number++) {
    const kind = drawKind(left, faker.number.int({ min: 1, max: limit - number + 1 }));
    left[kind] -= 1;
    const name = `demo-${seed}-${run}-${number}`;
    const items = faker.helpers
      .arrayElements(articles, { min: 1, max: Math.min(MAX_LINES, articles.length) })
      .map(({ sku }) => ({ sku, quantity: faker.number.int({ min: 1, max: MAX_QUANTITY }) }));
    const customer = makeUpCustomer(faker, `${run}-${number}`);
    const total = totalOf(catalogue, items);
    if (kind === "mismatch") mismatches += 1;
    const amounts = amountsPaid(faker, kind, total, mismatches % 3 === 0);
    const part = isPaidInParts(kind) ? { partial: true as const } : {};
    const numberOf = (index: number) => (kind === "reused-id" ? 1 : index + 1);
    const payments = amounts.map((amount, index) => ({ paymentId: `${name}-${numberOf(index)}`, amount, ...part }));
    const back = amountPaidBack(faker, kind, total, amounts);
    const refund = back === null ? null : { refundId: `${name}-back`, amount: back };
    const order = { idempotencyKey: name, orderId: orderIdFromKey(name), customer, items, total, payments, refund };
    yield { number, kind, ...order, ...(paymentWindowMs === undefined ? {} : { paymentWindowMs }) };
  }
}

/** Takes the `ticket`-th of all orders that are left: drawing without putting back shuffles without a list. */
function drawKind(left: Readonly<Record<OrderKind, number>>, ticket: number): OrderKind {
  let passed = 0;
  for (const kind of ORDER_KINDS) {
    passed += left[kind];
    if (ticket <= passed) return kind;
  }
  throw new RangeError(`there is no order ${ticket} among ${passed}`);
}

function makeUpCustomer(faker: Faker, tag: string): Customer {
  const firstName = faker.person.firstName();
  const lastName = faker.person.lastName();
  const email = faker.internet.exampleEmail({ firstName, lastName }).toLowerCase().replace("@", `.${tag}@`);
  return { name: `${firstName} ${lastName}`, email };
}

function totalOf(catalogue: Catalogue, items: readonly RequestedItem[]): Money {
  const pricing = priceItems(catalogue, items);
  if (pricing.type === "priced") return pricing.total;
  const message = `The service's catalogue cannot price an order: ${pricing.type}.`;
  throw new OperationalError("invalid_catalogue", message, { retryable: false });
}

function amountsPaid(faker: Faker, kind: OrderKind, total: Money, inWrongCurrency: boolean): readonly Money[] {
  switch (kind) {
    case "unpaid-cancel":
      return [];
    case "double-payment":
      return [total, total];
    case "partial":
      return inParts(faker, total, 0);
    case "overpaid":
      return inParts(faker, total, faker.number.int({ min: 1, max: MAX_MISTAKE_MINOR }));
    case "mismatch":
      return [
        inWrongCurrency ? { ...total, currency: total.currency === "USD" ? "EUR" : "USD" } : mistaken(faker, total),
      ];
    case "normal":
    case "duplicate":
    case "payment-first":
    case "late-payment":
    case "orphan":
    case "webhook":
    case "refunded":
      return [total];
    case "reused-id":
      return [total, mistaken(faker, total)];
    case "deposit":
      return inParts(faker, total, 0).slice(0, 1);
    case "repaid":
      return [mistaken(faker, total)];
  }
}

/** What goes back of an order: a mistaken payment, or a part of one that the order keeps. */
function amountPaidBack(faker: Faker, kind: OrderKind, total: Money, [first]: readonly Money[]): Money | null {
  if (kind === "repaid") return first ?? null;
  return kind === "refunded" ? { ...total, amountMinor: partOf(faker, total) } : null;
}

function isPaidInParts(kind: OrderKind): boolean {
  return kind === "partial" || kind === "overpaid" || kind === "deposit";
}

/** Two parts: the first is less than the total, and the second is what it leaves and the excess. A total of one unit has one part. */
function inParts(faker: Faker, total: Money, excessMinor: number): readonly Money[] {
  const { amountMinor, currency } = total;
  if (amountMinor === 1) return [{ amountMinor: 1 + excessMinor, currency }];
  const firstMinor = partOf(faker, total);
  return [firstMinor, amountMinor - firstMinor + excessMinor].map((partMinor) => ({
    amountMinor: partMinor,
    currency,
  }));
}

/** Less than the amount, except of one unit. */
function partOf(faker: Faker, { amountMinor }: Money): number {
  return faker.number.int({ min: 1, max: Math.max(1, amountMinor - 1) });
}

/** An amount that is a little too much or too little, and never nothing. */
function mistaken(faker: Faker, { amountMinor, currency }: Money): Money {
  const mistakeMinor = faker.number.int({ min: 1, max: MAX_MISTAKE_MINOR });
  const isTooLittle = faker.datatype.boolean() && mistakeMinor < amountMinor;
  return { amountMinor: isTooLittle ? amountMinor - mistakeMinor : amountMinor + mistakeMinor, currency };
}
