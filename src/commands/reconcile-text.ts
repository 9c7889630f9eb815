/** Puts a reconciliation into words for people, and into one document for programs. */
import { type Discrepancy, REMEDIES } from "../actors/discrepancy.ts";
import type { Reconciliation } from "../actors/reconcile.ts";
import { renderTable } from "../demo/table.ts";
import { formatMoney } from "../domain/money.ts";

/** How many ids of explained things are named. */
const MAX_NAMED = 20;

/** The report; its last line says how many discrepancies nothing explains. */
export function describeReconciliation(report: Reconciliation): string {
  const { compared, money, underWay, explained, discrepancies, unexplained } = report;
  const { commits, orders, events, repeatedEvents, retiredEvents } = compared;
  const headers = ["money", "received", "applied", "refund due", "refunded", "parked", "adds up"];
  const rows = money.map(({ currency, received, applied, refundDue, refunded, parked, addsUp }) => [
    currency,
    ...[received, applied, refundDue, refunded, parked].map((amount) => amountOf(amount, currency)),
    addsUp ? "yes" : "NO",
  ]);
  const notListed = unexplained - discrepancies.length - money.filter(({ addsUp }) => !addsUp).length;
  return [
    `Compared ${events} events in ${commits} commits of ${orders} orders with the inbox, the views, the published events and the mails.`,
    ...(repeatedEvents > 0 ? [`${repeatedEvents} events were published again, under their ids.`] : []),
    ...(retiredEvents > 0 ? [`${retiredEvents} published events were deleted by the log's retention.`] : []),
    ...(rows.length > 0 ? [renderTable(headers, rows)] : []),
    ...underWay.map(({ what, count }) => `Under way: ${count} ${what}.`),
    ...explained.map(({ what, count, ids }) => `Explained: ${count} ${what}: ${named(ids, count)}.`),
    ...[...Map.groupBy(discrepancies, ({ kind }) => kind).values()].map(describeKind),
    ...(notListed > 0 ? [`and ${notListed} more discrepancies, which are not listed.`] : []),
    `${unexplained} unexplained`,
  ].join("\n\n");
}

/** The same for programs; each discrepancy says what to do. */
export function reconciliationDocument(report: Reconciliation): unknown {
  const discrepancies = report.discrepancies.map((found) => ({ ...found, remedy: REMEDIES[found.kind] }));
  return { ...report, discrepancies };
}

function describeKind(found: readonly Discrepancy[]): string {
  const [first] = found;
  if (first === undefined) return "";
  const lines = found.map(({ shard, orderId, subject, detail }) => {
    const where = [shard === null ? null : `shard ${shard}`, orderId === null ? null : `order ${orderId}`];
    return `  ${[...where, subject].filter((part) => part !== null).join(", ")}: ${detail}`;
  });
  return [`${first.kind} (${found.length}). ${REMEDIES[first.kind]}`, ...lines].join("\n");
}

function named(ids: readonly string[], count: number): string {
  const shown = ids.slice(0, MAX_NAMED).join(", ");
  return count > MAX_NAMED ? `${shown} and ${count - MAX_NAMED} more` : shown;
}

/** A sum too large for a number is shown in minor units. */
function amountOf(minor: string, currency: string): string {
  const amountMinor = Number(minor);
  if (!Number.isSafeInteger(amountMinor)) return `${minor} minor units`;
  const text = formatMoney({ amountMinor: Math.abs(amountMinor), currency }).replace(` ${currency}`, "");
  return amountMinor < 0 ? `-${text}` : text;
}
