/** Where the money of a payment can go: an order to choose, with what tells it from others. */
import { formatMoney } from "../../money.ts";
import { Link } from "../../shell/router.tsx";
import { formatInstant } from "../../time.ts";
import { type DeskPayment, remainderOf, type Suggestion, whyOf } from "./desk-wire.ts";

interface SuggestedProps {
  readonly payment: DeskPayment;
  readonly suggestion: Suggestion;
  readonly target: string;
  readonly onChoose: (target: string) => void;
}

export function Suggested({ suggestion, payment, target, onChoose }: SuggestedProps) {
  const { order, outstanding } = suggestion;
  const { orderId, customer, receivedAt } = order;
  const remainder = remainderOf(suggestion, payment);
  const detail = `${whyOf(suggestion)}${remainder === null ? "" : `; ${remainder}`}`;
  const title = `${customer?.name ?? "somebody"}, ${formatMoney(outstanding)} outstanding`;
  return (
    <div class="suggested" data-testid={`suggested-${orderId}`}>
      <Choice value={orderId} {...{ target, onChoose, title, detail }} />
      <p class="soft suggested-order">
        {customer?.email} ordered {formatInstant(receivedAt)}:{" "}
        <Link class="mono" href={`/admin/orders/${orderId}`}>
          {orderId}
        </Link>
      </p>
    </div>
  );
}

interface ChoiceProps {
  readonly value: string;
  readonly target: string;
  readonly onChoose: (target: string) => void;
  readonly title: string;
  readonly detail: string;
}

export function Choice({ value, target, onChoose, title, detail }: ChoiceProps) {
  return (
    <label class="role">
      <input type="radio" name="target" checked={value === target} onChange={() => onChoose(value)} />
      <span>
        <strong>{title}</strong> <span class="soft">{detail}</span>
      </span>
    </label>
  );
}
