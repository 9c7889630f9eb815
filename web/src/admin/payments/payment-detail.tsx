/** One payment of the desk: what it is, what was decided, and while it is open the form that decides. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem } from "../../api/problem.ts";
import type { OrderView } from "../../api/wire.ts";
import { formatMoney } from "../../money.ts";
import { useAnnounce } from "../../shell/announcer.tsx";
import { Failure, Note, Skeleton } from "../../shell/notices.tsx";
import { Link } from "../../shell/router.tsx";
import { formatInstant } from "../../time.ts";
import { adminGet } from "../admin-client.ts";
import { DecidePayment } from "./decide-payment.tsx";
import {
  type DeskDecision,
  type DeskDetail,
  type DeskPayment,
  DONE,
  meaningOf,
  outcomeOf,
  outstandingOf,
} from "./desk-wire.ts";

/** A decision takes effect a moment after it is durable. */
const LOOK_AGAIN_MS = 300;
const LOOKS = 20;

interface PaymentDetailProps {
  readonly address: string;
  readonly mayDecide: boolean;
}

export function PaymentDetail({ address, mayDecide }: PaymentDetailProps) {
  const [detail, setDetail] = useState<DeskDetail | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const announce = useAnnounce();
  const load = useCallback(
    async (signal?: AbortSignal): Promise<DeskDetail | null> => {
      const answer = await adminGet<DeskDetail>(address, signal);
      if (signal?.aborted) return null;
      setProblem(answer.type === "ok" ? null : answer.problem);
      if (answer.type !== "ok") return null;
      setDetail(answer.value);
      return answer.value;
    },
    [address],
  );
  useEffect(() => {
    const reading = new AbortController();
    void load(reading.signal);
    return () => reading.abort();
  }, [load]);

  const onDecided = async () => {
    if (detail === null) return;
    for (let look = 0; look < LOOKS; look++) {
      const now = await load();
      if (now === null) return;
      const outcome = outcomeOf(detail.payment, now.payment);
      if (outcome !== null) {
        announce(outcome === "refused" ? "The decision did not fit any more" : doneText(now.payment));
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  };

  return (
    <section class="card console-section" aria-labelledby="payment-title">
      <p>
        <Link href="/admin/payments">All payments</Link>
      </p>
      <h1 id="payment-title">{detail === null ? "Payment" : `Payment of ${formatMoney(detail.payment.amount)}`}</h1>
      {problem !== null && <Failure problem={problem} onRetry={() => void load()} />}
      {detail === null && problem === null && <Skeleton count={3} kind="mail" />}
      {detail !== null && <Facts {...detail} />}
      {detail?.payment.state === "open" && mayDecide && <DecidePayment {...detail} onDecided={onDecided} />}
      {detail?.payment.state === "open" && !mayDecide && <p class="soft">Your role may read this, and not decide.</p>}
    </section>
  );
}

function Facts({ payment }: DeskDetail) {
  const { order, orderId, paymentId, amount, earlierAmount, paidAt, since, state, decision, refused } = payment;
  const customer = order?.customer ?? null;
  return (
    <>
      <p>
        <span class="chip">{payment.kind}</span> {meaningOf(payment)}, since {formatInstant(since)}. Paid{" "}
        {formatInstant(paidAt)}
        {customer !== null && ` by ${customer.name} (${customer.email})`}.
      </p>
      {earlierAmount !== null && (
        <p data-testid="earlier-amount">
          {formatMoney(earlierAmount)} came first under the same id; this is another {formatMoney(amount)}.
        </p>
      )}
      {order !== null && order.total !== null && <p data-testid="asked-for">{askedFor(order)}</p>}
      <p class="soft">
        <span class="mono">{paymentId}</span> of{" "}
        <Link href={`/admin/orders/${orderId}`}>
          {order === null ? "an order that nobody submitted" : `an order that is ${order.status}`}
        </Link>{" "}
        <span class="mono">{orderId}</span>
      </p>
      {decision !== null && <Decided decision={decision} />}
      {decision === null && state === "settled" && <Note tone="plain" title="It went back without a decision" />}
      {refused !== null && <Decided decision={refused} />}
    </>
  );
}

function doneText({ state }: DeskPayment): string {
  return state === "open"
    ? "The decision took effect. What the order did not take is still to be decided"
    : "The decision took effect";
}

/** What its order costs, and how much of that is there. */
function askedFor(order: OrderView): string {
  const { total, paid } = order;
  if (total === null) return "";
  const there = paid === null ? "nothing is credited" : `${formatMoney(paid)} is credited`;
  const outstanding = outstandingOf(order);
  const missing = outstanding === null ? "" : `, and ${formatMoney(outstanding)} is outstanding`;
  return `Its order costs ${formatMoney(total)}; ${there}${missing}.`;
}

function Decided({ decision }: { readonly decision: DeskDecision }) {
  const { operator, reason, decidedAt, toOrderId, refusedBecause } = decision;
  const title = refusedBecause === null ? DONE[decision.decision] : `Not done: ${refusedBecause}`;
  return (
    <Note tone={refusedBecause === null ? "good" : "warn"} title={title}>
      <p data-testid="decided">
        {operator.name}, {formatInstant(decidedAt)}: “{reason}”
      </p>
      {toOrderId !== null && (
        <p>
          For order <Link href={`/admin/orders/${toOrderId}`}>{toOrderId}</Link>
        </p>
      )}
    </Note>
  );
}
