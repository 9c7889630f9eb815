/**
 * One kafkajs client that can be given up at once. kafkajs retries on behind a caller's back and its disconnect may
 * never end (kafkajs #967), so a client is not asked to stop: its connections are broken off and new ones refused,
 * upon which its retries run out.
 */
import { connect, type Socket } from "node:net";
import kafkajs, { type Kafka } from "kafkajs";
import type { Clock, Random } from "../../actors/ports.ts";
import { registerCodecs } from "./codecs.ts";
import { mendTimers } from "./mend-timers.ts";

const CONNECTION_TIMEOUT_MS = 3_000;
const KEEP_ALIVE_MS = 60_000;
/** How long kafkajs tries by itself, all tries together: a little longer than any deadline here. */
const RETRY = { initialRetryTime: 50, maxRetryTime: 500, retries: 30 };

export interface KafkaClient {
  readonly kafka: Kafka;
  /** Breaks off all connections and refuses new ones. Idempotent. */
  close(): void;
}

export interface KafkaClientDeps {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
  /** kafkajs logged an error. */
  readonly onComplaint: (message: string) => void;
}

/** @param requestTimeoutMs how long kafkajs waits for the answer to a request. */
export function createKafkaClient(deps: KafkaClientDeps, requestTimeoutMs: number): KafkaClient {
  mendTimers();
  registerCodecs();
  const { brokers, clientId, random, onComplaint } = deps;
  const sockets = new Set<Socket>();
  let closed = false;
  const kafka = new kafkajs.Kafka({
    clientId,
    brokers: rotated(brokers, random),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: requestTimeoutMs,
    retry: RETRY,
    socketFactory({ host, port, onConnect }) {
      if (closed) throw new Error("this client has been given up");
      const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
      const socket = connect(options, onConnect);
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      return socket;
    },
    logLevel: kafkajs.logLevel.ERROR,
    logCreator:
      () =>
      ({ log }) => {
        if (!closed) onComplaint(log.message);
      },
  });
  return {
    kafka,
    close() {
      closed = true;
      // With an error: kafkajs does not listen to a mere close, and would wait for answers that never come.
      for (const socket of sockets) socket.destroy(new Error("this client has been given up"));
    },
  };
}

/**
 * kafkajs begins with the first broker and stays with it even when it hangs, so every client begins with another one:
 * a hanging broker then holds up some clients, and their successors get through.
 */
function rotated(brokers: readonly string[], random: Pick<Random, "fraction">): string[] {
  const first = Math.floor(random.fraction() * brokers.length);
  return [...brokers.slice(first), ...brokers.slice(0, first)];
}
