/** Every bound of the HTTP layer in one place. Each has a metric or an error code that tells when it was met. */

/** Headers and body of a request must arrive within this; a slow sender gets 408. */
export const REQUEST_TIMEOUT_MS = 15_000;
/** How often connections are looked at for that. */
export const CONNECTION_CHECK_MS = 5_000;
/** A connection on which nothing moves; longer than the longest wait and far longer than a heartbeat. */
export const IDLE_CONNECTION_MS = 75_000;

export interface HttpLimits {
  readonly bodyBytes: number;
  /** Requests that are being worked on at once; further ones are shed before their body is read. */
  readonly inFlight: number;
  /** Requests of one address in a second; 0 sets no limit. Loopback is never limited. */
  readonly ratePerS: number;
  /** Live streams of this process. */
  readonly streams: number;
  /** Live streams of one address. Loopback is only held to the limit of the process. */
  readonly streamsPerAddress: number;
  /** What a stream may hold for a client that does not read; beyond it the client is dropped. */
  readonly streamBufferBytes: number;
  readonly streamMaxAgeMs: number;
  readonly heartbeatMs: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  bodyBytes: 64 * 1024,
  inFlight: 5_000,
  ratePerS: 0,
  streams: 1_000,
  streamsPerAddress: 20,
  streamBufferBytes: 256 * 1024,
  streamMaxAgeMs: 15 * 60_000,
  heartbeatMs: 15_000,
};

/** True for an address of this very machine: the demo, the bench and a local proxy. */
export function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127.");
}
