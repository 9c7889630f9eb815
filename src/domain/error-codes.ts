/**
 * Every error a user can meet, by its stable code. docs/errors.md explains each at length; a test
 * compares the two. What a code means never changes, and its HTTP status lives in src/http/problems.ts.
 */
export const ERROR_CODES = {
  // What a caller sent.
  invalid_request: "The request does not match the schema.",
  invalid_json: "The body is not valid JSON.",
  unsupported_media_type: "Only application/json is accepted.",
  body_too_large: "The body is larger than 64 KiB.",
  headers_too_large: "The headers of the request are too large.",
  invalid_cursor: "The cursor was not issued by this listing.",
  unknown_item: "An item is not in the catalogue.",
  total_too_large: "The total is too large to be counted exactly.",
  route_not_found: "There is nothing at this address.",
  method_not_allowed: "This address does not answer this method.",
  order_not_found: "There is no order of this id.",
  mail_not_found: "The inbox holds no mail of this id.",
  order_not_cancellable: "The order is decided and can no longer be cancelled.",
  refund_exceeds_due: "A refund is larger than what the order owes.",
  refund_id_reused: "A refund's id came before with another amount.",
  idempotency_key_reused: "The Idempotency-Key was used with another body.",
  webhooks_disabled: "This service takes no payment webhooks.",
  webhook_unsigned: "The headers of a signed webhook are missing or malformed.",
  webhook_stale: "The webhook was signed too long ago, or in the future.",
  webhook_signature_invalid: "No signature of the webhook is genuine.",
  webhook_id_reused: "The webhook's id came before with another payment or refund.",
  rate_limited: "Too many requests came from one place.",
  too_many_streams: "Too many live streams are open.",
  request_timeout: "The request took too long to arrive.",
  // What the service could not do.
  internal_error: "Something failed that should not have.",
  overloaded: "The service has more work than it can take.",
  not_ready: "A part of the service is not ready.",
  stopping: "The service is stopping.",
  log_unavailable: "The message log did not answer.",
  store_unavailable: "The event store did not answer.",
  registry_unavailable: "The schema registry did not answer.",
  outcome_unknown: "A write was sent, but its outcome is not known.",
  record_too_large: "A message is larger than the message log takes.",
  // Messages on a topic, kept as dead letters.
  unreadable_message: "A message is not what its topic carries.",
  implausible_time: "A message tells of a time that is too far from the clock.",
  unknown_topic: "A message arrived on a topic that has no meaning here.",
  // Starting up.
  invalid_configuration: "A setting is missing or has a value that cannot be used.",
  wrong_node: "The Node.js runtime is too old.",
  port_taken: "Another program listens on the port.",
  data_folder_unwritable: "The data folder cannot be written.",
  data_folder_in_use: "Another process uses the data folder.",
  topics_differ: "A topic of the message log is not as the service needs it.",
  shards_changed: "The number of shards differs from the one the data was written with.",
  schema_incompatible: "The schema registry refuses one of our schemas.",
  store_unsupported: "The store lacks something that the service needs.",
  data_too_new: "The data folder was written by a newer version.",
  web_not_built: "The web page has not been built.",
  mail_not_built: "The mail template has not been built.",
  invalid_catalogue: "The catalogue file cannot be used.",
  // The command line as a client.
  service_unreachable: "The service did not answer at this address.",
  unexpected_answer: "The service answered something the client cannot use.",
  reconciliation_differs: "What the stores hold does not agree.",
  scoreboard_differs: "Observed outcomes differ from the expected ones.",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
