/**
 * Measures what the parts can do alone on this machine, each in fresh processes: the yardsticks that make the service's
 * figures comparable from machine to machine.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startChild } from "./child.ts";
import { nowMs } from "./clock.ts";
import { createHttpClient } from "./http-client.ts";
import { orderBody } from "./order-shapes.ts";
import { cpuMsOf, cpuMsOfSelfAndEnded, machineCpuMs } from "./proc.ts";
import { temporaryFolder } from "./service.ts";
import { startSink } from "./sink.ts";
import { unlessStopped } from "./stop-reasons.ts";

const WARM_UP_MS = 1_500;
const MEASURE_S = 4;
const SKUS = ["margherita", "diavola", "tiramisu", "panna-cotta", "espresso"];

interface Shared {
  /** The share of all cores that other programs took meanwhile: with more than a little, the limit is really higher. */
  readonly elsewhere: number;
}

export interface RawLimits {
  readonly fastify: FastifyLimit & Shared;
  readonly sqlite: SqliteLimit & Shared;
  readonly smtp: SmtpLimit & Shared;
}

interface FastifyLimit {
  readonly postsPerS: number;
  readonly serverCpuUsPerPost: number;
  readonly clientCpuUsPerPost: number;
}

interface SqliteLimit {
  readonly commitsPerS: number;
  readonly rowsPerS: number;
}

interface SmtpLimit {
  readonly mailsPerS: number;
  readonly cpuUsPerMail: number;
  readonly sinkCpuUsPerMail: number;
}

export async function measureRawLimits(options: {
  readonly clients: number;
  /** SQLite writes below this folder. */
  readonly dataParent: string;
  readonly onStep: (what: string) => void;
  readonly interrupted: Promise<string>;
}): Promise<RawLimits> {
  const { clients, dataParent, onStep, interrupted } = options;
  onStep("raw limit: Fastify POSTs");
  const fastify = await watched(() => measureFastify(clients, interrupted));
  onStep("raw limit: SQLite commits");
  const sqlite = await watched(() => measureSqlite(dataParent, interrupted));
  onStep("raw limit: SMTP mails");
  return { fastify, sqlite, smtp: await watched(() => measureSmtp(interrupted)) };
}

/** Adds what other programs used. Whatever the measurement starts has ended when it resolves. */
async function watched<Limit>(measure: () => Promise<Limit>): Promise<Limit & Shared> {
  const before = { ...machineCpuMs(), ownMs: cpuMsOfSelfAndEnded() };
  const limit = await measure();
  const { busyMs, totalMs } = machineCpuMs();
  const othersMs = busyMs - before.busyMs - (cpuMsOfSelfAndEnded() - before.ownMs);
  return { ...limit, elsewhere: Math.max(0, othersMs) / Math.max(1, totalMs - before.totalMs) };
}

async function measureFastify(clients: number, interrupted: Promise<string>): Promise<FastifyLimit> {
  const server = await startChild({ name: "raw Fastify", args: [script("raw-fastify.ts")], ready: /^(http:.*)$/ });
  const client = createHttpClient(server.ready, clients);
  let number = 0;
  const post = async (endMs: number): Promise<void> => {
    while (nowMs() < endMs) {
      const key = `raw-${number++}`;
      const { status } = await client.post("/orders", orderBody(number, SKUS), { "idempotency-key": key });
      if (status !== 202) throw new Error(`raw Fastify answered ${status}`);
    }
  };
  const postFor = (forMs: number) => Promise.all(Array.from({ length: clients }, () => post(nowMs() + forMs)));
  try {
    await unlessStopped(postFor(WARM_UP_MS), [interrupted, server.ended]);
    const before = { number, atMs: nowMs(), serverMs: cpuMsOf(server.pid), clientMs: cpuMsOf(process.pid) };
    await unlessStopped(postFor(MEASURE_S * 1_000), [interrupted, server.ended]);
    const posts = number - before.number;
    return {
      postsPerS: (posts * 1_000) / (nowMs() - before.atMs),
      serverCpuUsPerPost: ((cpuMsOf(server.pid) - before.serverMs) * 1_000) / posts,
      clientCpuUsPerPost: ((cpuMsOf(process.pid) - before.clientMs) * 1_000) / posts,
    };
  } finally {
    await client.close();
    await server.stop();
  }
}

async function measureSqlite(dataParent: string, interrupted: Promise<string>): Promise<SqliteLimit> {
  const folder = temporaryFolder(dataParent);
  try {
    const result = resultOf<SqliteLimit>("raw SQLite", "raw-sqlite.ts", [join(folder.path, "raw.sqlite"), "3"]);
    return await unlessStopped(result, [interrupted]);
  } finally {
    folder.remove();
  }
}

async function measureSmtp(interrupted: Promise<string>): Promise<SmtpLimit> {
  const sink = await startSink();
  try {
    const work = resultOf<{ mailsPerS: number; cpuUsPerMail: number; mails: number }>("raw SMTP", "raw-smtp.ts", [
      sink.url,
      String(MEASURE_S),
    ]);
    const { mails, ...result } = await unlessStopped(work, [interrupted, sink.ended]);
    if (sink.distinctMails() !== mails)
      throw new Error(`raw SMTP sent ${mails} mails, the sink has ${sink.distinctMails()}`);
    return { ...result, sinkCpuUsPerMail: (cpuMsOf(sink.pid) * 1_000) / mails };
  } finally {
    await sink.stop();
  }
}

/** Runs a script that ends by itself and prints its result. */
async function resultOf<Result>(name: string, file: string, args: readonly string[]): Promise<Result> {
  const child = await startChild({
    name,
    args: [script(file), ...args],
    ready: /^result (.*)$/,
    readyTimeoutMs: 60_000,
  });
  await child.stop();
  return JSON.parse(child.ready) as Result;
}

function script(file: string): string {
  return fileURLToPath(new URL(`./${file}`, import.meta.url));
}
