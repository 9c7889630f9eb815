/** Keeps kafkajs from a timer that fires for ever: about 5 % of a core for each busy client. */
import RequestQueue from "kafkajs/src/network/requestQueue/index.js";

let mended = false;

/**
 * A connection of kafkajs that has nothing to send sets a timer with a negative time, again and again: since Node 24
 * that is a warning and, as it always was, a timer that fires every millisecond for ever (kafkajs #1751). With nothing
 * pending there is nothing to check: whatever is queued later sets the timer itself. It holds for all clients of the process,
 * and a repeat changes nothing.
 */
export function mendTimers(): void {
  if (mended) return;
  mended = true;
  const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleWhenPending() {
    if (this.pending.length > 0) schedule.call(this);
  };
}
