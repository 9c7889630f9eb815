/** How the page shows that there is nothing yet, that something is coming, or that something failed. */
import type { ComponentChildren } from "preact";
import type { Problem } from "../api/problem.ts";
import { AlertIcon } from "./icons.tsx";

interface EmptyProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly picture?: ComponentChildren;
}

/** A place that is empty, and what would fill it. */
export function Empty({ title, children, picture }: EmptyProps) {
  return (
    <div class="empty">
      {picture}
      <h2 class="empty-title">{title}</h2>
      <div class="empty-text">{children}</div>
    </div>
  );
}

interface FailureProps {
  readonly problem: Problem;
  readonly onRetry?: () => void;
}

/** A failure in the words of the service, with its code, and a way to try again. */
export function Failure({ problem, onRetry }: FailureProps) {
  return (
    <div class="notice notice-bad" role="alert">
      <AlertIcon />
      <div class="notice-body">
        <p class="notice-title">{problem.title}</p>
        <p>{problem.detail}</p>
        <p class="notice-code">{problem.code}</p>
        {onRetry && (
          <button type="button" class="button button-quiet" onClick={onRetry}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}

interface NoteProps {
  readonly tone: "good" | "warn" | "plain";
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** Something the reader should know that is not a failure. */
export function Note({ tone, title, children }: NoteProps) {
  return (
    <div class={`notice notice-${tone}`}>
      <AlertIcon />
      <div class="notice-body">
        <p class="notice-title">{title}</p>
        {children}
      </div>
    </div>
  );
}

/** Grey shapes in the place of what is being loaded. */
export function Skeleton({ count, kind }: { readonly count: number; readonly kind: "card" | "line" | "mail" }) {
  return (
    <div class={`skeletons skeletons-${kind}`} aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <div key={index} class={`skeleton skeleton-${kind}`} />
      ))}
    </div>
  );
}
