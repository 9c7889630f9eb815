/** The mails of the inbox, newest first, each a link to its reading pane. */
import type { MailSummary } from "../api/wire.ts";
import { inboxPath } from "../shell/route.ts";
import { Link } from "../shell/router.tsx";
import { formatMinute } from "../time.ts";
import { shortIdOf } from "../tracker/order-texts.ts";

interface MailListProps {
  readonly messages: readonly MailSummary[];
  readonly mailId: string | null;
  readonly orderId: string | null;
}

export function MailList({ messages, mailId, orderId }: MailListProps) {
  return (
    <ul class="mails">
      {messages.map((mail) => (
        <li key={mail.id}>
          <Link
            href={inboxPath(mail.id, orderId)}
            class="mail"
            data-testid="inbox-message"
            aria-current={mail.id === mailId ? "true" : undefined}
          >
            <span class="mail-to">{mail.to}</span>
            <time class="mail-time" dateTime={mail.receivedAt}>
              {formatMinute(mail.receivedAt)}
            </time>
            <span class="mail-subject">{mail.subject || "(no subject)"}</span>
            {mail.orderId && <span class="mail-order">{shortIdOf(mail.orderId)}</span>}
          </Link>
        </li>
      ))}
    </ul>
  );
}
