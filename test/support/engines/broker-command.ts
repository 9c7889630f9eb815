/**
 * How the suites start Redpanda in a container: with the options of docker-compose.yml that say how records are kept, and
 * not in the image's development mode, in which an acknowledged record need not be on the disk.
 */
import { composeService } from "../compose.ts";

export const REGISTRY_PORT = 8_081;

const KEPT = /^--(smp|reserve-memory|overprovisioned|check|unsafe-bypass-fsync)\b/;
/** Members of test clusters are given up sooner than Redpanda's usual 6 seconds at least. */
const SETTINGS = ["redpanda.group_min_session_timeout_ms=1000"];

/** The name of a broker in the network of the containers. */
export function brokerHost(index: number): string {
  return `redpanda-${index}`;
}

/** The command of one broker of a cluster; `port` is where this machine reaches it. */
export function brokerCommand(broker: {
  readonly index: number;
  readonly port: number;
  readonly brokers: number;
}): string[] {
  const { index, port, brokers } = broker;
  const host = brokerHost(index);
  const ours = composeService("redpanda").command ?? [];
  const settings = ours.filter((_, i) => ours[i - 1] === "--set");
  const seeds = Array.from({ length: brokers }, (_, i) => `${brokerHost(i)}:33145`);
  return [
    "redpanda",
    "start",
    ...ours.filter((argument) => KEPT.test(argument)),
    "--memory=768M",
    `--kafka-addr=internal://0.0.0.0:9092,external://0.0.0.0:${port}`,
    `--advertise-kafka-addr=internal://${host}:9092,external://127.0.0.1:${port}`,
    `--schema-registry-addr=0.0.0.0:${REGISTRY_PORT}`,
    "--rpc-addr=0.0.0.0:33145",
    `--advertise-rpc-addr=${host}:33145`,
    `--seeds=${seeds.join(",")}`,
    ...[...settings, ...SETTINGS].flatMap((setting) => ["--set", setting]),
  ];
}
