/** A card that opens and closes, and shows that it does. */
import type { ComponentChildren } from "preact";
import { ChevronIcon } from "./icons.tsx";

interface DisclosureProps {
  readonly title: string;
  readonly testId: string;
  /** What stands at the end of the title's line. */
  readonly aside?: ComponentChildren;
  readonly onToggle?: (isOpen: boolean) => void;
  readonly children: ComponentChildren;
}

export function Disclosure({ title, testId, aside, onToggle, children }: DisclosureProps) {
  return (
    <details class="card disclosure" data-testid={testId} onToggle={(event) => onToggle?.(event.currentTarget.open)}>
      <summary class="disclosure-summary">
        <span class="card-title">{title}</span>
        {aside}
        <ChevronIcon />
      </summary>
      {children}
    </details>
  );
}
