/** What a customer can still do about an order that waits for its payment: pay it, or cancel it. */
import { useState } from "preact/hooks";
import { type Answer, cancelOrder, payOrder } from "../api/client.ts";
import type { Problem } from "../api/problem.ts";
import type { OrderView, TimelineEvent } from "../api/wire.ts";
import { formatMoney } from "../money.ts";
import { Failure, Note } from "../shell/notices.tsx";
import { formatMinute } from "../time.ts";
import { outstandingOf } from "./outstanding.ts";

type Doing = "nothing" | "asking" | "paying" | "cancelling";

interface ActionsProps {
  readonly order: OrderView;
  readonly events: readonly TimelineEvent[];
}

export function OrderActions({ order, events }: ActionsProps) {
  const { orderId, status } = order;
  const [doing, setDoing] = useState<Doing>("nothing");
  const [problem, setProblem] = useState<Problem | null>(null);
  const lostCancellation = events.some(({ type }) => type === "CancellationRefused");

  const send = async (next: Doing, request: () => Promise<Answer<unknown>>) => {
    if (doing === next) return;
    setDoing(next);
    setProblem(null);
    const answer = await request();
    if (answer.type === "ok") return;
    setDoing("nothing");
    setProblem(answer.problem);
  };

  if (status !== "received") {
    return lostCancellation ? (
      <Note tone="warn" title="The cancellation came too late">
        <p>The order was already decided when it arrived.</p>
      </Note>
    ) : null;
  }
  const deadline = deadlineOf(events);
  const outstanding = outstandingOf(order);
  return (
    <div class="actions">
      {problem !== null && <Failure problem={problem} />}
      {deadline !== null && (
        <p class="actions-note">
          Please pay before <time dateTime={deadline}>{formatMinute(deadline)}</time>.
        </p>
      )}
      <div class="actions-row">
        {outstanding !== null && (
          <button
            type="button"
            class="button button-primary"
            data-testid="pay"
            aria-disabled={doing === "paying"}
            onClick={() => void send("paying", () => payOrder(orderId, outstanding))}
          >
            {doing === "paying" ? "Paying…" : `Pay ${formatMoney(outstanding)}`}
          </button>
        )}
        <CancelButton
          doing={doing}
          onAsk={setDoing}
          onCancel={() => void send("cancelling", () => cancelOrder(orderId))}
        />
      </div>
    </div>
  );
}

interface CancelProps {
  readonly doing: Doing;
  readonly onAsk: (doing: Doing) => void;
  readonly onCancel: () => void;
}

function CancelButton({ doing, onAsk, onCancel }: CancelProps) {
  if (doing === "paying") return null;
  if (doing === "nothing") {
    return (
      <button type="button" class="button button-quiet" data-testid="cancel" onClick={() => onAsk("asking")}>
        Cancel order
      </button>
    );
  }
  return (
    <div class="confirm" role="group" aria-label="Cancel this order?">
      <button
        type="button"
        class="button button-bad"
        data-testid="cancel-confirm"
        aria-disabled={doing === "cancelling"}
        onClick={onCancel}
        ref={(button) => button?.focus()}
      >
        {doing === "cancelling" ? "Cancelling…" : "Yes, cancel it"}
      </button>
      {doing === "asking" && (
        <button type="button" class="button button-quiet" onClick={() => onAsk("nothing")}>
          Keep it
        </button>
      )}
    </div>
  );
}

function deadlineOf(events: readonly TimelineEvent[]): string | null {
  const deadline = events.find(({ type }) => type === "OrderReceived")?.data.paymentDeadline;
  return typeof deadline === "string" ? deadline : null;
}
