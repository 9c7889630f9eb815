/** Draws the steps of an order along one thread. */
import { CheckIcon, CrossIcon } from "../shell/icons.tsx";
import { formatInstant } from "../time.ts";
import type { Step } from "./steps.ts";

const SPOKEN: Readonly<Record<Step["state"], string>> = {
  done: "done",
  current: "now",
  ahead: "still ahead",
  failed: "stopped here",
};

export function Progress({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <ol class="progress" aria-label="Progress of the order">
      {steps.map(({ label, state, at }) => (
        <li key={label} class={`step step-${state}`} aria-current={state === "current" ? "step" : undefined}>
          <span class="step-knot">
            {state === "done" && <CheckIcon />}
            {state === "failed" && <CrossIcon />}
          </span>
          <span class="step-text">
            <span class="step-label">{label}</span>
            <span class="visually-hidden">, {SPOKEN[state]}</span>
            {at !== null && (
              <time class="step-time" dateTime={at}>
                {formatInstant(at)}
              </time>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
