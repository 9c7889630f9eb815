/** One payment of the desk: what it is, what was decided, and while it is open the form that decides. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem } from "../../api/problem.ts";
import { formatMoney } from "../../money.ts";
import { useAnnounce } from "../../shell/announcer.tsx";
import { Failure, Note, Skeleton } from "../../shell/notices.tsx";
import { Link } from "../../shell/router.tsx";
import { formatInstant } from "../../time.ts";
import { adminGet } from "../admin-client.ts";
import { DecidePayment } from "./decide-payment.tsx";
import { type DeskDecision, type DeskDetail, meaningOf } from "./desk-wire.ts";

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
    const before = JSON.stringify([detail?.payment.decision, detail?.payment.refused]);
    for (let look = 0; look < LOOKS; look++) {
      const now = await load();
      if (now === null) return;
      if (JSON.stringify([now.payment.decision, now.payment.refused]) !== before) {
        announce(now.payment.state === "open" ? "The decision came too late" : "The decision took effect");
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
  const { order, orderId, paymentId, paidAt, since, state, decision, refused } = payment;
  const customer = order?.customer ?? null;
  return (
    <>
      <p>
        <span class="chip">{payment.kind}</span> {meaningOf(payment)}, since {formatInstant(since)}. Paid{" "}
        {formatInstant(paidAt)}
        {customer !== null && ` by ${customer.name} (${customer.email})`}.
      </p>
      <p class="soft">
        <span class="mono">{paymentId}</span> of{" "}
        <Link href={`/admin/orders/${orderId}`}>
          {order === null ? "an order that nobody submitted" : `an order that is ${order.status}`}
        </Link>
      </p>
      {decision !== null && <Decided decision={decision} />}
      {decision === null && state === "settled" && <Note tone="plain" title="It went back without a decision" />}
      {refused !== null && <Decided decision={refused} />}
    </>
  );
}

const DONE: Readonly<Record<DeskDecision["decision"], string>> = {
  accept: "Accepted",
  refund: "Goes back",
  reject: "Closed: it was no money",
};

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
