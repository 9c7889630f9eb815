/**
 * Starts the systems that are compared, each in processes of its own, with the same engines, mail server, shards and
 * number of processes. What they are: README.md beside the bench.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "../child.ts";
import type { WatchedProcess } from "./cpu-watch.ts";
import type { Engines, Place } from "./engines.ts";
import type { EngineOptions, SystemName } from "./options.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HAND_WRITTEN = fileURLToPath(new URL("./hand-written/service.ts", import.meta.url));
const READY_TIMEOUT_MS = 60_000;

export interface RunningSystem {
  /** Its HTTP API. */
  readonly url: string;
  /** Every process of it that serves HTTP. */
  readonly urls: readonly string[];
  readonly processes: readonly WatchedProcess[];
  /** Settles when one of its processes is gone; tells how it ended. */
  readonly ended: Promise<string>;
  /** Idempotent. */
  stop(): Promise<void>;
}

export interface SystemDeps {
  readonly options: EngineOptions;
  readonly engines: Engines;
  readonly place: Place;
  readonly smtpUrl: string;
  /** An empty folder, for a system that wants one. */
  readonly dataDir: string;
}

export async function startSystem(system: SystemName, deps: SystemDeps): Promise<RunningSystem> {
  const { options, engines, place } = deps;
  const { workers, shards, replication } = options;
  if (system !== "orderloom") {
    const topics = ["orders", "payments"].map((topic) => `${place.topicPrefix}${topic}`);
    await engines.createTopics(topics, shards, replication);
  }
  const roles = workers === 0 ? ["all"] : [...Array.from({ length: workers }, () => "worker"), "api"];
  const children: Child[] = [];
  const stop = async (): Promise<void> => {
    // The way in first, so that nothing is taken that is not worked on.
    for (const child of children.toReversed()) await child.stop();
  };
  try {
    for (const role of roles) children.push(await startProcess(system, role, deps));
  } catch (error) {
    await stop();
    throw error;
  }
  const urls = children.map(({ ready }) => ready).filter((url) => url !== "");
  return {
    url: urls.at(-1) ?? "",
    urls,
    processes: children.map(({ pid }, index) => ({
      name: workers === 0 ? "service" : `service, ${roles[index]}`,
      pid,
      withDescendants: false,
    })),
    ended: Promise.race(children.map(({ ended }) => ended)),
    stop,
  };
}

function startProcess(system: SystemName, role: string, { options, place, smtpUrl, dataDir }: SystemDeps) {
  const { brokers, shards, replication, partitionsAtOnce, mailConnections, profileDir } = options;
  const profiling = profileDir === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${join(profileDir, system)}`];
  const script = system === "orderloom" ? [join(ROOT, "bin/orderloom.mjs"), "start"] : [HAND_WRITTEN, system];
  return startChild({
    name: `${system} (${role})`,
    args: [...profiling, ...script],
    env: {
      ROLE: role,
      HOST: "127.0.0.1",
      PORT: "0",
      REDPANDA_BROKERS: brokers,
      MONGODB_URL: place.mongodbUrl,
      TOPIC_PREFIX: place.topicPrefix,
      TOPIC_REPLICATION: String(replication),
      CONSUMER_GROUP: `${place.topicPrefix}workers`,
      SHARDS: String(shards),
      PARTITIONS_AT_ONCE: String(partitionsAtOnce),
      SMTP_URL: smtpUrl,
      MAIL_CONNECTIONS: String(mailConnections),
      SCHEMA_REGISTRY_URL: "",
      EVENTS_FORMAT: "json",
      DEMO_PAYMENTS: "on",
      CATALOGUE_FILE: join(ROOT, "catalogue.json"),
      DATA_DIR: dataDir,
      LOG_LEVEL: "warn",
    },
    ready: system === "orderloom" ? /(http:\/\/[\d.]+:\d+)/ : /^ready (.*)$/,
    readyTimeoutMs: READY_TIMEOUT_MS,
  });
}
