/** Decides about a payment: which order gets it, or that it goes back, or that it was none; never without a reason. */
import { useId, useState } from "preact/hooks";
import type { Problem } from "../../api/problem.ts";
import { formatMoney } from "../../money.ts";
import { Failure } from "../../shell/notices.tsx";
import { adminPost } from "../admin-client.ts";
import { addressOf, type Decision, type DeskDetail, remainderOf, type Suggestion, whyOf } from "./desk-wire.ts";

interface DecidePaymentProps extends DeskDetail {
  readonly onDecided: () => Promise<void>;
}

/** Its own order; only a quarantined payment can go there, and one that it has can stay. */
const OWN = "own";
const ANOTHER = "another";

export function DecidePayment({ payment, suggestions, onDecided }: DecidePaymentProps) {
  const isQuarantined = payment.kind === "quarantined";
  const hasOwn = isQuarantined || payment.kind === "repeated";
  const [target, setTarget] = useState(hasOwn ? OWN : (suggestions[0]?.order.orderId ?? ANOTHER));
  const [typedOrder, setTypedOrder] = useState("");
  const [reason, setReason] = useState("");
  const [doing, setDoing] = useState<Decision | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const reasonId = useId();
  const toOrderId = target === ANOTHER ? typedOrder.trim() : target;
  const hasReason = reason.trim() !== "";

  const decide = async (decision: Decision) => {
    if (doing !== null || !hasReason) return;
    setDoing(decision);
    const to = decision === "accept" && toOrderId !== OWN ? { toOrderId } : {};
    const answer = await adminPost(`${addressOf(payment)}/decisions`, { decision, ...to, reason: reason.trim() });
    setProblem(answer.type === "ok" ? null : answer.problem);
    if (answer.type === "ok") await onDecided();
    setDoing(null);
  };
  const button = (decision: Decision, text: string, look: string, isReady = true) => (
    <button
      type="button"
      class={`button ${look}`}
      aria-disabled={!hasReason || !isReady || doing !== null}
      onClick={() => void (isReady && decide(decision))}
      data-testid={`decide-${decision}`}
    >
      {doing === decision ? "Deciding…" : text}
    </button>
  );

  return (
    <form class="decide" onSubmit={(event) => event.preventDefault()} aria-label="Decide about the payment">
      <fieldset class="roles">
        <legend>Accept it for</legend>
        {hasOwn && <Choice value={OWN} target={target} onChoose={setTarget} title="its own order" detail="" />}
        {suggestions.map((suggestion) => (
          <Suggested key={suggestion.order.orderId} {...{ suggestion, payment, target }} onChoose={setTarget} />
        ))}
        <Choice value={ANOTHER} target={target} onChoose={setTarget} title="another order" detail="by its id" />
        {target === ANOTHER && (
          <div class="field">
            <input
              aria-label="Id of the order"
              value={typedOrder}
              autocomplete="off"
              onInput={(event) => setTypedOrder(event.currentTarget.value)}
            />
          </div>
        )}
      </fieldset>
      <div class="field">
        <label for={reasonId}>Why? It stays with the order for ever.</label>
        <input
          id={reasonId}
          value={reason}
          maxLength={500}
          autocomplete="off"
          onInput={(event) => setReason(event.currentTarget.value)}
          data-testid="decide-reason"
        />
      </div>
      <div class="confirm">
        {button("accept", "Accept", "button-primary", toOrderId !== "")}
        {button("refund", "Send it back", "button-quiet")}
        {isQuarantined && button("reject", "It was no money", "button-bad")}
      </div>
      {problem !== null && <Failure problem={problem} />}
    </form>
  );
}

interface SuggestedProps extends Pick<DeskDetail, "payment"> {
  readonly suggestion: Suggestion;
  readonly target: string;
  readonly onChoose: (target: string) => void;
}

function Suggested({ suggestion, payment, target, onChoose }: SuggestedProps) {
  const { order, outstanding } = suggestion;
  const remainder = remainderOf(suggestion, payment);
  const detail = `${whyOf(suggestion)}${remainder === null ? "" : `; ${remainder}`}`;
  const title = `${order.customer?.name ?? "somebody"}, ${formatMoney(outstanding)} outstanding`;
  return <Choice value={order.orderId} {...{ target, onChoose, title, detail }} />;
}

interface ChoiceProps {
  readonly value: string;
  readonly target: string;
  readonly onChoose: (target: string) => void;
  readonly title: string;
  readonly detail: string;
}

function Choice({ value, target, onChoose, title, detail }: ChoiceProps) {
  return (
    <label class="role">
      <input type="radio" name="target" checked={value === target} onChange={() => onChoose(value)} />
      <span>
        <strong>{title}</strong> <span class="soft">{detail}</span>
      </span>
    </label>
  );
}
