/** Mails that need somebody: those that are held first, and beside them what is put off, refused or dropped. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem } from "../../api/problem.ts";
import { useAnnounce } from "../../shell/announcer.tsx";
import { Empty, Failure, Skeleton } from "../../shell/notices.tsx";
import { Link } from "../../shell/router.tsx";
import { adminGet } from "../admin-client.ts";
import { mayActAs, type SectionProps } from "../section.ts";
import { MailRow, type StaffMail } from "./mail-row.tsx";

const KINDS = [
  { path: "held", title: "Held", empty: "No mail waits for a decision." },
  { path: "unknown", title: "Unknown", empty: "The outcome of every mail is known." },
  { path: "deferred", title: "Put off", empty: "The mail server has put off no mail." },
  { path: "refused", title: "Refused", empty: "The mail server has refused no mail." },
  { path: "dropped", title: "Dropped", empty: "Nobody has dropped a mail." },
] as const;

interface MailPage {
  readonly mails: readonly StaffMail[];
  readonly next: string | null;
}

export function MailsPage({ operator, rest }: SectionProps) {
  const kind = KINDS.find(({ path }) => path === rest[0]) ?? KINDS[0];
  return (
    <section class="card console-section" aria-labelledby="mails-title">
      <h1 id="mails-title">Mails</h1>
      <p class="soft">
        A held mail may have arrived or not: the mail server's log knows its Message-ID. Send it once more, or drop it;
        its order hears of either.
      </p>
      <nav class="console-nav" aria-label="Kinds of mails">
        {KINDS.map(({ path, title }) => (
          <Link
            key={path}
            href={`/admin/mails/${path}`}
            class="nav-link"
            aria-current={path === kind.path ? "page" : undefined}
          >
            {title}
          </Link>
        ))}
      </nav>
      <MailList key={kind.path} kind={kind.path} empty={kind.empty} mayDecide={mayActAs(operator, "support")} />
    </section>
  );
}

interface MailListProps {
  readonly kind: string;
  readonly empty: string;
  readonly mayDecide: boolean;
}

function MailList({ kind, empty, mayDecide }: MailListProps) {
  const [page, setPage] = useState<MailPage | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const announce = useAnnounce();
  const load = useCallback(
    async (cursor: string | null, signal?: AbortSignal) => {
      const query = new URLSearchParams({ state: kind, limit: "50", ...(cursor === null ? {} : { cursor }) });
      const answer = await adminGet<MailPage>(`/admin/mails?${query}`, signal);
      if (signal?.aborted) return;
      setProblem(answer.type === "ok" ? null : answer.problem);
      if (answer.type !== "ok") return;
      const { mails, next } = answer.value;
      setPage((shown) => ({ mails: cursor === null ? mails : [...(shown?.mails ?? []), ...mails], next }));
    },
    [kind],
  );
  useEffect(() => {
    const reading = new AbortController();
    void load(null, reading.signal);
    return () => reading.abort();
  }, [load]);

  const onDecided = (decided: StaffMail, what: string) => {
    announce(what);
    setPage((shown) =>
      shown === null
        ? null
        : {
            ...shown,
            mails: shown.mails.map((mail) => (mail.messageId === decided.messageId ? decided : mail)),
          },
    );
  };

  const next = page?.next ?? null;
  return (
    <>
      {problem !== null && <Failure problem={problem} onRetry={() => void load(next)} />}
      {page === null && problem === null && <Skeleton count={4} kind="mail" />}
      {page?.mails.length === 0 && (
        <Empty title={empty}>
          <p>There is nothing to do here.</p>
        </Empty>
      )}
      <ul class="acts">
        {page?.mails.map((mail) => (
          <MailRow key={mail.messageId} mail={mail} mayDecide={mayDecide} onDecided={onDecided} />
        ))}
      </ul>
      {next !== null && (
        <button type="button" class="button button-quiet button-wide" onClick={() => void load(next)}>
          Load older mails
        </button>
      )}
    </>
  );
}
