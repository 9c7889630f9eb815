/** Tabs as the ARIA practices describe them: arrow keys move between them, and the panel follows. */
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly content: () => ComponentChildren;
}

export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  const [index, setIndex] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const shown = tabs[index];

  const onKeyDown = (event: KeyboardEvent) => {
    const target = targetOf(event.key, index, tabs.length);
    if (target === null) return;
    event.preventDefault();
    setIndex(target);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[target]?.focus();
  };
  return (
    <div class="tabs">
      <div class="tab-list" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab, at) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`tab-${tab.id}`}
            class="tab"
            data-testid={`tab-${tab.id}`}
            aria-selected={at === index}
            aria-controls={`panel-${tab.id}`}
            tabIndex={at === index ? 0 : -1}
            onClick={() => setIndex(at)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      {shown && (
        <div
          class="tab-panel"
          role="tabpanel"
          id={`panel-${shown.id}`}
          aria-labelledby={`tab-${shown.id}`}
          tabIndex={0}
          key={shown.id}
        >
          {shown.content()}
        </div>
      )}
    </div>
  );
}

function targetOf(key: string, index: number, count: number): number | null {
  if (key === "ArrowRight") return (index + 1) % count;
  if (key === "ArrowLeft") return (index + count - 1) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return null;
}
