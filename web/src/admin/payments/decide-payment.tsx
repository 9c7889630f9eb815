/** Decides about a payment: which order gets it, or that it goes back, or that it was none; never without a reason. */
import { useId, useState } from "preact/hooks";
import { getOrder } from "../../api/client.ts";
import type { Problem } from "../../api/problem.ts";
import { Failure } from "../../shell/notices.tsx";
import { adminPost } from "../admin-client.ts";
import { type AcceptFor, ConfirmAccept } from "./confirm-accept.tsx";
import { addressOf, clearMatchOf, type Decision, type DeskDetail } from "./desk-wire.ts";
import { Choice, Suggested } from "./suggested.tsx";

interface DecidePaymentProps extends DeskDetail {
  readonly onDecided: () => Promise<void>;
}

const ANOTHER = "another";

export function DecidePayment({ payment, suggestions, onDecided }: DecidePaymentProps) {
  const isQuarantined = payment.kind === "quarantined";
  // Only a quarantined payment can go to its own order, and one that it has can stay.
  const hasOwn = isQuarantined || payment.kind === "repeated";
  const [target, setTarget] = useState(clearMatchOf({ payment, suggestions }) ?? "");
  const [typedOrder, setTypedOrder] = useState("");
  const [reason, setReason] = useState("");
  const [asking, setAsking] = useState<AcceptFor | null>(null);
  const [doing, setDoing] = useState<Decision | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const reasonId = useId();
  const toOrderId = target === ANOTHER ? typedOrder.trim() : target;
  const hasReason = reason.trim() !== "";

  const choose = (chosen: string) => {
    setTarget(chosen);
    setAsking(null);
  };
  const ask = async () => {
    if (doing !== null || !hasReason || toOrderId === "") return;
    const known = [payment.order, ...suggestions.map(({ order }) => order)];
    const order = known.find((candidate) => candidate?.orderId === toOrderId);
    if (order !== undefined || toOrderId === payment.orderId) {
      setProblem(null);
      return setAsking({ orderId: toOrderId, order: order ?? null });
    }
    const answer = await getOrder(toOrderId);
    setProblem(answer.type === "ok" ? null : answer.problem);
    if (answer.type === "ok") setAsking({ orderId: toOrderId, order: answer.value });
  };
  const decide = async (decision: Decision) => {
    if (doing !== null || !hasReason) return;
    setDoing(decision);
    const to = decision === "accept" && toOrderId !== payment.orderId ? { toOrderId } : {};
    const answer = await adminPost(`${addressOf(payment)}/decisions`, { decision, ...to, reason: reason.trim() });
    setProblem(answer.type === "ok" ? null : answer.problem);
    if (answer.type === "ok") await onDecided();
    setDoing(null);
    setAsking(null);
  };
  const button = (decision: Decision, text: string, look: string, isReady = true) => (
    <button
      type="button"
      class={`button ${look}`}
      aria-disabled={!hasReason || !isReady || doing !== null}
      onClick={() => void (decision === "accept" ? ask() : decide(decision))}
      data-testid={`decide-${decision}`}
    >
      {doing === decision ? "Deciding…" : text}
    </button>
  );

  return (
    <form class="decide" onSubmit={(event) => event.preventDefault()} aria-label="Decide about the payment">
      <fieldset class="roles">
        <legend>Accept it for</legend>
        {hasOwn && <Choice value={payment.orderId} target={target} onChoose={choose} title="its own order" detail="" />}
        {suggestions.map((suggestion) => (
          <Suggested key={suggestion.order.orderId} {...{ suggestion, payment, target }} onChoose={choose} />
        ))}
        <Choice value={ANOTHER} target={target} onChoose={choose} title="another order" detail="by its id" />
        {target === ANOTHER && (
          <div class="field">
            <input
              aria-label="Id of the order"
              value={typedOrder}
              autocomplete="off"
              onInput={(event) => {
                setTypedOrder(event.currentTarget.value);
                setAsking(null);
              }}
              data-testid="decide-order"
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
      {asking === null ? (
        <div class="confirm">
          {button("accept", "Accept…", "button-primary", toOrderId !== "")}
          {button("refund", "Send it back", "button-quiet")}
          {isQuarantined && button("reject", "It was no money", "button-bad")}
        </div>
      ) : (
        <ConfirmAccept
          payment={payment}
          to={asking}
          isDoing={doing !== null}
          onConfirm={() => void decide("accept")}
          onBack={() => setAsking(null)}
        />
      )}
      {problem !== null && <Failure problem={problem} />}
    </form>
  );
}
