/**
 * Stands between a client and a server and spoils the connection: bytes arrive late, not at all, or only so many
 * before a reset. Faults can be set and taken back while connections live. Mind that clients of Kafka and of MongoDB
 * follow the addresses that the servers advertise: MongoDB keeps to the proxy with `directConnection=true`.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type Direction = "toServer" | "toClient";

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** How many connections there ever were, and are open now. */
  readonly connections: { readonly total: number; readonly open: number };
  /** What was taken in this direction and has not been passed on. */
  held(direction: Direction): Buffer;
  /** Every byte in this direction arrives so much later, in order. */
  delay(direction: Direction, latencyMs: number): void;
  /** Half-open: connections are taken and kept, and nothing passes until `resume`. */
  pause(): void;
  /** Pauses one direction as soon as a text comes that way: it is held, and whatever comes after it. */
  pauseAt(direction: Direction, text: string): void;
  /** Passes everything that was held up. */
  resume(): void;
  /** Resets each connection, also those to come, once so many of its bytes have passed this way; null ends that. */
  resetAfter(direction: Direction, bytes: number | null): void;
  /** Bytes in this direction vanish, as on a cable that was cut, until it is set to false. */
  drop(direction: Direction, isDropped: boolean): void;
  /** Resets all connections. */
  cut(): void;
  stop(): Promise<void>;
}

/** What happens to the bytes of one direction. */
interface Faults {
  isPaused: boolean;
  pauseAt: string | null;
  latencyMs: number;
  resetAfterBytes: number | null;
  isDropped: boolean;
}

/** One direction of one connection. */
interface Lane {
  /** Passes whatever is due by now. */
  flush(): void;
  held(): readonly Buffer[];
}

const HOST = "127.0.0.1";
const DIRECTIONS: readonly Direction[] = ["toServer", "toClient"];

/** Forwards to `target` from a free port. */
export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const faults: Readonly<Record<Direction, Faults>> = {
    toServer: { isPaused: false, pauseAt: null, latencyMs: 0, resetAfterBytes: null, isDropped: false },
    toClient: { isPaused: false, pauseAt: null, latencyMs: 0, resetAfterBytes: null, isDropped: false },
  };
  const connections = { total: 0, open: 0 };
  const sockets = new Set<Socket>();
  const lanes: Readonly<Record<Direction, Set<Lane>>> = { toServer: new Set(), toClient: new Set() };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true });
    connections.total += 1;
    connections.open += 1;
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      // What breaks one side breaks the other; the error itself is for the client and the server to see.
      socket.on("error", () => {
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      });
      socket.on("close", () => sockets.delete(socket));
    }
    const toServer = forward(client, upstream, faults.toServer);
    const toClient = forward(upstream, client, faults.toClient);
    lanes.toServer.add(toServer);
    lanes.toClient.add(toClient);
    client.on("close", () => {
      connections.open -= 1;
      lanes.toServer.delete(toServer);
      lanes.toClient.delete(toClient);
      upstream.destroy();
    });
  });
  server.listen(0, HOST);
  await once(server, "listening");

  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    host: HOST,
    port: (server.address() as AddressInfo).port,
    connections,
    held: (direction) => Buffer.concat([...lanes[direction]].flatMap((lane) => lane.held())),
    delay(direction, latencyMs) {
      faults[direction].latencyMs = latencyMs;
    },
    pause() {
      for (const direction of DIRECTIONS) faults[direction].isPaused = true;
    },
    pauseAt(direction, text) {
      faults[direction].pauseAt = text;
    },
    resume() {
      for (const direction of DIRECTIONS) {
        faults[direction].isPaused = false;
        faults[direction].pauseAt = null;
      }
      for (const lane of [...lanes.toServer, ...lanes.toClient]) lane.flush();
    },
    resetAfter(direction, bytes) {
      faults[direction].resetAfterBytes = bytes;
    },
    drop(direction, isDropped) {
      faults[direction].isDropped = isDropped;
    },
    cut,
    async stop() {
      server.close();
      cut();
      await once(server, "close");
    },
  };
}

/** Passes the bytes of one direction of one connection, in the order in which they came, each after its delay. */
function forward(from: Socket, to: Socket, faults: Faults): Lane {
  /** Null stands for the end of the stream. */
  const waiting: { readonly dueAtMs: number; readonly chunk: Buffer | null }[] = [];
  let passedBytes = 0;

  const pass = (chunk: Buffer | null): void => {
    if (faults.isDropped || to.destroyed) return;
    if (chunk === null) {
      to.end();
      return;
    }
    const room = (faults.resetAfterBytes ?? Number.POSITIVE_INFINITY) - passedBytes;
    passedBytes += chunk.length;
    if (chunk.length <= room) {
      to.write(chunk);
      return;
    }
    to.write(chunk.subarray(0, Math.max(0, room)), () => {
      from.resetAndDestroy();
      to.resetAndDestroy();
    });
  };
  const flush = (): void => {
    while (!faults.isPaused) {
      const next = waiting[0];
      if (next === undefined) return;
      const waitMs = next.dueAtMs - Date.now();
      if (waitMs > 0) {
        setTimeout(flush, waitMs).unref();
        return;
      }
      waiting.shift();
      pass(next.chunk);
    }
  };
  const take = (chunk: Buffer | null): void => {
    if (faults.pauseAt !== null && chunk?.includes(faults.pauseAt)) faults.isPaused = true;
    waiting.push({ dueAtMs: Date.now() + faults.latencyMs, chunk });
    if (waiting.length === 1) flush();
  };
  from.on("data", take);
  from.on("end", () => take(null));
  return { flush, held: () => waiting.flatMap(({ chunk }) => chunk ?? []) };
}
