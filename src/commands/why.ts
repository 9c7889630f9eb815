/** `orderloom why`: asks a running service why an order waits, and says it in words. */
import { OperationalError } from "../actors/errors.ts";
import { formatMoney, type Money } from "../domain/money.ts";
import { printable } from "./printable.ts";

interface Answer {
  readonly status: string;
  readonly headline: string;
  readonly reasons: readonly string[];
  /** What only staff see: with a key. */
  readonly owner?: string | null;
  readonly shard: { readonly shard: number };
  readonly mailHistory?: readonly {
    readonly messageId: string;
    readonly attempts: readonly {
      readonly attempt: number;
      readonly outcome: string | null;
      readonly response: string | null;
    }[];
  }[];
  readonly parked?: readonly { readonly id: string; readonly code: string; readonly detail: string }[];
  readonly deskPayments?: readonly { readonly paymentId: string; readonly kind: string; readonly amount: Money }[];
}

const TIMEOUT_MS = 15_000;

/**
 * Prints why an order waits. With an operator's key in ORDERLOOM_KEY it also says what only staff may know.
 * @throws OperationalError `service_unreachable`, or what the service answers, such as `order_not_found`.
 */
export async function why(orderId: string, { url, json }: { url: string; json: boolean }): Promise<void> {
  const answer = await ask(orderId, url, process.env["ORDERLOOM_KEY"]);
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : `${printable(linesOf(answer).join("\n"))}\n`);
}

async function ask(orderId: string, url: string, key: string | undefined): Promise<Answer> {
  const path = `${key === undefined ? "" : "admin/"}orders/${encodeURIComponent(orderId)}/why`;
  let status: number;
  let body: unknown;
  try {
    const address = new URL(path, url.endsWith("/") ? url : `${url}/`);
    const headers = { accept: "application/json", ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
    const response = await fetch(address, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    status = response.status;
    body = await response.json();
  } catch (error) {
    const message = `The service did not answer at ${url}: start it, or say with --url where it is.`;
    throw new OperationalError("service_unreachable", message, { retryable: true, cause: error });
  }
  if (status === 200) return body as Answer;
  const { detail, code } = body as { detail?: string; code?: string };
  const message = `The service says (${code ?? status}): ${detail ?? "nothing more"}`;
  throw new OperationalError(code === "order_not_found" ? code : "unexpected_answer", message, { retryable: false });
}

function linesOf({
  headline,
  reasons,
  owner,
  shard,
  mailHistory = [],
  parked = [],
  deskPayments = [],
}: Answer): readonly string[] {
  return [
    headline,
    ...reasons.map((reason) => `  ${reason}`),
    ...(typeof owner === "string" ? [`  Shard ${shard.shard} belongs to ${owner}.`] : []),
    ...deskPayments.map(
      ({ paymentId, kind, amount }) => `  At the payment desk: ${kind} payment ${paymentId}, ${formatMoney(amount)}`,
    ),
    ...parked.map(({ id, code, detail }) => `  Dead letter ${id}: ${code}, ${detail}`),
    ...mailHistory.flatMap(({ attempts }) =>
      attempts.map(
        ({ attempt, outcome, response }) =>
          `  Mail, attempt ${attempt}: ${outcome ?? "under way"}, ${response ?? "no answer yet"}`,
      ),
    ),
  ];
}
