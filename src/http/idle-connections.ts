/** Lets no connection on which nobody waits for an answer hold up a stop. */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../actors/ports.ts";

const CHECK_MS = 50;

/**
 * Follows the connections of a server, from before it listens.
 * @returns a function that closes idle connections until the server has closed. The server itself looks only once, and a
 *   connection whose answer or stream ends just after that would hold up the stop until it times out. It also counts those as
 *   busy on which nothing was ever sent, as browsers keep one ready.
 */
export function followConnections(server: Server, clock: Clock): () => void {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return () => {
    let closed = false;
    server.once("close", () => {
      closed = true;
    });
    const check = (): void => {
      if (closed) return;
      server.closeIdleConnections();
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
      clock.schedule(CHECK_MS, check);
    };
    clock.schedule(CHECK_MS, check);
  };
}
