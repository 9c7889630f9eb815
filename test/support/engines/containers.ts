/**
 * The engines in containers, from the images that docker-compose.yml pins: three brokers, a MongoDB replica set of one
 * and the brokers' schema registry. Every port is chosen beforehand, so that an engine comes back where it was.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GenericContainer, getContainerRuntimeClient, Network, type StartedNetwork, Wait } from "testcontainers";
import { parse } from "yaml";
import { PROJECT_ROOT } from "../linters.ts";
import { freePort } from "../service-process.ts";
import type { ControlDescription } from "./engine-control.ts";
import type { Engines } from "./found-engines.ts";

const BROKERS = 3;
const START_TIMEOUT_MS = 180_000;
const REGISTRY_PORT = 8_081;
/** Members of test clusters are given up sooner than Redpanda's usual 6 seconds at least. */
const BROKER_SETTINGS = { group_min_session_timeout_ms: 1_000, auto_create_topics_enabled: false };

export interface StartedEngines {
  readonly addresses: Engines;
  readonly control: ControlDescription;
  stop(): Promise<void>;
}

/** True where containers can be started. */
export async function dockerIsThere(): Promise<boolean> {
  try {
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}

export async function startContainers(): Promise<StartedEngines> {
  const network = await new Network().start();
  const ports = await Promise.all(Array.from({ length: BROKERS }, freePort));
  const mongoPort = await freePort();
  const registryPort = await freePort();
  const containers = await Promise.all([
    ...ports.map((port, i) => broker(network, i, port, i === 0 ? registryPort : null).start()),
    mongo(mongoPort).start(),
  ]);
  const names = [...ports.map((_, i) => `kafka-${i + 1}`), "mongo"];
  return {
    addresses: {
      brokers: ports.map((port) => `127.0.0.1:${port}`).join(","),
      mongoUrl: `mongodb://127.0.0.1:${mongoPort}/orderloom?replicaSet=rs0`,
      registryUrl: `http://127.0.0.1:${registryPort}`,
    },
    control: {
      type: "containers",
      ids: Object.fromEntries(names.map((name, i) => [name, (containers[i] as { getId(): string }).getId()])),
    },
    async stop() {
      await Promise.all(containers.map((container) => container.stop()));
      await network.stop();
    },
  };
}

/** One broker of the cluster; the first one's registry is reached through `registryPort`. */
function broker(network: StartedNetwork, index: number, port: number, registryPort: number | null): GenericContainer {
  const host = `redpanda-${index}`;
  const seeds = Array.from({ length: BROKERS }, (_, i) => `redpanda-${i}:33145`);
  const container = new GenericContainer(imageOf("redpanda"))
    .withNetwork(network)
    .withNetworkAliases(host)
    .withCommand([
      "redpanda",
      "start",
      "--mode=dev-container",
      "--smp=1",
      "--memory=768M",
      `--kafka-addr=internal://0.0.0.0:9092,external://0.0.0.0:${port}`,
      `--advertise-kafka-addr=internal://${host}:9092,external://127.0.0.1:${port}`,
      `--schema-registry-addr=0.0.0.0:${REGISTRY_PORT}`,
      `--rpc-addr=0.0.0.0:33145`,
      `--advertise-rpc-addr=${host}:33145`,
      `--seeds=${seeds.join(",")}`,
      ...Object.entries(BROKER_SETTINGS).flatMap(([name, value]) => ["--set", `redpanda.${name}=${value}`]),
    ])
    .withStartupTimeout(START_TIMEOUT_MS)
    .withWaitStrategy(Wait.forLogMessage(/Successfully started Redpanda/));
  const registry = registryPort === null ? [] : [{ container: REGISTRY_PORT, host: registryPort }];
  return container.withExposedPorts({ container: port, host: port }, ...registry);
}

/** MongoDB as a replica set of one, which initiates itself: its health check does it, as in docker-compose.yml. */
function mongo(port: number): GenericContainer {
  const member = `{ _id: 0, host: "127.0.0.1:${port}" }`;
  const initiate = `try { rs.status().ok } catch { rs.initiate({ _id: "rs0", members: [${member}] }).ok }`;
  return new GenericContainer(imageOf("mongo"))
    .withCommand(["--replSet", "rs0", "--bind_ip_all", "--port", String(port)])
    .withExposedPorts({ container: port, host: port })
    .withHealthCheck({
      test: ["CMD-SHELL", `mongosh --quiet --port ${port} --eval '${initiate}'`],
      interval: 1_000,
      timeout: 10_000,
      retries: 60,
      startPeriod: 2_000,
    })
    .withStartupTimeout(START_TIMEOUT_MS)
    .withWaitStrategy(Wait.forHealthCheck());
}

/** The image that docker-compose.yml pins for a service. */
function imageOf(service: string): string {
  const { services } = parse(readFileSync(join(PROJECT_ROOT, "docker-compose.yml"), "utf8")) as {
    services: Record<string, { image?: string }>;
  };
  const image = services[service]?.image;
  if (image === undefined) throw new Error(`docker-compose.yml names no image for ${service}`);
  return image;
}
