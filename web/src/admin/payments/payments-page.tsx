/** The payment desk: money that the rules could not place, by kind and age, and one payment with what can be decided. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem } from "../../api/problem.ts";
import { formatMoney } from "../../money.ts";
import { Empty, Failure, Skeleton } from "../../shell/notices.tsx";
import { Link } from "../../shell/router.tsx";
import { formatInstant } from "../../time.ts";
import { adminGet } from "../admin-client.ts";
import { mayActAs, type SectionProps } from "../section.ts";
import { addressOf, ageOf, type DeskPayment, DONE, KINDS, meaningOf, STATES } from "./desk-wire.ts";
import { PaymentDetail } from "./payment-detail.tsx";

interface DeskPage {
  readonly payments: readonly DeskPayment[];
  readonly next: string | null;
}

export function PaymentsPage({ operator, rest }: SectionProps) {
  const [first, second] = rest;
  const mayDecide = mayActAs(operator, "support");
  const state = STATES.find(({ path }) => path === first)?.path;
  if (first !== undefined && second !== undefined && state === undefined) {
    const address = `/admin/payments/${first}/${encodeURIComponent(second)}`;
    return <PaymentDetail key={address} address={address} mayDecide={mayDecide} />;
  }
  const kind = state === undefined ? first : second;
  return <Desk kind={KINDS.find(({ path }) => path === kind)?.path ?? null} state={state ?? "open"} />;
}

/** Open ones are what people come for, so their address does without the state. */
function pathOf(state: string, kind: string | null): string {
  return ["/admin/payments", ...(state === "open" ? [] : [state]), ...(kind === null ? [] : [kind])].join("/");
}

interface DeskProps {
  readonly kind: string | null;
  readonly state: string;
}

function Desk({ kind, state }: DeskProps) {
  const tabs = [{ path: null, title: "All" }, ...KINDS];
  return (
    <section class="card console-section" aria-labelledby="payments-title">
      <h1 id="payments-title">Payments</h1>
      <p class="soft">
        Money that the rules could not place.{" "}
        {state === "open" ? "What waits longest comes first." : "The latest comes first."}
      </p>
      <nav class="console-nav" aria-label="States of payments">
        {STATES.map(({ path, title }) => (
          <Link
            key={path}
            href={pathOf(path, kind)}
            class="nav-link"
            aria-current={path === state ? "page" : undefined}
            data-testid={`state-${path}`}
          >
            {title}
          </Link>
        ))}
      </nav>
      <nav class="console-nav" aria-label="Kinds of payments">
        {tabs.map(({ path, title }) => (
          <Link
            key={title}
            href={pathOf(state, path)}
            class="nav-link"
            aria-current={path === kind ? "page" : undefined}
          >
            {title}
          </Link>
        ))}
      </nav>
      <PaymentList key={pathOf(state, kind)} kind={kind} state={state} />
    </section>
  );
}

function PaymentList({ kind, state }: DeskProps) {
  const [page, setPage] = useState<DeskPage | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = useCallback(
    async (cursor: string | null, signal?: AbortSignal) => {
      const filters = { state, ...(kind === null ? {} : { kind }), ...(cursor === null ? {} : { cursor }) };
      const answer = await adminGet<DeskPage>(`/admin/payments?${new URLSearchParams(filters)}`, signal);
      if (signal?.aborted) return;
      setProblem(answer.type === "ok" ? null : answer.problem);
      if (answer.type !== "ok") return;
      const { payments, next } = answer.value;
      setPage((shown) => ({ payments: cursor === null ? payments : [...(shown?.payments ?? []), ...payments], next }));
    },
    [kind, state],
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
        <Empty title={state === "open" ? "No payment waits for a decision" : "None of these"}>
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
  const { amount, since, order, orderId, paymentId, decision, refused } = payment;
  return (
    <li class="act" data-testid={`payment-${paymentId}`}>
      <p class="act-what">
        <Link href={addressOf(payment)}>
          <strong>{formatMoney(amount)}</strong>
        </Link>
        <span>{order?.customer?.name ?? "unknown customer"}</span> <span class="chip">{payment.kind}</span>
        {decision !== null && <span class="chip chip-good">{DONE[decision.decision]}</span>}
        {refused !== null && <span class="chip chip-waiting">a decision was refused</span>}
      </p>
      <p class="soft act-who">
        {meaningOf(payment)}, for <time dateTime={since}>{ageOf(since, Date.now())}</time>.{" "}
        <span class="mono">
          {paymentId} of order {orderId}
        </span>
      </p>
      {decision !== null && (
        <p class="soft act-who">
          {decision.operator.name}, {formatInstant(decision.decidedAt)}: “{decision.reason}”
        </p>
      )}
    </li>
  );
}
