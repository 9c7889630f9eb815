/** Shows how far a long piece of work has come: a bar on a terminal, a line now and then anywhere else. */
import { Presets, SingleBar } from "cli-progress";

const LINE_EVERY_MS = 3_000;

export interface Progress {
  update(done: number, total: number): void;
  /** Ends the display. Idempotent. */
  stop(): void;
}

export interface ProgressOptions {
  /** What is counted, in the plural. */
  readonly label: string;
  readonly quiet: boolean;
  /** Standard error when it is left out. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly nowMs?: () => number;
}

export function createProgress({
  label,
  quiet,
  stream = process.stderr,
  nowMs = () => performance.now(),
}: ProgressOptions): Progress {
  if (quiet) return { update() {}, stop() {} };
  return stream.isTTY === true ? createBar(label, stream) : createLines(label, stream, nowMs);
}

function createBar(label: string, stream: NodeJS.WritableStream): Progress {
  const format = `{bar} {percentage}%  {value}/{total} ${label}  {duration_formatted}, {eta_formatted} left`;
  // Ctrl-C belongs to the command, which ends the run with what it has.
  const bar = new SingleBar(
    { stream, format, formatTime, barsize: 30, hideCursor: true, gracefulExit: false },
    Presets.shades_classic,
  );
  let isStarted = false;
  return {
    update(done, total) {
      if (!isStarted) bar.start(total, done);
      isStarted = true;
      bar.update(done);
    },
    stop() {
      if (isStarted) bar.stop();
      isStarted = false;
    },
  };
}

/** Until the first piece is done nobody can tell how long the rest takes, and the bar passes words instead of a number. */
function formatTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown time";
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds}s` : `${minutes}m${String(seconds % 60).padStart(2, "0")}s`;
}

function createLines(label: string, stream: NodeJS.WritableStream, nowMs: () => number): Progress {
  let lastLineMs = nowMs();
  return {
    update(done, total) {
      if (nowMs() - lastLineMs < LINE_EVERY_MS) return;
      lastLineMs = nowMs();
      stream.write(`${done}/${total} ${label}\n`);
    },
    stop() {},
  };
}
