/** The dev inbox: the mails that the service sent, in a list beside the one being read; on a phone one at a time. */
import { useEffect, useRef } from "preact/hooks";
import { useAnnounce } from "../shell/announcer.tsx";
import { MailIcon } from "../shell/icons.tsx";
import { Empty, Failure, Skeleton } from "../shell/notices.tsx";
import { inboxPath } from "../shell/route.ts";
import { Link, useTitle } from "../shell/router.tsx";
import { useMedia, WIDE } from "../shell/use-media.ts";
import { shortIdOf } from "../tracker/order-texts.ts";
import { MailList } from "./mail-list.tsx";
import { MailReader } from "./mail-reader.tsx";
import { type Inbox, useInbox } from "./use-inbox.ts";

interface InboxPageProps {
  readonly mailId: string | null;
  /** Only this order's mails; all when null. */
  readonly orderId: string | null;
}

export function InboxPage({ mailId, orderId }: InboxPageProps) {
  useTitle(orderId === null ? "Inbox" : `Inbox · Order ${shortIdOf(orderId)}`);
  const inbox = useInbox(orderId);
  const isWide = useMedia(WIDE);
  const announce = useAnnounce();
  const { newCount, messages } = inbox;
  useEffect(() => {
    if (newCount > 0) announce(newCount === 1 ? "One new mail" : `${newCount} new mails`);
  }, [messages, newCount, announce]);

  const page = useRef<HTMLDivElement>(null);
  const shown = useRef(mailId);
  useEffect(() => {
    if (shown.current === mailId) return;
    shown.current = mailId;
    if (isWide) return;
    window.scrollTo(0, 0);
    page.current?.focus({ preventScroll: true });
  }, [mailId, isWide]);

  if (inbox.isOff) return <InboxOff />;
  return (
    <div class={mailId === null ? "inbox" : "inbox inbox-reading"} ref={page} tabIndex={-1}>
      {(isWide || mailId === null) && (
        <section class="card inbox-list" aria-labelledby="inbox-title">
          <div class="inbox-head">
            <h1 id="inbox-title">Inbox</h1>
            <p class="soft">What the service mails in development ends up here.</p>
          </div>
          {orderId !== null && (
            <p class="filter">
              <span>Only order {shortIdOf(orderId)}</span>
              <Link href={inboxPath(mailId, null)}>Show all</Link>
            </p>
          )}
          <Messages inbox={inbox} mailId={mailId} orderId={orderId} />
        </section>
      )}
      {mailId !== null && <MailReader key={mailId} mailId={mailId} orderId={orderId} />}
      {mailId === null && isWide && (
        <section class="card reader reader-empty" aria-label="Mail">
          <Empty title="Pick a mail" picture={<MailIcon />}>
            <p>It opens here, as HTML, as text, and with its headers.</p>
          </Empty>
        </section>
      )}
    </div>
  );
}

interface MessagesProps extends InboxPageProps {
  readonly inbox: Inbox;
}

function Messages({ inbox, mailId, orderId }: MessagesProps) {
  const { messages, problem } = inbox;
  if (messages === null) {
    return problem === null ? (
      <div aria-busy="true">
        <p class="visually-hidden">Loading the inbox</p>
        <Skeleton count={5} kind="mail" />
      </div>
    ) : (
      <Failure problem={problem} onRetry={inbox.refresh} />
    );
  }
  return (
    <>
      {problem !== null && <Failure problem={problem} onRetry={inbox.refresh} />}
      {messages.length === 0 && (
        <Empty title={orderId === null ? "No mail yet" : "No mail for this order yet"} picture={<MailIcon />}>
          <p>Place and pay an order, and its confirmation arrives here.</p>
          <Link href="/" class="button button-quiet">
            To the menu
          </Link>
        </Empty>
      )}
      <MailList messages={messages} mailId={mailId} orderId={orderId} />
      {inbox.next !== null && (
        <button type="button" class="button button-quiet button-wide" onClick={() => void inbox.loadOlder()}>
          Load older mail
        </button>
      )}
    </>
  );
}

function InboxOff() {
  return (
    <div class="column">
      <h1>Inbox</h1>
      <Empty title="Mail leaves for real here" picture={<MailIcon />}>
        <p>This service sends through a mail server (SMTP_URL is set), so there is no dev inbox to show.</p>
        <Link href="/" class="button button-primary">
          To the menu
        </Link>
      </Empty>
    </div>
  );
}
