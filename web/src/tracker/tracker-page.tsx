/** Shows one order as it moves: its state, the steps behind and ahead, its lines and money, and all of its events. */
import { useEffect } from "preact/hooks";
import type { OrderView } from "../api/wire.ts";
import { useAnnounce } from "../shell/announcer.tsx";
import { Empty, Failure, Skeleton } from "../shell/notices.tsx";
import { Link, useTitle } from "../shell/router.tsx";
import { ConfirmationLink } from "./confirmation-link.tsx";
import { OrderActions } from "./order-actions.tsx";
import { OrderCard } from "./order-card.tsx";
import { explanationOf, STATUS_TEXTS, shortIdOf } from "./order-texts.ts";
import { Progress } from "./progress.tsx";
import { RecentOrders, useRecentOrders } from "./recent-orders.tsx";
import { RefundNotice } from "./refund-notice.tsx";
import { stepsOf } from "./steps.ts";
import { Timeline } from "./timeline.tsx";
import { type Connection, isWaiting } from "./tracker-state.ts";
import { type LiveOrder, useLiveOrder } from "./use-live-order.ts";
import { WhyPanel } from "./why-panel.tsx";

export function TrackerPage({ orderId }: { readonly orderId: string }) {
  const live = useLiveOrder(orderId);
  const { order, problem, isMissing } = live;
  useTitle(
    order === null
      ? `Order ${shortIdOf(orderId)}`
      : `${STATUS_TEXTS[order.status].label} · Order ${shortIdOf(orderId)}`,
  );
  return (
    <div class="tracker">
      <div class="tracker-main">
        {order !== null && <TrackedOrder order={order} live={live} />}
        {order === null && isMissing && <Missing />}
        {order === null && !isMissing && problem !== null && (
          <>
            <h1>Order {shortIdOf(orderId)}</h1>
            <Failure problem={problem} onRetry={live.reload} />
          </>
        )}
        {order === null && !isMissing && problem === null && (
          <div aria-busy="true">
            <h1 class="visually-hidden">Loading order {shortIdOf(orderId)}</h1>
            <Skeleton count={4} kind="line" />
          </div>
        )}
      </div>
      <div class="tracker-side">
        {order !== null && <OrderCard order={order} />}
        <RecentOrders current={orderId} />
      </div>
    </div>
  );
}

function TrackedOrder({ order, live }: { readonly order: OrderView; readonly live: LiveOrder }) {
  const { orderId, status } = order;
  const { headline, tone } = STATUS_TEXTS[status];
  const { noteStatus } = useRecentOrders();
  const announce = useAnnounce();
  useEffect(() => {
    noteStatus(orderId, status);
    announce(headline);
  }, [orderId, status, headline, noteStatus, announce]);

  return (
    <>
      <section class="card status-card" aria-labelledby="status-title">
        <p class="status-meta">
          <span>Order {shortIdOf(orderId)}</span>
          <ConnectionChip connection={live.connection} isGood={tone === "good"} onRetry={live.reload} />
        </p>
        <div class={`status status-${tone}`} data-testid="order-status" data-status={status}>
          <h1 id="status-title">{headline}</h1>
          <p class="status-text">{explanationOf(order)}</p>
        </div>
        <Progress steps={stepsOf(order, live.events)} />
        <RefundNotice order={order} />
        <OrderActions order={order} events={live.events} />
        {status === "emailed" && <ConfirmationLink orderId={orderId} />}
      </section>
      {isWaiting(order) && <WhyPanel orderId={orderId} version={order.version} />}
      <Timeline events={live.events} />
    </>
  );
}

const CONNECTION_TEXTS: Readonly<Record<Exclude<Connection, "ended">, string>> = {
  connecting: "Connecting",
  live: "Live",
  lost: "Connection lost, trying again",
};

interface ConnectionProps {
  readonly connection: Connection;
  readonly isGood: boolean;
  readonly onRetry: () => void;
}

function ConnectionChip({ connection, isGood, onRetry }: ConnectionProps) {
  const ended = isGood ? "Complete" : "Closed";
  return (
    <span
      class={`connection connection-${connection}`}
      role="status"
      data-testid="connection"
      data-connection={connection}
    >
      {connection === "ended" ? ended : CONNECTION_TEXTS[connection]}
      {connection === "lost" && (
        <button type="button" class="button button-link" onClick={onRetry}>
          Now
        </button>
      )}
    </span>
  );
}

function Missing() {
  return (
    <>
      <h1>No such order</h1>
      <Empty title="We do not know this order">
        <p>The address may be mistyped, or the order belongs to another installation.</p>
        <Link href="/" class="button button-primary">
          To the menu
        </Link>
      </Empty>
    </>
  );
}
