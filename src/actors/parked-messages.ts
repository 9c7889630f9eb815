/** The messages of an order that could not be processed and wait for a person. */

export interface ParkedMessage {
  /** Names the dead letter. */
  readonly id: string;
  readonly code: string;
  readonly detail: string;
  /** ISO 8601 instant in UTC. */
  readonly parkedAt: string;
}

export interface ParkedMessages {
  /** Those that nobody has dealt with, the latest first, up to a limit. */
  of(orderId: string): Promise<readonly ParkedMessage[]>;
}
