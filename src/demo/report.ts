/** Puts a run and its scoreboard into words for people. */
import { formatMoney } from "../domain/money.ts";
import { OUTCOMES } from "./expectation.ts";
import type { GenerateSummary } from "./generate.ts";
import type { MailTotals } from "./mail-totals.ts";
import { ORDER_KINDS } from "./mix.ts";
import type { MoneyTotal } from "./money-totals.ts";
import type { OrderDifference, Scoreboard } from "./scoreboard.ts";
import { renderTable } from "./table.ts";

const MAX_DIFFERENCES_SHOWN = 20;

export interface RunFacts {
  readonly seed: number;
  readonly run: string;
  readonly retries: number;
  readonly summary: GenerateSummary;
}

export function describeRun({ seed, run, retries, summary }: RunFacts): string {
  const { sent, byKind, elapsedMs } = summary;
  const seconds = elapsedMs / 1_000;
  const rate = seconds > 0 ? Math.round(sent / seconds) : 0;
  const kinds = ORDER_KINDS.flatMap((kind) => (byKind[kind] === undefined ? [] : [`${byKind[kind]} ${kind}`]));
  return [
    `Seed ${seed}, run ${run}: sent ${sent} orders in ${seconds.toFixed(1)} s (${rate} per second).`,
    ...(kinds.length > 0 ? [`Kinds: ${kinds.join(", ")}.`] : []),
    ...(retries > 0 ? [`${retries} requests were sent again, under the same ids.`] : []),
  ].join("\n");
}

/** The scoreboard; its last line says how many differences nothing explains. */
export function describeScoreboard({ kinds, money, mails, differences, unexplained }: Scoreboard): string {
  const orders = kinds.map(({ kind, sent, asExpected, observed }) => [
    kind,
    sent,
    OUTCOMES[kind],
    asExpected,
    sent - asExpected,
    Object.entries(observed)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([status, count]) => `${status} ${count}`)
      .join(", "),
  ]);
  return [
    renderTable(["orders", "sent", "expected", "as expected", "different", "observed"], orders),
    describeMoney(money),
    describeMails(mails),
    ...describeDifferences(differences),
    `${unexplained} unexplained`,
  ].join("\n\n");
}

function describeMoney(money: readonly MoneyTotal[]): string {
  const headers = ["money", "paid", "received", "applied", "refund due", "refunded", "parked", "adds up"];
  const rows = money.map((total) => {
    const { currency, paidMinor, receivedMinor, appliedMinor, refundDueMinor, refundedMinor, parkedMinor } = total;
    const amounts = [paidMinor, receivedMinor, appliedMinor, refundDueMinor, refundedMinor, parkedMinor];
    return [currency, ...amounts.map((amountMinor) => amountOf(amountMinor, currency)), total.addsUp ? "yes" : "NO"];
  });
  return renderTable(headers, rows);
}

function amountOf(amountMinor: number, currency: string): string {
  // More refunded than due is a difference that has to be shown, so a sum may be negative here.
  const text = formatMoney({ amountMinor: Math.abs(amountMinor), currency }).replace(` ${currency}`, "");
  return amountMinor < 0 ? `-${text}` : text;
}

function describeMails(mails: MailTotals | null): string {
  if (mails === null) return "Mails were not checked: this service has no dev inbox to look into.";
  const { expected, delivered, missing, surplus, repeated, explainedRepeats } = mails;
  const headers = [
    "mails",
    "expected",
    "delivered",
    "missing",
    "surplus",
    "repeated, unexplained",
    "repeated, explained by the ledger",
  ];
  return renderTable(headers, [["confirmation", expected, delivered, missing, surplus, repeated, explainedRepeats]]);
}

function describeDifferences(differences: readonly OrderDifference[]): readonly string[] {
  if (differences.length === 0) return [];
  const shown = differences.slice(0, MAX_DIFFERENCES_SHOWN).map(({ orderId, kind, problems }) => {
    return [`${orderId} (${kind})`, ...problems.map((problem) => `  ${problem}`)].join("\n");
  });
  const more = differences.length - shown.length;
  return [[...shown, ...(more > 0 ? [`and ${more} more orders`] : [])].join("\n")];
}
