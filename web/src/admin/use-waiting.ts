/** How much waits for people in each section, so that nobody has to open one to see that it is empty. */
import { useEffect, useState } from "preact/hooks";
import { adminGet } from "./admin-client.ts";

/** By the path of a section; nothing for one that nobody could count. */
export type Waiting = Readonly<Record<string, string>>;

const REFRESH_MS = 60_000;
/** A list is counted as far as its first page goes. */
const PAGE = 50;

interface LettersCounted {
  readonly groups: readonly { readonly open: number }[];
}

interface Listed {
  readonly payments?: readonly unknown[];
  readonly mails?: readonly unknown[];
  readonly next: string | null;
}

/** Counts again whenever another page is opened, and once a minute. */
export function useWaiting(place: string): Waiting {
  const [waiting, setWaiting] = useState<Waiting>({});
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- another place is a reason to count again
  useEffect(() => {
    const reading = new AbortController();
    const count = async () => {
      const counted = await countWaiting(reading.signal);
      if (!reading.signal.aborted) setWaiting(counted);
    };
    void count();
    const timer = setInterval(() => void count(), REFRESH_MS);
    return () => {
      reading.abort();
      clearInterval(timer);
    };
  }, [place]);
  return waiting;
}

async function countWaiting(signal: AbortSignal): Promise<Waiting> {
  const [letters, payments, mails] = await Promise.all([
    adminGet<LettersCounted>("/admin/dead-letters/groups", signal),
    adminGet<Listed>(`/admin/payments?limit=${PAGE}`, signal),
    adminGet<Listed>(`/admin/mails?state=held&limit=${PAGE}`, signal),
  ]);
  return {
    ...(letters.type === "ok" ? { "dead-letters": String(sumOf(letters.value)) } : {}),
    ...(payments.type === "ok" ? { payments: countOf(payments.value.payments, payments.value.next) } : {}),
    ...(mails.type === "ok" ? { mails: countOf(mails.value.mails, mails.value.next) } : {}),
  };
}

function sumOf({ groups }: LettersCounted): number {
  return groups.reduce((sum, { open }) => sum + open, 0);
}

/** The number on the page, with a plus where there are more. */
export function countOf(listed: readonly unknown[] = [], next: string | null): string {
  return `${listed.length}${next === null ? "" : "+"}`;
}
