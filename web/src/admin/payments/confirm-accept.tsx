/** Asks once more before money changes hands: how much, for which order, and whose order that is. */
import type { OrderView } from "../../api/wire.ts";
import { formatMoney } from "../../money.ts";
import { type DeskPayment, outstandingOf } from "./desk-wire.ts";

/** Where the money would go. Nobody has submitted an order that is null. */
export interface AcceptFor {
  readonly orderId: string;
  readonly order: OrderView | null;
}

interface ConfirmAcceptProps {
  readonly payment: DeskPayment;
  readonly to: AcceptFor;
  readonly isDoing: boolean;
  readonly onConfirm: () => void;
  readonly onBack: () => void;
}

export function ConfirmAccept({ payment, to, isDoing, onConfirm, onBack }: ConfirmAcceptProps) {
  return (
    <div class="confirm-accept" role="group" aria-label="Accept the payment?">
      <p data-testid="accept-question">
        Accept <strong>{formatMoney(payment.amount)}</strong> for order <span class="mono">{to.orderId}</span>
        {whoseOf(to.order)}?
      </p>
      <div class="confirm">
        <button
          type="button"
          class="button button-primary"
          aria-disabled={isDoing}
          onClick={onConfirm}
          data-testid="confirm-accept"
        >
          {isDoing ? "Deciding…" : "Yes, accept it"}
        </button>
        <button type="button" class="button button-quiet" onClick={onBack}>
          Not yet
        </button>
      </div>
    </div>
  );
}

function whoseOf(order: OrderView | null): string {
  if (order === null) return ", which nobody has submitted";
  const { customer, status } = order;
  const whose = customer === null ? "" : ` of ${customer.name} (${customer.email})`;
  const outstanding = outstandingOf(order);
  return `${whose}, which ${outstanding === null ? `is ${status}` : `waits for ${formatMoney(outstanding)}`}`;
}
