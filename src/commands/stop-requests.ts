/** The ways in which somebody asks a command to stop, taken together. */
import { watchStarters } from "./starters.ts";

/** Ctrl-C reaches every process of a terminal, and some of them pass it on: what comes within this time is one request. */
const ONE_REQUEST_MS = 1_000;

/**
 * Calls `onFirst` once, at the first SIGINT or SIGTERM or when whoever started this process is gone, and `onAgain` at
 * each signal that comes later than that.
 */
export function onStopRequest(onFirst: (reason: string) => void, onAgain: () => void): void {
  let firstAtMs: number | null = null;
  const begin = (reason: string): void => {
    firstAtMs = performance.now();
    onFirst(reason);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (firstAtMs === null) begin(signal);
    else if (performance.now() - firstAtMs > ONE_REQUEST_MS) onAgain();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  watchStarters(() => {
    if (firstAtMs === null) begin("What started this has ended");
  });
}
