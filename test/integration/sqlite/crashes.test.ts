/** What was acknowledged survives the death of the process, and a thread that dies is not passed over in silence. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test, vi } from "vitest";
import { createDataDir, openStores, SHARDS } from "./sqlite-fixture.ts";

const KILL_AFTER_ACKNOWLEDGED = 400;

vi.mock(import("node:worker_threads"), async (importOriginal) => {
  const original = await importOriginal();
  class KnownWorker extends original.Worker {
    static readonly all: KnownWorker[] = [];
    constructor(...parameters: ConstructorParameters<typeof original.Worker>) {
      super(...parameters);
      KnownWorker.all.push(this);
    }
  }
  return { ...original, Worker: KnownWorker };
});

test("everything acknowledged before a SIGKILL is there afterwards, without gaps", { timeout: 60_000 }, async () => {
  const dataDir = await createDataDir();
  const program = fileURLToPath(new URL("./endless-writer.ts", import.meta.url));
  const writer = spawn(process.execPath, [program, dataDir, String(SHARDS)], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void writer.kill("SIGKILL"));
  const exited = once(writer, "exit");
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === KILL_AFTER_ACKNOWLEDGED) writer.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);

  const { log, store } = await openStores(dataDir);
  const stored = new Set<string>();
  for (let shard = 0; shard < SHARDS; shard++) {
    const records = await log.read("orders", shard, 0, 1e6);
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, i) => i));
    for (const { value } of records) stored.add(value as string);
    const commits = await store.readShard(shard, 0, 1e6);
    expect(commits.map(({ position }) => position)).toEqual(commits.map((_, i) => i + 1));
    for (const { orderId } of commits) stored.add(orderId);
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(KILL_AFTER_ACKNOWLEDGED);
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
});

test("the death of the writer thread is reported, and what waits for it has an unknown outcome", async () => {
  const onCrash = vi.fn();
  const { writer, stores } = await openWithThreads(onCrash);
  const produced = stores.log.produce([{ topic: "orders", key: "a", value: "", headers: {} }]);
  await writer.terminate();
  await expect(produced).rejects.toMatchObject({ code: "outcome_unknown", retryable: true });
  expect(onCrash).toHaveBeenCalledOnce();
  const later = stores.store.append([]);
  await expect(later).resolves.toEqual({ type: "appended" });
  await expect(stores.views.resetCheckpoint("a")).rejects.toMatchObject({ code: "store_unavailable" });
  expect(stores.database.pendingOperations()).toBe(0);
});

test("the death of the reader thread is reported, and what waits for it is unavailable", async () => {
  const onCrash = vi.fn();
  const { reader, stores } = await openWithThreads(onCrash);
  const head = stores.store.head(0);
  const lag = stores.log.read("orders", 0, 0, 1);
  await reader.terminate();
  await expect(head).rejects.toMatchObject({ code: "store_unavailable", retryable: true });
  await expect(lag).rejects.toMatchObject({ code: "log_unavailable", retryable: true });
  expect(onCrash).toHaveBeenCalledOnce();
});

async function openWithThreads(onCrash: (error: Error) => void) {
  const { all } = Worker as unknown as { all: Worker[] };
  const known = all.length;
  const stores = await openStores(await createDataDir(), { onCrash });
  const [writer, reader] = all.slice(known) as [Worker, Worker];
  return { writer, reader, stores };
}
