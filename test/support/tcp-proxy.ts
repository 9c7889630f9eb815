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
  readonly connections: { total: number; open: number };
  /** Every byte in this direction arrives so much later, in order. Bytes under way keep the delay that they have. */
  delay(direction: Direction, latencyMs: number): void;
  /** Half-open: connections are taken and kept, and nothing passes until `resume`. */
  pause(): void;
  /** Passes everything that was held up. */
  resume(): void;
  /** Resets each connection, also those to come, once so many bytes have passed in this direction; null ends it. */
  resetAfter(direction: Direction, bytes: number | null): void;
  /** Bytes in this direction vanish, as on a cable that was cut, until it is set to false. */
  drop(direction: Direction, isDropped: boolean): void;
  /** Resets all connections. */
  cut(): void;
  stop(): Promise<void>;
}

/** What happens to the bytes of one direction. */
interface Faults {
  latencyMs: number;
  resetAfterBytes: number | null;
  isDropped: boolean;
}

/** One direction of one connection: bytes leave in the order in which they came, each after its delay. */
interface Lane {
  flush(): void;
}

const HOST = "127.0.0.1";

/** Forwards to `target` from a free port. */
export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const faults: Record<Direction, Faults> = {
    toServer: { latencyMs: 0, resetAfterBytes: null, isDropped: false },
    toClient: { latencyMs: 0, resetAfterBytes: null, isDropped: false },
  };
  const connections = { total: 0, open: 0 };
  const sockets = new Set<Socket>();
  const lanes = new Set<Lane>();
  let isPaused = false;

  const forward = (from: Socket, to: Socket, direction: Direction): Lane => {
    const waiting: { dueAtMs: number; chunk: Buffer | null }[] = [];
    let passedBytes = 0;
    const flush = (): void => {
      while (!isPaused && waiting[0] !== undefined && waiting[0].dueAtMs <= Date.now()) {
        const { chunk } = waiting.shift() as { chunk: Buffer | null };
        pass(chunk);
      }
      const next = waiting[0];
      if (!isPaused && next !== undefined) setTimeout(flush, Math.max(1, next.dueAtMs - Date.now())).unref();
    };
    const pass = (chunk: Buffer | null): void => {
      const { resetAfterBytes, isDropped } = faults[direction];
      if (isDropped || to.destroyed) return;
      if (chunk === null) {
        to.end();
        return;
      }
      const room = resetAfterBytes === null ? chunk.length : Math.max(0, resetAfterBytes - passedBytes);
      passedBytes += chunk.length;
      if (room >= chunk.length) {
        to.write(chunk);
        return;
      }
      to.write(chunk.subarray(0, room), () => {
        from.resetAndDestroy();
        to.resetAndDestroy();
      });
    };
    const take = (chunk: Buffer | null): void => {
      waiting.push({ dueAtMs: Date.now() + faults[direction].latencyMs, chunk });
      if (waiting.length === 1) flush();
    };
    from.on("data", take);
    from.on("end", () => take(null));
    return { flush };
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true });
    const pair = [client, upstream];
    connections.total += 1;
    connections.open += 1;
    const own = [forward(client, upstream, "toServer"), forward(upstream, client, "toClient")];
    for (const lane of own) lanes.add(lane);
    for (const socket of pair) {
      socket.setNoDelay(true);
      sockets.add(socket);
      // What breaks one side breaks the other; the error itself belongs to the client and the server.
      socket.on("error", () => {
        for (const either of pair) either.resetAndDestroy();
      });
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("close", () => {
      connections.open -= 1;
      for (const lane of own) lanes.delete(lane);
      upstream.destroy();
    });
    upstream.on("close", () => {
      // A paused network does not tell that the server has gone.
      if (!isPaused) client.destroySoon();
    });
  });
  server.listen(0, HOST);
  await once(server, "listening");

  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const flushAll = (): void => {
    for (const lane of lanes) lane.flush();
  };
  return {
    host: HOST,
    port: (server.address() as AddressInfo).port,
    connections,
    delay(direction, latencyMs) {
      faults[direction].latencyMs = latencyMs;
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      flushAll();
    },
    resetAfter(direction, bytes) {
      faults[direction].resetAfterBytes = bytes;
    },
    drop(direction, isDropped) {
      faults[direction].isDropped = isDropped;
    },
    cut,
    async stop() {
      cut();
      server.close();
      if (server.listening) await once(server, "close");
    },
  };
}
