/** Picks how many of an article. The plus button is there from the first to the last, so focus never gets lost. */
import { useRef } from "preact/hooks";
import { MinusIcon, PlusIcon } from "../shell/icons.tsx";
import { MAX_QUANTITY } from "./cart.ts";

interface StepperProps {
  readonly name: string;
  readonly quantity: number;
  readonly onChange: (quantity: number) => void;
  readonly addTestId?: string;
}

export function QuantityStepper({ name, quantity, onChange, addTestId }: StepperProps) {
  const plus = useRef<HTMLButtonElement>(null);
  const takeOne = () => {
    if (quantity === 1) plus.current?.focus();
    onChange(quantity - 1);
  };
  const isPicked = quantity > 0;
  return (
    <div class={isPicked ? "stepper stepper-picked" : "stepper"} role="group" aria-label={`Quantity of ${name}`}>
      {isPicked && (
        <button key="minus" type="button" class="stepper-button" onClick={takeOne} aria-label={`One ${name} less`}>
          <MinusIcon />
        </button>
      )}
      {isPicked && (
        <span key="count" class="stepper-count">
          {quantity}
        </span>
      )}
      <button
        key="plus"
        type="button"
        class="stepper-button stepper-plus"
        ref={plus}
        data-testid={addTestId}
        disabled={quantity >= MAX_QUANTITY}
        onClick={() => onChange(quantity + 1)}
        aria-label={isPicked ? `One ${name} more` : `Add ${name}`}
      >
        <PlusIcon />
        {!isPicked && <span>Add</span>}
      </button>
    </div>
  );
}
