/** "Why is it waiting?": the service's answer in its own words, asked for when the reader opens it, and kept up to date. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/problem.ts";
import { getWhy, type OrderWhy } from "../api/why.ts";
import { Disclosure } from "../shell/disclosure.tsx";
import { Failure } from "../shell/notices.tsx";

const REFRESH_MS = 10_000;

/** @param version of the order: with another one the answer is another one, too. */
export function WhyPanel({ orderId, version }: { readonly orderId: string; readonly version: number }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Disclosure title="Why is it waiting?" testId="why" onToggle={setOpen}>
      {isOpen && (
        <div class="why-body">
          <Why orderId={orderId} version={version} />
        </div>
      )}
    </Disclosure>
  );
}

function Why({ orderId, version }: { readonly orderId: string; readonly version: number }) {
  const [why, setWhy] = useState<OrderWhy | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = useCallback(
    async (signal?: AbortSignal) => {
      const answer = await getWhy(orderId, signal);
      if (signal?.aborted) return;
      setProblem(answer.type === "ok" ? null : answer.problem);
      if (answer.type === "ok") setWhy(answer.value);
    },
    [orderId],
  );
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- another version is a reason to ask again
  useEffect(() => {
    const reading = new AbortController();
    void load(reading.signal);
    const timer = setInterval(() => void load(reading.signal), REFRESH_MS);
    return () => {
      reading.abort();
      clearInterval(timer);
    };
  }, [load, version]);

  if (why === null) return problem === null ? null : <Failure problem={problem} onRetry={() => void load()} />;
  return <WhyWords why={why} />;
}

/** The headline and the reasons. */
export function WhyWords({ why: { headline, reasons } }: { readonly why: OrderWhy }) {
  return (
    <div class="why-words">
      <p class="why-headline" data-testid="why-headline">
        {headline}
      </p>
      <ul class="why-reasons">
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </div>
  );
}
