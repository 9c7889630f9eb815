/** One line on standard error that says how far the bench is; on a terminal it is written over. */
import { nowMs } from "./clock.ts";

export interface Progress {
  step(what: string): void;
  update(what: string, done: number, total: number): void;
  end(): void;
}

export function createProgress(): Progress {
  const { isTTY } = process.stderr;
  const everyMs = isTTY ? 250 : 5_000;
  let shownAtMs = nowMs();
  const show = (text: string): void => {
    process.stderr.write(isTTY ? `\r\u001b[K${text}` : `${text}\n`);
    shownAtMs = nowMs();
  };
  return {
    step: (what) => show(what),
    update(what, done, total) {
      if (nowMs() - shownAtMs >= everyMs) show(`${what}: ${done} of ${total} orders`);
    },
    end() {
      if (isTTY) process.stderr.write("\r\u001b[K");
    },
  };
}
