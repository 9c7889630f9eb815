/** Which kinds of orders a run sends and in what proportion, and how many of each that makes. */
import { OperationalError } from "../actors/errors.ts";

/**
 * `normal` is paid as it should be. `mismatch` pays a wrong amount or currency. `duplicate` is submitted and paid
 * twice under the same ids. `payment-first` is paid before it is submitted. `unpaid-cancel` is cancelled instead of
 * paid. `double-payment` is paid in full by two payments. `partial` is paid by two parts that add up, and `overpaid`
 * by two parts that are too much together. `late-payment` is paid after its deadline, and `orphan` is paid and never
 * submitted. `reused-id` is paid, and its payment id comes again with another amount. Of a `deposit` the rest never comes.
 * `repaid` is paid a wrong amount, which goes back. `webhook` is paid by a signed webhook that comes twice.
 * Of `refunded`, which is paid as it should be, a part goes back.
 */
export const ORDER_KINDS = [
  "normal",
  "mismatch",
  "duplicate",
  "payment-first",
  "unpaid-cancel",
  "double-payment",
  "partial",
  "overpaid",
  "late-payment",
  "orphan",
  "reused-id",
  "deposit",
  "repaid",
  "webhook",
  "refunded",
] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

/** A weight of at least 0 for every kind. */
export type Mix = Readonly<Record<OrderKind, number>>;

const NOTHING: Mix = mixOf(0);

export const DEFAULT_MIX: Mix = { ...NOTHING, normal: 90, mismatch: 4, duplicate: 3, "payment-first": 3 };

/** Every kind of disorder there is, and as much that goes well as goes wrong in one way. */
export const EVERYTHING: Mix = mixOf(1);
/** How people name it. */
const EVERYTHING_NAME = "everything";

function mixOf(weight: number): Mix {
  return Object.fromEntries(ORDER_KINDS.map((kind) => [kind, weight])) as Record<OrderKind, number>;
}

/**
 * Reads a mix such as `normal=90,mismatch=10`; kinds that are not named get no orders. `everything` names all.
 * @throws OperationalError `invalid_configuration` that says what is wrong with it.
 */
export function parseMix(text: string): Mix {
  if (text.trim() === EVERYTHING_NAME) return EVERYTHING;
  const mix: Record<OrderKind, number> = { ...NOTHING };
  const named = new Set<string>();
  for (const part of text.split(",")) {
    const [, kind = "", weight = ""] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    if (!isKind(kind))
      throw invalidMix(text, `'${part.trim()}' is not one of ${ORDER_KINDS.join(", ")} with its weight`);
    if (named.has(kind)) throw invalidMix(text, `${kind} is named twice`);
    if (!/^\d{1,9}(\.\d{1,9})?$/.test(weight)) throw invalidMix(text, `'${weight}' is not a weight for ${kind}`);
    named.add(kind);
    mix[kind] = Number(weight);
  }
  if (Object.values(mix).every((weight) => weight === 0)) throw invalidMix(text, "every weight is 0");
  return mix;
}

/**
 * Divides `limit` orders among the kinds by the method of the largest remainder. A kind with a weight gets at least
 * one order whenever there are enough for every such kind, so that a small run shows all of them.
 */
export function countKinds(mix: Mix, limit: number): Record<OrderKind, number> {
  const kinds = ORDER_KINDS.filter((kind) => mix[kind] > 0);
  const sumOfWeights = kinds.reduce((sum, kind) => sum + mix[kind], 0);
  const counts: Record<OrderKind, number> = { ...NOTHING };
  const shareOf = (kind: OrderKind): number => (limit * mix[kind]) / sumOfWeights;
  for (const kind of kinds) counts[kind] = Math.floor(shareOf(kind));
  const remainderOf = (kind: OrderKind): number => shareOf(kind) - Math.floor(shareOf(kind));
  const byRemainder = kinds.toSorted((a, b) => remainderOf(b) - remainderOf(a));
  const left = limit - kinds.reduce((sum, kind) => sum + counts[kind], 0);
  for (const kind of byRemainder.slice(0, left)) counts[kind] += 1;
  if (limit < kinds.length) return counts;
  for (const kind of kinds.filter((candidate) => counts[candidate] === 0)) {
    const largest = kinds.reduce((a, b) => (counts[b] > counts[a] ? b : a));
    counts[largest] -= 1;
    counts[kind] = 1;
  }
  return counts;
}

/** What a service can be shown of disorder. */
export interface Playable {
  /** A payment window that is short enough to wait for. */
  readonly deadlines: boolean;
  /** A secret to sign webhooks with. */
  readonly webhooks: boolean;
}

/** The kinds of a mix that cannot be played. */
export function unplayableKinds(mix: Mix, { deadlines, webhooks }: Playable): readonly OrderKind[] {
  const missing: OrderKind[] = [
    ...(deadlines ? [] : ["late-payment" as const]),
    ...(webhooks ? [] : ["webhook" as const]),
  ];
  return missing.filter((kind) => mix[kind] > 0);
}

/** True when some of its orders end only at their deadline. */
export function endsAtDeadlines(mix: Mix): boolean {
  return mix["late-payment"] > 0 || mix.deposit > 0;
}

/** The mix without some of its kinds. */
export function withoutKinds(mix: Mix, kinds: readonly OrderKind[]): Mix {
  return { ...mix, ...Object.fromEntries(kinds.map((kind) => [kind, 0])) };
}

function isKind(text: string): text is OrderKind {
  return (ORDER_KINDS as readonly string[]).includes(text);
}

function invalidMix(text: string, reason: string): OperationalError {
  const example = "a mix is written like normal=90,mismatch=10, or everything";
  return new OperationalError("invalid_configuration", `The mix '${text}' cannot be used: ${reason}; ${example}.`, {
    retryable: false,
  });
}
