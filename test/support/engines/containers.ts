/**
 * The engines in containers, from the images that docker-compose.yml pins: three brokers, a MongoDB replica set of one
 * and the brokers' schema registry. Every port is chosen beforehand, so that an engine comes back where it was.
 */
import { GenericContainer, getContainerRuntimeClient, Network, type StartedNetwork, Wait } from "testcontainers";
import { composeService } from "../compose.ts";
import { freePort } from "../service-process.ts";
import { brokerCommand, brokerHost, REGISTRY_PORT } from "./broker-command.ts";
import type { ControlDescription } from "./engine-control.ts";
import type { Engines } from "./found-engines.ts";

const BROKERS = 3;
const START_TIMEOUT_MS = 180_000;
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
  // The registry is a part of the first broker, and goes with it.
  const ids = names.map((name, i): [string, string] => [name, (containers[i] as { getId(): string }).getId()]);
  return {
    addresses: {
      brokers: ports.map((port) => `127.0.0.1:${port}`).join(","),
      mongoUrl: `mongodb://127.0.0.1:${mongoPort}/orderloom?replicaSet=rs0`,
      registryUrl: `http://127.0.0.1:${registryPort}`,
    },
    control: {
      type: "containers",
      ids: Object.fromEntries([...ids, ["registry", (ids[0] as [string, string])[1]]]),
    },
    async stop() {
      await Promise.all(containers.map((container) => container.stop()));
      await network.stop();
    },
  };
}

/** One broker of the cluster; the first one's registry is reached through `registryPort`. */
function broker(network: StartedNetwork, index: number, port: number, registryPort: number | null): GenericContainer {
  const container = new GenericContainer(imageOf("redpanda"))
    .withNetwork(network)
    .withNetworkAliases(brokerHost(index))
    .withCommand(brokerCommand({ index, port, brokers: BROKERS }))
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
  return composeService(service).image;
}
