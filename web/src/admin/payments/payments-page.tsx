/** The payment desk: money that the rules could not place, by kind and age, and one payment with what can be decided. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem } from "../../api/problem.ts";
import { formatMoney } from "../../money.ts";
import { Empty, Failure, Skeleton } from "../../shell/notices.tsx";
import { Link } from "../../shell/router.tsx";
import { adminGet } from "../admin-client.ts";
import { mayActAs, type SectionProps } from "../section.ts";
import { addressOf, ageOf, type DeskPayment, KINDS, meaningOf } from "./desk-wire.ts";
import { PaymentDetail } from "./payment-detail.tsx";

interface DeskPage {
  readonly payments: readonly DeskPayment[];
  readonly next: string | null;
}

export function PaymentsPage({ operator, rest }: SectionProps) {
  const [first, second] = rest;
  const mayDecide = mayActAs(operator, "support");
  if (first !== undefined && second !== undefined) {
    const address = `/admin/payments/${first}/${encodeURIComponent(second)}`;
    return <PaymentDetail key={address} address={address} mayDecide={mayDecide} />;
  }
  return <Desk kind={KINDS.find(({ path }) => path === first)?.path ?? null} />;
}

function Desk({ kind }: { readonly kind: string | null }) {
  const tabs = [{ path: null, title: "All" }, ...KINDS];
  return (
    <section class="card console-section" aria-labelledby="payments-title">
      <h1 id="payments-title">Payments</h1>
      <p class="soft">Money that the rules could not place. What waits longest comes first.</p>
      <nav class="console-nav" aria-label="Kinds of payments">
        {tabs.map(({ path, title }) => (
          <Link
            key={title}
            href={path === null ? "/admin/payments" : `/admin/payments/${path}`}
            class="nav-link"
            aria-current={path === kind ? "page" : undefined}
          >
            {title}
          </Link>
        ))}
      </nav>
      <PaymentList key={kind ?? "all"} kind={kind} />
    </section>
  );
}

function PaymentList({ kind }: { readonly kind: string | null }) {
  const [page, setPage] = useState<DeskPage | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = useCallback(
    async (cursor: string | null, signal?: AbortSignal) => {
      const filters = { ...(kind === null ? {} : { kind }), ...(cursor === null ? {} : { cursor }) };
      const answer = await adminGet<DeskPage>(`/admin/payments?${new URLSearchParams(filters)}`, signal);
      if (signal?.aborted) return;
      setProblem(answer.type === "ok" ? null : answer.problem);
      if (answer.type !== "ok") return;
      const { payments, next } = answer.value;
      setPage((shown) => ({ payments: cursor === null ? payments : [...(shown?.payments ?? []), ...payments], next }));
    },
    [kind],
  );
  useEffect(() => {
    const reading = new AbortController();
    void load(null, reading.signal);
    return () => reading.abort();
  }, [load]);

  const next = page?.next ?? null;
  return (
    <>
      {problem !== null && <Failure problem={problem} onRetry={() => void load(next)} />}
      {page === null && problem === null && <Skeleton count={4} kind="mail" />}
      {page?.payments.length === 0 && (
        <Empty title="No payment waits for a decision">
          <p>Money that nobody can place by a rule is listed here.</p>
        </Empty>
      )}
      <ul class="acts">
        {page?.payments.map((payment) => (
          <PaymentRow key={addressOf(payment)} payment={payment} />
        ))}
      </ul>
      {next !== null && (
        <button type="button" class="button button-quiet button-wide" onClick={() => void load(next)}>
          Load more payments
        </button>
      )}
    </>
  );
}

function PaymentRow({ payment }: { readonly payment: DeskPayment }) {
  const { amount, since, order, orderId, paymentId } = payment;
  return (
    <li class="act" data-testid={`payment-${paymentId}`}>
      <p class="act-what">
        <Link href={addressOf(payment)}>
          <strong>{formatMoney(amount)}</strong>
        </Link>
        <span>{order?.customer?.name ?? "unknown customer"}</span> <span class="chip">{payment.kind}</span>
      </p>
      <p class="soft act-who">
        {meaningOf(payment)}, for <time dateTime={since}>{ageOf(since, Date.now())}</time>.{" "}
        <span class="mono">
          {paymentId} of order {orderId}
        </span>
      </p>
    </li>
  );
}
