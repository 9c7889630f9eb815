/** The audit: what operators did, newest first, and older acts on demand. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/problem.ts";
import { Empty, Failure, Skeleton } from "../shell/notices.tsx";
import { formatInstant } from "../time.ts";
import { adminGet } from "./admin-client.ts";
import type { Operator } from "./section.ts";

interface Act {
  readonly actId: string;
  readonly at: string;
  readonly operator: Operator;
  readonly act: string;
  readonly target: string | null;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

interface ActPage {
  readonly acts: readonly Act[];
  readonly next: string | null;
}

export function ActsPage() {
  const [page, setPage] = useState<ActPage | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  const load = useCallback(async (before: string | null, signal?: AbortSignal) => {
    const query = new URLSearchParams({ limit: "50", ...(before === null ? {} : { before }) });
    const answer = await adminGet<ActPage>(`/admin/acts?${query}`, signal);
    if (signal?.aborted) return;
    setProblem(answer.type === "ok" ? null : answer.problem);
    if (answer.type !== "ok") return;
    const { acts, next } = answer.value;
    setPage((shown) => ({ acts: before === null ? acts : [...(shown?.acts ?? []), ...acts], next }));
  }, []);
  useEffect(() => {
    const reading = new AbortController();
    void load(null, reading.signal);
    return () => reading.abort();
  }, [load]);

  const next = page?.next ?? null;
  return (
    <section class="card console-section" aria-labelledby="acts-title">
      <h1 id="acts-title">Acts</h1>
      <p class="soft">Everything that operators did, newest first. It is kept for ever.</p>
      {problem !== null && <Failure problem={problem} onRetry={() => void load(next)} />}
      {page === null && problem === null && <Skeleton count={5} kind="mail" />}
      {page?.acts.length === 0 && (
        <Empty title="Nothing yet">
          <p>What operators do from now on is listed here.</p>
        </Empty>
      )}
      <ol class="acts">
        {page?.acts.map((act) => (
          <ActRow key={act.actId} act={act} />
        ))}
      </ol>
      {next !== null && (
        <button type="button" class="button button-quiet button-wide" onClick={() => void load(next)}>
          Load older acts
        </button>
      )}
    </section>
  );
}

function ActRow({ act: { at, operator, act, target, reason, details } }: { readonly act: Act }) {
  const facts = Object.entries(details);
  return (
    <li class="act" data-act={act}>
      <p class="act-what">
        <strong>{act}</strong>
        {target !== null && <span class="mono">{target}</span>}
      </p>
      <p class="soft act-who">
        {operator.name} <span class="chip">{operator.role}</span> <time dateTime={at}>{formatInstant(at)}</time>
      </p>
      {reason !== null && <p>“{reason}”</p>}
      {facts.length > 0 && (
        <dl class="facts">
          {facts.map(([name, value]) => (
            <div class="fact" key={name}>
              <dt>{name}</dt>
              <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}
