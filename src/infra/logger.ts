/** JSON logs on standard error, one line an event; secrets and customers' data are not logged. */
import { destination, type Logger, pino } from "pino";

/** @param level the lowest level that is written. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: ["req.headers.authorization", "req.headers.cookie", "customer", "*.customer"],
    },
    destination({ fd: 2, sync: true }),
  );
}
