/**
 * Keeps one order up to date: reads it once, then follows its stream until the order is final. A stream that
 * breaks is opened again: by the browser, which resumes where it was, or, when the browser has given up, by
 * reading the order anew after a growing pause. A hidden page holds no stream, since browsers allow only a few.
 */
import { useEffect, useReducer, useRef } from "preact/hooks";
import { getOrder, getTimeline, streamUrl } from "../api/client.ts";
import {
  isFinal,
  NOTHING_KNOWN,
  streamMessageOf,
  type TrackerAction,
  type TrackerState,
  trackerReducer,
} from "./tracker-state.ts";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

export interface LiveOrder extends TrackerState {
  /** Reads the order again now instead of after the pause. */
  reload(): void;
}

export function useLiveOrder(orderId: string): LiveOrder {
  const [state, dispatch] = useReducer(trackerReducer, NOTHING_KNOWN);
  const reload = useRef<() => void>(() => undefined);
  useEffect(() => {
    const feed = createFeed(orderId, dispatch);
    reload.current = feed.restart;
    const onVisibility = () => (document.visibilityState === "visible" ? feed.restart() : feed.pause());
    document.addEventListener("visibilitychange", onVisibility);
    window.addEventListener("online", feed.restart);
    feed.restart();
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      window.removeEventListener("online", feed.restart);
      feed.pause();
    };
  }, [orderId]);
  return { ...state, reload: () => reload.current() };
}

function createFeed(orderId: string, dispatch: (action: TrackerAction) => void) {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reading = new AbortController();
  let pauseMs = FIRST_PAUSE_MS;
  let isOver = false;

  function pause() {
    reading.abort();
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  function restart() {
    if (isOver) return;
    pause();
    void read();
  }

  function retryLater() {
    pause();
    timer = setTimeout(restart, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }

  function end() {
    isOver = true;
    pause();
    dispatch({ type: "connection", connection: "ended" });
  }

  async function read() {
    reading = new AbortController();
    const { signal } = reading;
    const [order, timeline] = await Promise.all([getOrder(orderId, signal), getTimeline(orderId, signal)]);
    if (signal.aborted) return;
    if (order.type === "problem") {
      const { status } = order.problem;
      if (status === 404 || status === 400) {
        isOver = true;
        return dispatch({ type: "missing" });
      }
      dispatch({ type: "failed", problem: order.problem });
      return retryLater();
    }
    dispatch({ type: "loaded", order: order.value, events: timeline.type === "ok" ? timeline.value.events : [] });
    if (isFinal(order.value) && timeline.type === "ok") end();
    else open();
  }

  function open() {
    const opened = new EventSource(streamUrl(orderId));
    source = opened;
    opened.addEventListener("open", () => {
      pauseMs = FIRST_PAUSE_MS;
      dispatch({ type: "connection", connection: "live" });
    });
    opened.addEventListener("message", ({ data }: MessageEvent<string>) => {
      const message = streamMessageOf(data);
      if (message !== null) dispatch({ type: "streamed", message });
    });
    opened.addEventListener("end", end);
    opened.addEventListener("error", () => {
      dispatch({ type: "connection", connection: "lost" });
      if (opened.readyState === EventSource.CLOSED) retryLater();
    });
  }

  return { restart, pause };
}
