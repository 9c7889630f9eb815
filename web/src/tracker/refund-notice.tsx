/** Says what happens to money that the order does not keep, or no longer keeps. */
import type { OrderView } from "../api/wire.ts";
import { formatMoney } from "../money.ts";
import { Note } from "../shell/notices.tsx";

export function RefundNotice({ order }: { readonly order: OrderView }) {
  if (order.refundDue.length > 0) {
    const amounts = order.refundDue.map((money) => formatMoney(money)).join(" and ");
    return (
      <Note tone="warn" title={`${amounts} comes back to you`}>
        <p>The money is on record as owed to you. You need not do anything.</p>
      </Note>
    );
  }
  if (order.money === "partlyRefunded") {
    return (
      <Note tone="good" title="Some of your money went back">
        <p>{order.paid === null ? "The order keeps the rest." : `The order keeps ${formatMoney(order.paid)} of it.`}</p>
      </Note>
    );
  }
  if (order.money === "refunded") {
    return (
      <Note tone="good" title="Your money went back">
        <p>The order owes you nothing more.</p>
      </Note>
    );
  }
  return null;
}
