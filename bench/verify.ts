/** Looks whether everything that the service accepted in the bench really happened, once. */
import type { HttpClient } from "./http-client.ts";
import type { Load } from "./loops.ts";
import type { Sink } from "./sink.ts";

const SAMPLE = 200;
const AT_ONCE = 10;
const WAIT_S = 10;

/** What is wrong, in sentences; empty when nothing is. */
export async function verify(options: {
  readonly client: HttpClient;
  readonly sink: Sink;
  readonly loads: readonly Load[];
}): Promise<readonly string[]> {
  const { client, sink, loads } = options;
  const problems: string[] = [];
  for (const { failures } of loads) {
    for (const [failure, times] of Object.entries(failures)) problems.push(`${times} times: ${failure}`);
  }
  const orderIds = loads.flatMap(({ finished }) => finished.map(({ orderId }) => orderId));
  if (new Set(orderIds).size !== orderIds.length) problems.push("two orders had the same id");
  if (sink.distinctMails() !== orderIds.length) {
    problems.push(`${orderIds.length} orders were finished, and ${sink.distinctMails()} different mails came in`);
  }
  if (sink.repeatedMails() > 0)
    problems.push(`${sink.repeatedMails()} mails came in a second time, though nothing crashed`);
  const unfinished = await notEmailed(client, spread(orderIds, SAMPLE));
  if (unfinished.length > 0)
    problems.push(`not emailed by GET: ${unfinished.slice(0, 3).join(", ")} (${unfinished.length})`);
  return problems;
}

async function notEmailed(client: HttpClient, orderIds: readonly string[]): Promise<readonly string[]> {
  const rest = [...orderIds];
  const found: string[] = [];
  const reader = async (): Promise<void> => {
    for (let orderId = rest.pop(); orderId !== undefined; orderId = rest.pop()) {
      const { status, body } = await client.get(`/orders/${orderId}?until=emailed&wait=${WAIT_S}`);
      const shown = status === 200 ? (body as { status: string }).status : `HTTP ${status}`;
      if (shown !== "emailed") found.push(`${orderId} is ${shown}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  return found;
}

/** `wanted` values spread evenly; all of them when there are no more. */
function spread<Value>(values: readonly Value[], wanted: number): readonly Value[] {
  if (values.length <= wanted) return values;
  return values.filter(
    (_, index) => Math.floor((index * wanted) / values.length) !== Math.floor(((index - 1) * wanted) / values.length),
  );
}
