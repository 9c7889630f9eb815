/** The frame around every page: skip link, brand and navigation, the page itself, and the foot. */
import { useEffect, useRef } from "preact/hooks";
import { ConsolePage } from "./admin/console-page.tsx";
import { DevInbox, useDevInbox } from "./inbox/dev-inbox.tsx";
import { InboxPage } from "./inbox/inbox-page.tsx";
import { Announcer } from "./shell/announcer.tsx";
import { Empty } from "./shell/notices.tsx";
import { type Route, trackerPath } from "./shell/route.ts";
import { Link, useRoute, useTitle } from "./shell/router.tsx";
import { Storefront } from "./storefront/storefront.tsx";
import { useRecentOrders } from "./tracker/recent-orders.tsx";
import { TrackerPage } from "./tracker/tracker-page.tsx";

export function App() {
  return (
    <DevInbox>
      <Frame />
    </DevInbox>
  );
}

function Frame() {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const place = placeOf(route);
  const shown = useRef(place);
  useEffect(() => {
    if (shown.current === place) return;
    shown.current = place;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [place]);

  return (
    <Announcer>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <Header route={route} />
      <main id="main" class={`page page-${route.page}`} tabIndex={-1} ref={main}>
        <Page route={route} />
      </main>
      <Foot />
    </Announcer>
  );
}

/** What has to change for the page to begin at its top again. */
function placeOf(route: Route): string {
  if (route.page === "tracker") return route.orderId;
  return route.page === "admin" ? `admin/${route.section}` : route.page;
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case "storefront":
      return <Storefront />;
    case "tracker":
      return <TrackerPage key={route.orderId} orderId={route.orderId} />;
    case "inbox":
      return <InboxPage key={route.orderId} mailId={route.mailId} orderId={route.orderId} />;
    case "admin":
      return <ConsolePage section={route.section} rest={route.rest} />;
    case "nowhere":
      return <Nowhere />;
  }
}

function Header({ route }: { readonly route: Route }) {
  const { orders } = useRecentOrders();
  const latest = orders[0];
  // Only a service that says so has none: the link does not come late where there is one.
  const hasInbox = useDevInbox() !== false;
  const current = (page: Route["page"]) => (route.page === page ? "page" : undefined);
  return (
    <header class="head">
      <Link href="/" class="brand" aria-label="Orderloom, to the menu">
        <BrandMark />
        <span class="brand-name">Orderloom</span>
      </Link>
      <nav class="nav" aria-label="Pages">
        <Link href="/" class="nav-link" aria-current={current("storefront")}>
          Menu
        </Link>
        {latest && (
          <Link href={trackerPath(latest.orderId)} class="nav-link" aria-current={current("tracker")}>
            Orders
          </Link>
        )}
        {hasInbox && (
          <Link href="/inbox" class="nav-link" aria-current={current("inbox")}>
            Inbox
          </Link>
        )}
      </nav>
    </header>
  );
}

function Foot() {
  const mail = useDevInbox() === true ? ", mail that stays in the dev inbox" : "";
  return (
    <footer class="foot">
      <p>A demonstration: no real food, no real money{mail}.</p>
      <p class="foot-links">
        <Link href="/admin">Console</Link>
        <a href="/docs">API</a>
      </p>
    </footer>
  );
}

function BrandMark() {
  return (
    <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path class="brand-warp" d="M11 5v6.5M11 15.5V27M21 5v12M21 21v6" />
      <path class="brand-weft" d="M5 11h12M21 11h6M5 21h2.5M15 21h12" />
    </svg>
  );
}

function Nowhere() {
  useTitle("Nothing here");
  return (
    <div class="column">
      <h1>Nothing here</h1>
      <Empty title="This address has no page">
        <Link href="/" class="button button-primary">
          To the menu
        </Link>
      </Empty>
    </div>
  );
}
