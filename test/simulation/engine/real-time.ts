/** The timeline of the real clock, so that the contract suites of the ports can judge the simulated adapters as well. */
import type { Timeline } from "./kernel.ts";

export const realTime: Timeline = {
  nowMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  changed() {},
};
