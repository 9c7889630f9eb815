/**
 * Publishes stored events on the `order-events` topic as CloudEvents 1.0 in structured JSON mode. An event's id
 * follows from its order and sequence, so a replay publishes the same ids and a consumer recognises repeats
 * (CloudEvents 1.0: source and id together identify an event).
 */
import type { Commit, MessageLog, NewRecord, ViewStore } from "./ports.ts";
import type { HandleCommits } from "./reactor.ts";

export const PUBLISHER = "publisher";

/** The publisher's work on a batch: the events are durable on the topic before the checkpoint moves. */
export function createPublisher(deps: { log: Pick<MessageLog, "produce">; viewStore: ViewStore }): HandleCommits {
  const { log, viewStore } = deps;
  return async (commits, checkpoint) => {
    await log.produce(commits.flatMap(cloudEventsOf));
    return (await viewStore.apply([], checkpoint)).type;
  };
}

/** The CloudEvents of a commit, in order. */
export function cloudEventsOf({ orderId, sequence, causeId, recordedAt, events }: Commit): NewRecord[] {
  return events.map(({ type, data }, index) => ({
    topic: "order-events",
    key: orderId,
    value: JSON.stringify({
      specversion: "1.0",
      id: `${orderId}:${sequence + index}`,
      source: "/orderloom/orders",
      type: `orderloom.${type}`,
      subject: orderId,
      time: recordedAt,
      datacontenttype: "application/json",
      sequence: String(sequence + index).padStart(10, "0"),
      causationid: causeId,
      data,
    }),
    headers: CLOUD_EVENT_HEADERS,
  }));
}

const CLOUD_EVENT_HEADERS = { "content-type": "application/cloudevents+json; charset=UTF-8" };
