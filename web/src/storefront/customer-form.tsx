/** Asks who orders, says at each field what is wrong with it, and places the order. */
import type { TargetedInputEvent } from "preact";
import { useRef } from "preact/hooks";
import { Failure } from "../shell/notices.tsx";
import type { Checkout } from "./use-checkout.ts";

export function CustomerForm({ checkout }: { readonly checkout: Checkout }) {
  const form = useRef<HTMLFormElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const errors = await checkout.place();
    const first = errors.name !== undefined ? "name" : errors.email !== undefined ? "email" : null;
    if (first !== null) form.current?.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus();
  };
  return (
    <form class="form" ref={form} noValidate onSubmit={(event) => void submit(event)}>
      <Field name="name" label="Name" checkout={checkout} />
      <Field name="email" label="E-mail" checkout={checkout} />
      {checkout.placed === null && checkout.problem && <Failure problem={checkout.problem} />}
      <button
        type="submit"
        class="button button-primary button-wide"
        data-testid="place-order"
        aria-disabled={checkout.isSending}
      >
        {checkout.isSending ? "Placing your order…" : "Place order"}
      </button>
    </form>
  );
}

interface FieldProps {
  readonly name: "name" | "email";
  readonly label: string;
  readonly checkout: Checkout;
}

function Field({ name, label, checkout }: FieldProps) {
  const error = checkout.errors[name];
  const id = `checkout-${name}`;
  const common = {
    id,
    name,
    required: true,
    spellcheck: false,
    value: checkout.customer[name],
    onInput: (event: TargetedInputEvent<HTMLInputElement>) => checkout.edit({ [name]: event.currentTarget.value }),
    "aria-invalid": error !== undefined,
    "aria-describedby": error === undefined ? undefined : `${id}-error`,
    "data-testid": id,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {name === "email" ? (
        <input type="email" autoComplete="email" {...common} />
      ) : (
        <input type="text" autoComplete="name" {...common} />
      )}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
