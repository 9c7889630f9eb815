/** What can be wrong between the stores, by kind, and what to do about each. A kind is stable: scripts may look at it. */

/** What to do about each kind. */
export const REMEDIES = {
  inbox_offset_beyond_end:
    "Offsets are committed for records that the log does not have: the log was replaced or cut. Restore it, or set the group's offsets back to its beginning: what took effect before changes nothing.",
  message_lost:
    "A record counts as processed, and nothing came of it. Send the message again under its own id or, on Kafka, set the group's offsets back to it: what took effect before changes nothing. Then report it.",
  index_missing:
    "An index of the store is gone, and with a unique one what it kept from happening twice: run orderloom migrate, which creates it again.",
  position_gap: "Commits of the shard are missing: restore the event store from a backup that has them.",
  wrong_shard: "The order is stored in another shard than its id says: SHARDS was changed. Set it back.",
  sequence_gap: "Commits of the order are missing: restore the event store from a backup that has them.",
  cause_repeated:
    "A message took effect twice: the store's unique keys are gone. Run orderloom migrate, and mend the order by hand.",
  payment_repeated: "A payment counts twice: see what the provider says, and refund what is too much.",
  payment_at_two_orders:
    "One payment id counts at two orders: see what the provider says, and decide about the payment at /admin/payments.",
  illegal_event: "The order's events lead where an order's life does not: report it, with the order's timeline.",
  money_differs: "The order's money does not add up: compare its timeline with the provider, and report it.",
  view_missing: "Run orderloom rebuild while the service is stopped.",
  view_differs: "Run orderloom rebuild while the service is stopped.",
  view_surplus: "Nothing stored speaks for the document: run orderloom rebuild while the service is stopped.",
  desk_missing: "Run orderloom rebuild payment-desk: the next start puts the payment on the desk again.",
  desk_differs: "Run orderloom rebuild payment-desk: the next start mends the desk.",
  desk_surplus:
    "Run orderloom rebuild payment-desk. A payment that stays has no order: restore the event store from a backup that has it.",
  transfer_lost:
    "See whether the transfer's id is among the dead letters. If it is not, run orderloom rebuild payment-desk: the next start brings the money once more, and it counts once.",
  transfer_surplus:
    "Money counts that no order gave: restore the commits of the order that had it, or report it and let nobody refund it twice.",
  transfer_differs:
    "Another sum arrived than was given: compare both orders' timelines with the provider, and report it.",
  letter_missing: "Run orderloom rebuild dead-letters while the service is stopped.",
  letter_differs: "Run orderloom rebuild dead-letters while the service is stopped.",
  letter_surplus:
    "Its topic does not tell of the dead letter: run orderloom rebuild dead-letters while the service is stopped.",
  event_not_published:
    "Run orderloom rebuild publisher while the service is stopped: every event is published again under its id.",
  event_not_stored:
    "Somebody else writes to order-events, or the event store lost commits: find the producer, or restore the store.",
  event_differs: "The published event is not as it is stored: find who else writes to order-events.",
  event_out_of_order:
    "Consumers may have met the order's events in another order: report it, with the log of the worker.",
  mail_missing:
    "The order is confirmed and no mail was queued: reset the checkpoint of the mail queue, or write to the customer.",
  mail_surplus: "A mail is in the ledger for an order that is not confirmed: tell the customer if it was sent.",
  mail_untold: "The ledger has closed the mail, and the order's events do not tell its outcome: report it.",
  mail_differs: "The order's events tell another outcome of the mail than the ledger: ask the mail server's log.",
} as const;

export type DiscrepancyKind = keyof typeof REMEDIES;

export interface Discrepancy {
  readonly kind: DiscrepancyKind;
  readonly shard: number | null;
  readonly orderId: string | null;
  /** What differs, such as an event's, a document's or a mail's id. */
  readonly subject: string;
  readonly detail: string;
}

/** What tells a discrepancy from all others. */
export function identityOf({ kind, subject }: Discrepancy): string {
  return `${kind} ${subject}`;
}
