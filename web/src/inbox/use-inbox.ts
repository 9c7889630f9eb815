/** Looks into the dev inbox every few seconds for as long as the page can be seen. */
import { useEffect, useReducer, useRef } from "preact/hooks";
import { listMail } from "../api/client.ts";
import { type InboxState, inboxReducer, UNREAD_INBOX } from "./inbox-state.ts";

const PAUSE_MS = 3_000;
const PAGE_SIZE = 50;

export interface Inbox extends InboxState {
  /** Looks for new mail now. */
  refresh(): void;
  /** Loads the page below the last message. */
  loadOlder(): Promise<void>;
}

export function useInbox(orderId: string | null): Inbox {
  const [state, dispatch] = useReducer(inboxReducer, UNREAD_INBOX);
  const refresh = useRef<() => void>(() => undefined);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let reading = new AbortController();
    const pause = () => {
      reading.abort();
      clearTimeout(timer);
    };
    const look = async () => {
      pause();
      reading = new AbortController();
      const { signal } = reading;
      const answer = await listMail({ orderId, cursor: null, limit: PAGE_SIZE }, signal);
      if (signal.aborted) return;
      if (answer.type === "ok") dispatch({ type: "newest", page: answer.value });
      else dispatch({ type: "failed", problem: answer.problem });
      const isOff = answer.type === "problem" && answer.problem.status === 404;
      if (!isOff) timer = setTimeout(() => void look(), PAUSE_MS);
    };
    const onVisibility = () => (document.visibilityState === "visible" ? void look() : pause());
    refresh.current = () => void look();
    document.addEventListener("visibilitychange", onVisibility);
    void look();
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      pause();
    };
  }, [orderId]);

  const loadOlder = async () => {
    if (state.next === null) return;
    const answer = await listMail({ orderId, cursor: state.next, limit: PAGE_SIZE });
    if (answer.type === "ok") dispatch({ type: "older", page: answer.value });
    else dispatch({ type: "failed", problem: answer.problem });
  };
  return { ...state, refresh: () => refresh.current(), loadOlder };
}
