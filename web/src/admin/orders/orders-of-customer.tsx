/** The orders of one address, the latest first: for staff who know the customer and not the order. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { type Answer, send } from "../../api/client.ts";
import type { Problem } from "../../api/problem.ts";
import type { OrderView } from "../../api/wire.ts";
import { formatMoney } from "../../money.ts";
import { Empty, Failure, Skeleton } from "../../shell/notices.tsx";
import { Link } from "../../shell/router.tsx";
import { formatInstant } from "../../time.ts";
import { STATUS_TEXTS } from "../../tracker/order-texts.ts";

interface OrderPage {
  readonly orders: readonly OrderView[];
  readonly next: string | null;
}

function listOrders(email: string, cursor: string | null, signal?: AbortSignal): Promise<Answer<OrderPage>> {
  const query = new URLSearchParams({ customerEmail: email, ...(cursor === null ? {} : { cursor }) });
  return send(`/orders?${query}`, { headers: { Accept: "application/json" } }, signal);
}

export function OrdersOfCustomer({ email }: { readonly email: string }) {
  const [page, setPage] = useState<OrderPage | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = useCallback(
    async (cursor: string | null, signal?: AbortSignal) => {
      const answer = await listOrders(email, cursor, signal);
      if (signal?.aborted) return;
      setProblem(answer.type === "ok" ? null : answer.problem);
      if (answer.type !== "ok") return;
      const { orders, next } = answer.value;
      setPage((shown) => ({ orders: cursor === null ? orders : [...(shown?.orders ?? []), ...orders], next }));
    },
    [email],
  );
  useEffect(() => {
    const reading = new AbortController();
    void load(null, reading.signal);
    return () => reading.abort();
  }, [load]);

  const next = page?.next ?? null;
  return (
    <section class="card console-section" aria-labelledby="of-customer-title">
      <h2 id="of-customer-title">Orders of {email}</h2>
      {problem !== null && <Failure problem={problem} onRetry={() => void load(next)} />}
      {page === null && problem === null && <Skeleton count={3} kind="mail" />}
      {page?.orders.length === 0 && (
        <Empty title="No order has this address">
          <p>The address has to be written as the customer gave it, but capitals make no difference.</p>
        </Empty>
      )}
      <ul class="acts">
        {page?.orders.map((order) => (
          <OrderRow key={order.orderId} order={order} />
        ))}
      </ul>
      {next !== null && (
        <button type="button" class="button button-quiet button-wide" onClick={() => void load(next)}>
          Load older orders
        </button>
      )}
    </section>
  );
}

function OrderRow({ order }: { readonly order: OrderView }) {
  const { orderId, status, total, money, receivedAt, customer } = order;
  return (
    <li class="act" data-testid={`found-${orderId}`}>
      <p class="act-what">
        <Link href={`/admin/orders/${orderId}`}>
          <strong>{total === null ? "an order without a price" : formatMoney(total)}</strong>
        </Link>
        <span>{customer?.name}</span> <span class="chip">{STATUS_TEXTS[status].label}</span>
        {money === "refundDue" && <span class="chip chip-waiting">Refund due</span>}
      </p>
      <p class="soft act-who">
        {formatInstant(receivedAt)} <span class="mono">{orderId}</span>
      </p>
    </li>
  );
}
