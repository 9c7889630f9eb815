/** One mail: who it is from and for, and its HTML, text and headers. The HTML is shown in a frame that may run nothing. */
import { useEffect, useState } from "preact/hooks";
import { getMail, mailHtmlUrl } from "../api/client.ts";
import type { Problem } from "../api/problem.ts";
import type { Mail } from "../api/wire.ts";
import { useAnnounce } from "../shell/announcer.tsx";
import { ArrowLeftIcon } from "../shell/icons.tsx";
import { Empty, Failure, Skeleton } from "../shell/notices.tsx";
import { inboxPath, trackerPath } from "../shell/route.ts";
import { Link } from "../shell/router.tsx";
import { formatInstant } from "../time.ts";
import { shortIdOf } from "../tracker/order-texts.ts";
import { Tabs } from "./tabs.tsx";

interface MailReaderProps {
  readonly mailId: string;
  readonly orderId: string | null;
}

export function MailReader({ mailId, orderId }: MailReaderProps) {
  const { mail, problem, load } = useMail(mailId);
  return (
    <section class="card reader" aria-label="Mail">
      <Link href={inboxPath(null, orderId)} class="button button-quiet reader-back">
        <ArrowLeftIcon />
        Inbox
      </Link>
      {mail !== null && <OpenMail mail={mail} />}
      {mail === null && problem?.status === 404 && (
        <Empty title="This mail is gone">
          <p>The inbox keeps no mail of this id.</p>
        </Empty>
      )}
      {mail === null && problem !== null && problem.status !== 404 && <Failure problem={problem} onRetry={load} />}
      {mail === null && problem === null && (
        <div aria-busy="true">
          <p class="visually-hidden">Loading the mail</p>
          <Skeleton count={5} kind="line" />
        </div>
      )}
    </section>
  );
}

function OpenMail({ mail }: { readonly mail: Mail }) {
  const announce = useAnnounce();
  useEffect(() => announce(`Mail opened: ${mail.subject}`), [mail.subject, announce]);
  return (
    <>
      <header class="reader-head">
        <h2 class="reader-subject">{mail.subject || "(no subject)"}</h2>
        <dl class="facts">
          <dt>From</dt>
          <dd>{mail.from}</dd>
          <dt>To</dt>
          <dd>{mail.to}</dd>
          <dt>Received</dt>
          <dd>
            <time dateTime={mail.receivedAt}>{formatInstant(mail.receivedAt)}</time>
          </dd>
          {mail.orderId && (
            <>
              <dt>Order</dt>
              <dd>
                <Link href={trackerPath(mail.orderId)}>{shortIdOf(mail.orderId)}</Link>
              </dd>
            </>
          )}
        </dl>
      </header>
      <Tabs
        label="Parts of the mail"
        tabs={[
          { id: "html", label: "HTML", content: () => <HtmlPart mail={mail} /> },
          { id: "text", label: "Text", content: () => <TextPart text={mail.text} /> },
          { id: "headers", label: "Headers", content: () => <Headers headers={mail.headers} /> },
        ]}
      />
    </>
  );
}

function HtmlPart({ mail }: { readonly mail: Mail }) {
  if (mail.html === "") return <p class="soft">This mail has no HTML part.</p>;
  return (
    <iframe
      class="mail-frame"
      data-testid="mail-frame"
      title={`HTML part of ${mail.subject}`}
      sandbox="allow-popups allow-popups-to-escape-sandbox"
      referrerpolicy="no-referrer"
      src={mailHtmlUrl(mail.id)}
    />
  );
}

function TextPart({ text }: { readonly text: string }) {
  if (text === "") return <p class="soft">This mail has no text part.</p>;
  return (
    <pre class="mail-text" data-testid="mail-text">
      {text}
    </pre>
  );
}

function Headers({ headers }: Pick<Mail, "headers">) {
  return (
    <dl class="headers" data-testid="mail-headers">
      {headers.map(({ name, value }, index) => (
        <div key={index} class="header">
          <dt>{name}</dt>
          <dd class="mono">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function useMail(mailId: string) {
  const [mail, setMail] = useState<Mail | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const left = new AbortController();
    setProblem(null);
    void getMail(mailId, left.signal).then((answer) => {
      if (left.signal.aborted) return;
      if (answer.type === "ok") setMail(answer.value);
      else setProblem(answer.problem);
    });
    return () => left.abort();
  }, [mailId, turn]);
  return { mail, problem, load: () => setTurn((current) => current + 1) };
}
