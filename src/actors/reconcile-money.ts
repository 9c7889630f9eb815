/** The money of all orders together, by currency. Sums may be larger than what a number carries exactly. */
import { balancesOf, keptMinorOf, type Order } from "../domain/order.ts";

/** In minor units, as decimal text. */
export interface MoneyTotal {
  readonly currency: string;
  readonly received: string;
  readonly applied: string;
  readonly refundDue: string;
  readonly refunded: string;
  readonly parked: string;
  readonly addsUp: boolean;
}

export interface MoneyTotals {
  add(order: Order): void;
  list(): readonly MoneyTotal[];
}

export function createMoneyTotals(): MoneyTotals {
  const totals = new Map<
    string,
    { received: bigint; applied: bigint; refundDue: bigint; refunded: bigint; parked: bigint }
  >();
  return {
    add(order) {
      // Received comes from the payments themselves, so that the total is not made of what it is compared with.
      for (const payment of order.payments) {
        totalOf(totals, payment.amount.currency).received += BigInt(keptMinorOf(payment));
      }
      for (const { currency, appliedMinor, refundDueMinor, refundedMinor, parkedMinor } of balancesOf(order)) {
        const total = totalOf(totals, currency);
        total.applied += BigInt(appliedMinor);
        total.refundDue += BigInt(refundDueMinor);
        total.refunded += BigInt(refundedMinor);
        total.parked += BigInt(parkedMinor);
      }
    },
    list: () =>
      [...totals.keys()].toSorted().map((currency) => {
        const { received, applied, refundDue, refunded, parked } = totalOf(totals, currency);
        return {
          currency,
          received: String(received),
          applied: String(applied),
          refundDue: String(refundDue),
          refunded: String(refunded),
          parked: String(parked),
          addsUp: received === applied + refundDue + refunded + parked,
        };
      }),
  };
}

function totalOf<Total extends Record<string, bigint>>(totals: Map<string, Total>, currency: string): Total {
  const nothing = { received: 0n, applied: 0n, refundDue: 0n, refunded: 0n, parked: 0n } as unknown as Total;
  const total = totals.get(currency) ?? nothing;
  totals.set(currency, total);
  return total;
}
