/**
 * A whole installation on the engines, as in production: processes for the API and for work, each under a supervisor,
 * a mail server outside, and at the end a comparison of everything with everything.
 */
import { onTestFinished } from "vitest";
import { openEngineStores } from "../../../src/engine-stores.ts";
import { loadConfig } from "../../../src/infra/config.ts";
import { createMetrics } from "../../../src/infra/metrics.ts";
import { systemClock } from "../../../src/infra/system-clock.ts";
import { type Audit, type AuditedStores, auditStores } from "../audit.ts";
import type { Load } from "../load.ts";
import { type MailSink, startMailSink } from "../mail-sink.ts";
import { temporaryFolder } from "../service-process.ts";
import { atRest } from "./at-rest.ts";
import { diagnoseFailure } from "./diagnosis.ts";
import type { Engines } from "./found-engines.ts";
import { createInstallation, type Installation } from "./installation.ts";
import { type Member, startMember } from "./member.ts";
import type { MongoProxy } from "./mongo-proxy.ts";

const USUAL_SHARDS = 8;
const MAIL_CONNECTIONS = 8;
/** After so long without a heartbeat a worker's shards go to another. */
export const SESSION_TIMEOUT_MS = 6_000;
/** Longer than the lease of a mail whose worker was killed. */
const REST_TIMEOUT_MS = 240_000;

export interface ClusterOptions {
  readonly workers?: number;
  readonly apis?: number;
  /** Settings of all processes, beside those of the installation. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What the processes reach the store through. */
  readonly through?: MongoProxy;
}

export interface Verdict {
  readonly audit: Audit;
  /** One line of figures, for the report of the run. */
  readonly figures: string;
  /** Everything that is wrong, in words. */
  readonly problems: readonly string[];
}

export interface Cluster {
  readonly installation: Installation;
  readonly shards: number;
  /** How many mails one process sends at the same time. */
  readonly mailConnections: number;
  readonly api: Member;
  readonly apis: readonly Member[];
  readonly workers: readonly Member[];
  readonly sink: MailSink;
  /** Reads and writes what the processes read and write; it owns no shard. */
  readonly stores: AuditedStores;
  /** Starts one more worker, with some settings of its own. */
  addWorker(settings?: Readonly<Record<string, string>>): Promise<Member>;
  /** Ends a load, waits until nothing is left to do, and compares everything. */
  verdict(load: Load, expected?: { readonly deadLetters?: number }): Promise<Verdict>;
}

/** Starts an installation; everything of it ends and is removed after the test. */
export async function startCluster(
  engines: Pick<Engines, "brokers" | "mongoUrl">,
  { workers: workerCount = 2, apis: apiCount = 1, settings = {}, through }: ClusterOptions = {},
): Promise<Cluster> {
  const shards = Number(settings["SHARDS"] ?? USUAL_SHARDS);
  const sink = await startMailSink();
  onTestFinished(() => sink.stop());
  const installation = createInstallation(engines, {
    SHARDS: String(shards),
    SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
    SMTP_URL: sink.url,
    MAIL_CONNECTIONS: String(MAIL_CONNECTIONS),
    CURSOR_KEY: "a secret that all processes of a test share",
    ...settings,
  });
  const stores = await openStores(installation);
  const members: Member[] = [];
  const start = async (
    role: "api" | "worker",
    number: number,
    own: Readonly<Record<string, string>> = {},
  ): Promise<Member> => {
    const member = await startMember(`${role}-${number}`, {
      ...installation.environment,
      ROLE: role,
      ...(through === undefined ? {} : { MONGODB_URL: through.urlOf(installation) }),
      DATA_DIR: temporaryFolder(),
      ...own,
    });
    members.push(member);
    return member;
  };
  const apis = await Promise.all(Array.from({ length: apiCount }, (_, i) => start("api", i + 1)));
  const workers = await Promise.all(Array.from({ length: workerCount }, (_, i) => start("worker", i + 1)));
  diagnoseFailure(members, stores, shards);
  await Promise.all(members.map((member) => member.ready()));

  return {
    installation,
    shards,
    mailConnections: MAIL_CONNECTIONS,
    api: apis[0] as Member,
    apis,
    workers,
    sink,
    stores,
    async addWorker(own) {
      const worker = await start("worker", workers.length + 1, own);
      workers.push(worker);
      return worker;
    },
    async verdict(load, { deadLetters = 0 } = {}) {
      const startedMs = performance.now();
      await load.stop();
      const scoreboard = await load.scoreboard();
      await atRest(stores, shards, REST_TIMEOUT_MS);
      const audit = await auditStores(stores, {
        shards,
        acknowledged: load.mailed(),
        deliveries: sink.deliveries,
        deadLetters,
      });
      const repeated = [...sink.deliveries.values()].filter((count) => count > 1).length;
      const exits = members.flatMap(({ name, exits: ends }) => ends.map((end) => ({ name, ...end })));
      return {
        audit,
        problems: [
          ...scoreboard.differences.map((difference) => JSON.stringify(difference)),
          ...(scoreboard.unexplained > 0 ? [`${scoreboard.unexplained} unexplained`] : []),
          ...audit.findings,
          // A process may give up and be started again, but never because it met what it does not know.
          ...exits
            .filter(({ stderr }) => stderr.includes("this is a defect"))
            .map(({ name, stderr }) => `${name}: ${stderr}`),
        ],
        figures: [
          `${load.sent.length} orders sent with ${load.retries()} repeats`,
          `${audit.orders.size} stored`,
          `${scoreboard.unexplained} unexplained`,
          `${sink.deliveries.size} mails, ${audit.unknownMails.size} of them unknown once and ${repeated} delivered twice`,
          `${exits.length} exits${exits.map(({ name, code, stderr }) => ` (${name} ${code}: ${stderr.slice(-200)})`).join("")}`,
          `at rest after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`,
        ].join(", "),
      };
    },
  };
}

async function openStores({ environment }: Installation): Promise<AuditedStores> {
  const fail = (error: unknown): never => {
    throw error;
  };
  const metrics = createMetrics(systemClock.nowMs).engines;
  const stores = await openEngineStores(loadConfig(environment), metrics, { crash: fail, retriedError: () => {} });
  onTestFinished(() => stores.stop());
  return stores;
}
