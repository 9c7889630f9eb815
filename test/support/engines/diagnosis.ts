/** What can be seen of an installation whose test failed, before it ends: without it a hang leaves no trace. */
import { onTestFinished } from "vitest";
import type { AuditedStores } from "../audit.ts";
import { whatIsLeft } from "./at-rest.ts";
import type { Member } from "./member.ts";

const TOLD_METRICS =
  /^orderloom_(owned_shards|errors_total|messages_total|reactor_lag_commits|mails|smtp_|live_orders|store_pending)\S* (?!0$).*$/gm;
const MAX_ERRORS_LENGTH = 4_000;
const PATIENCE_MS = 15_000;

/** Tells of the processes and of what they leave undone, if the test fails. Call it last: it runs before all clean-up. */
export function diagnoseFailure(members: readonly Member[], stores: AuditedStores, shards: number): void {
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    const left = await Promise.race([whatIsLeft(stores, shards).catch(String), patience()]);
    const told = await Promise.all(members.map(tell));
    process.stderr.write(`\n${told.join("\n")}\n== left to do\n${String(left)}\n`);
  });
}

async function tell(member: Member): Promise<string> {
  let metrics: readonly string[];
  try {
    const response = await fetch(`${member.url}/metrics`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    metrics = (await response.text()).match(TOLD_METRICS) ?? [];
  } catch (error) {
    metrics = [String(error)];
  }
  return [`== ${member.name}`, ...metrics, member.errors().slice(-MAX_ERRORS_LENGTH)].join("\n");
}

function patience(): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, "the stores do not answer").unref());
}
