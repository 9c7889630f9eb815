/** `orderloom start`: runs the service until somebody ends it. */
import { loadConfig } from "../infra/config.ts";
import { createLogger } from "../infra/logger.ts";
import { type Service, startService } from "../main.ts";
import { onStopRequest } from "./stop-requests.ts";

/** After this long a stop is forced: what was not finished is found again at the next start. */
const STOP_DEADLINE_MS = 15_000;

/** Starts the service, says where it is, and stops it when somebody asks for that. */
export async function start(version: string, fail: (error: unknown) => never): Promise<void> {
  const settings = loadConfig(process.env);
  const service = await startService(settings, createLogger(settings.LOG_LEVEL));
  // Whoever read the output may be gone; that must not break off the work, or the drain.
  for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
  const stop = (reason: string): void => {
    process.stderr.write(`${reason}: finishing what is in progress\n`);
    setTimeout(() => {
      process.stderr.write("orderloom: the stop took too long and was forced; the next start carries on. [stopping]\n");
      process.exit(1);
    }, STOP_DEADLINE_MS).unref();
    const leave = (): never => {
      process.stderr.write("Stopped; the next start carries on from here.\n");
      process.exit(0);
    };
    void service.stop().then(leave, fail);
  };
  // The second Ctrl-C is from somebody who does not want to wait.
  onStopRequest(stop, () => process.exit(1));
  process.stdout.write(`${welcome(version, service, settings.ROLE)}\n`);
}

function welcome(version: string, { url, devInboxPort, dataPlace, firstKey }: Service, role: string): string {
  const lines = [`Orderloom ${version} is ready${role === "all" ? "" : ` as ${role}`}.`];
  if (role !== "worker") lines.push(`  shop        ${url}/`);
  if (devInboxPort !== null) lines.push(`  dev inbox   ${url}/inbox   (SMTP on port ${devInboxPort})`);
  if (role !== "worker") lines.push(`  console     ${url}/admin`, `  API         ${url}/docs`);
  lines.push(`  metrics     ${url}/metrics`, `  data        ${dataPlace}`, "Ctrl-C stops it.");
  if (firstKey !== null) {
    lines.push(
      "",
      "The console's first key, shown this once:",
      `  ${firstKey}`,
      "Keep it; sign in with it to create others.",
    );
  }
  return lines.join("\n");
}
