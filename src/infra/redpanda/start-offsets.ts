/** Where the group goes on in each inbox partition. */
import { INBOX_TOPICS } from "../../actors/ports.ts";
import type { LogQueries } from "./log-queries.ts";

/** The committed offset of each inbox partition; where nothing was committed, the offset of its oldest record. */
export async function startOffsets(queries: LogQueries): Promise<ReadonlyMap<string, number>> {
  const committed = await queries.committed();
  const known = [...committed].filter(([, offset]) => offset >= 0);
  if (known.length === committed.size) return committed;
  return new Map([...(await queries.offsets("start", INBOX_TOPICS)), ...known]);
}
