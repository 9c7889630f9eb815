/** How well the service batches its work on the engines, from the counters that it publishes. */

export interface Batching {
  /** By topic, without the topic's prefix. */
  readonly recordsPerSend: Readonly<Record<string, number>>;
  readonly recordsPerFetch: Readonly<Record<string, number>>;
  readonly commitsPerInsert: number;
  readonly roundTrips: readonly { readonly engine: string; readonly operation: string; readonly perOrder: number }[];
}

/** The counters of some processes at one moment, each added up over the processes, by its name and labels as written. */
export type Counters = ReadonlyMap<string, number>;

const SAMPLE = /^(orderloom_[a-z_]+_total)(\{[^}]*\})? ([\d.e+-]+)$/gm;

export async function readCounters(urls: readonly string[]): Promise<Counters> {
  const counters = new Map<string, number>();
  for (const url of urls) {
    const answer = await fetch(`${url}/metrics`);
    for (const [, name, labels = "", value] of (await answer.text()).matchAll(SAMPLE)) {
      counters.set(`${name}${labels}`, (counters.get(`${name}${labels}`) ?? 0) + Number(value));
    }
  }
  return counters;
}

/** What happened between two readings, in which `orders` orders were finished; null when the counters are not there. */
export function batchingOf(before: Counters, after: Counters, orders: number, topicPrefix: string): Batching | null {
  const samples = [...after].map(([key, value]) => ({
    name: key.replace(/\{.*/, ""),
    label: (label: string): string => new RegExp(`[{,]${label}="([^"]*)"`).exec(key)?.[1] ?? "",
    value: value - (before.get(key) ?? 0),
  }));
  const byTopic = (name: string): ReadonlyMap<string, number> =>
    new Map(
      samples
        .filter((sample) => sample.name === name && sample.value > 0)
        .map(({ label, value }) => [label("topic").replace(topicPrefix, ""), value]),
    );
  const total = (name: string): number =>
    samples.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0);
  const ratios = (parts: ReadonlyMap<string, number>, wholes: ReadonlyMap<string, number>) =>
    Object.fromEntries([...wholes].map(([topic, times]) => [topic, (parts.get(topic) ?? 0) / times]));

  const inserts = total("orderloom_store_inserts_total");
  if (inserts === 0) return null;
  return {
    recordsPerSend: ratios(byTopic("orderloom_log_sent_records_total"), byTopic("orderloom_log_sends_total")),
    recordsPerFetch: ratios(byTopic("orderloom_log_fetched_records_total"), byTopic("orderloom_log_fetches_total")),
    commitsPerInsert: total("orderloom_store_inserted_commits_total") / inserts,
    roundTrips: samples
      .filter(({ name, value }) => name === "orderloom_engine_round_trips_total" && value > 0)
      .map(({ label, value }) => ({ engine: label("engine"), operation: label("operation"), perOrder: value / orders }))
      .toSorted((a, b) => b.perOrder - a.perOrder),
  };
}
