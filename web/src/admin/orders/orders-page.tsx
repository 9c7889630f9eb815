/** Why an order waits, for staff: the words that its customer reads, and what only staff may see. */
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../../api/problem.ts";
import type { OrderWhy } from "../../api/why.ts";
import { formatMoney } from "../../money.ts";
import { Failure, Skeleton } from "../../shell/notices.tsx";
import { trackerPath } from "../../shell/route.ts";
import { Link, navigate } from "../../shell/router.tsx";
import { formatInstant } from "../../time.ts";
import { WhyWords } from "../../tracker/why-panel.tsx";
import { adminGet } from "../admin-client.ts";
import { type MailAttempt, MailAttempts } from "../mails/mail-attempts.tsx";
import { addressOf, type DeskPayment } from "../payments/desk-wire.ts";
import type { SectionProps } from "../section.ts";
import { OrdersOfCustomer } from "./orders-of-customer.tsx";

interface StaffWhy extends OrderWhy {
  readonly owner: string | null;
  readonly shard: { readonly shard: number; readonly unreadMessages: number };
  readonly mailHistory: readonly { readonly messageId: string; readonly attempts: readonly MailAttempt[] }[];
  readonly parked: readonly {
    readonly id: string;
    readonly code: string;
    readonly detail: string;
    readonly parkedAt: string;
  }[];
  readonly deskPayments: readonly Pick<DeskPayment, "paymentId" | "kind" | "amount">[];
}

/** Orders of an address are at /admin/orders/of/<address>. */
const BY_ADDRESS = "of";

export function OrdersPage({ rest }: SectionProps) {
  const email = rest[0] === BY_ADDRESS ? (rest[1] ?? "") : "";
  const orderId = rest[0] === BY_ADDRESS ? "" : (rest[0] ?? "");
  return (
    <>
      <section class="card console-section" aria-labelledby="why-title">
        <h1 id="why-title">Why is this order waiting?</h1>
        <FindOrder key={`${email}${orderId}`} current={orderId === "" ? email : orderId} />
      </section>
      {email !== "" && <OrdersOfCustomer key={email} email={email} />}
      {orderId !== "" && <StaffWhyCard key={orderId} orderId={orderId} />}
    </>
  );
}

/** What has an at sign is no id. */
function pathOf(sought: string): string {
  return sought.includes("@")
    ? `/admin/orders/${BY_ADDRESS}/${encodeURIComponent(sought)}`
    : `/admin/orders/${encodeURIComponent(sought)}`;
}

function FindOrder({ current }: { readonly current: string }) {
  const [typed, setTyped] = useState(current);
  return (
    <form
      class="find-order"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== "") navigate(pathOf(typed.trim()));
      }}
    >
      <div class="field">
        <label for="find-order-id">Order id, or the customer's e-mail</label>
        <input
          id="find-order-id"
          class="mono"
          value={typed}
          autocomplete="off"
          onInput={(event) => setTyped(event.currentTarget.value)}
          data-testid="find-order"
        />
      </div>
      <button type="submit" class="button button-primary">
        Ask
      </button>
    </form>
  );
}

function StaffWhyCard({ orderId }: { readonly orderId: string }) {
  const [why, setWhy] = useState<StaffWhy | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const reading = new AbortController();
    void adminGet<StaffWhy>(`/admin/orders/${encodeURIComponent(orderId)}/why`, reading.signal).then((answer) => {
      if (reading.signal.aborted) return;
      setProblem(answer.type === "ok" ? null : answer.problem);
      if (answer.type === "ok") setWhy(answer.value);
    });
    return () => reading.abort();
  }, [orderId, asked]);
  const again = () => setAsked((times) => times + 1);

  if (problem !== null) return <Failure problem={problem} onRetry={again} />;
  if (why === null) return <Skeleton count={3} kind="line" />;
  const { shard, owner, mailHistory, parked, deskPayments } = why;
  return (
    <section class="card console-section" aria-label={`Order ${orderId}`} data-testid="staff-why">
      <WhyWords why={why} />
      <p class="soft">
        Shard {shard.shard}
        {owner === null ? "" : `, which ${owner} has`}. <Link href={trackerPath(orderId)}>The order's page</Link>
      </p>
      {deskPayments.length > 0 && <h2>Payments that wait for a decision</h2>}
      <ul class="acts">
        {deskPayments.map((payment) => (
          <li key={payment.paymentId} class="act act-what">
            <Link href={addressOf({ orderId, paymentId: payment.paymentId })}>
              <strong>{formatMoney(payment.amount)}</strong>
            </Link>{" "}
            <span class="chip">{payment.kind}</span> <span class="mono">{payment.paymentId}</span>
          </li>
        ))}
      </ul>
      {parked.length > 0 && <h2>Messages that could not be processed</h2>}
      <ul class="acts">
        {parked.map(({ id, code, detail, parkedAt }) => (
          <li key={id} class="act">
            <p class="act-what">
              <strong>{code}</strong> <Link href={`/admin/dead-letters/${id}`}>{id}</Link>
            </p>
            <p>{detail}</p>
            <p class="soft">{formatInstant(parkedAt)}</p>
          </li>
        ))}
      </ul>
      {mailHistory.map(({ messageId, attempts }) => (
        <MailAttempts key={messageId} attempts={attempts} />
      ))}
      <div>
        <button type="button" class="button button-quiet" onClick={again}>
          Ask again
        </button>
      </div>
    </section>
  );
}
