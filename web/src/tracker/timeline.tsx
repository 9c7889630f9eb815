/** Every stored event of the order, for those who want to see how it came to be. */
import type { TimelineEvent } from "../api/wire.ts";
import { Disclosure } from "../shell/disclosure.tsx";
import { formatInstant } from "../time.ts";
import { describeEvent } from "./order-texts.ts";

export function Timeline({ events }: { readonly events: readonly TimelineEvent[] }) {
  return (
    <Disclosure title="Event timeline" testId="timeline" aside={<span class="count count-none">{events.length}</span>}>
      {events.length === 0 && <p class="soft">Nothing is recorded yet.</p>}
      <ol class="timeline-list">
        {events.map((event) => (
          <li key={event.sequence} class="event">
            <span class="event-number">{event.sequence}</span>
            <div class="event-body">
              <p class="event-text">{describeEvent(event)}</p>
              <p class="event-meta">
                <span class="mono">{event.type}</span>{" "}
                <time dateTime={event.occurredAt}>{formatInstant(event.occurredAt)}</time>
              </p>
              <p class="event-meta mono">{event.causeId}</p>
            </div>
          </li>
        ))}
      </ol>
    </Disclosure>
  );
}
